"""Verbs for the data of an environment, which change its files and speak to its database."""
