"""The network of an environment: a VPC in three tiers, its way out, and the security group of the application."""
