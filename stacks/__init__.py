"""Units, one Terraform state each, and the stack that composes them into an environment."""
