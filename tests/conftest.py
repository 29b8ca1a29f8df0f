"""Fixtures of all tests."""

import lazy_providers

lazy_providers.install()  # before anything imports cdktf
