"""Finds what exists already of what the units of an environment would make: docs/adopt.md."""
