"""A local AWS, on which the real provider of Terraform applies our units: moto, with its gaps closed."""
