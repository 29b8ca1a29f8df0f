"""Writes the files of `stacks/config`: new environments, made from those that are there."""
