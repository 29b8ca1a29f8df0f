"""Reads a Django project, of which it runs nothing, and writes what it is to `stacks/config/application.py`."""
