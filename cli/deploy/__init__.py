"""Deploys an environment: what it needs, its image, its units in order, its migration, and the proof that it runs."""
