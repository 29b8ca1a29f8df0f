"""The page that a reviewer reads: what Terraform would change, in words, without anything that is secret."""
