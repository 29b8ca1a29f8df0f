"""A local AWS, on which the real provider of Terraform applies our units: moto, with its gaps closed."""

from __future__ import annotations

import os
from collections.abc import Mapping

GIVEN: Mapping[str, str] = dict(os.environ)
"""The environment as the user has it."""

# Nothing here may read what a user has configured for AWS. Moto does so while it is imported, and ends there where
# AWS_PROFILE names a profile that does not exist.
for _name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[_name]
os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
