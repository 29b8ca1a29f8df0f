"""The environments as data. A new one is a file here, with its name in ENVIRONMENTS."""

ENVIRONMENTS = ("dev", "staging", "prod")
