"""Synthesize the environments as Terraform JSON: `python main.py --help`."""

from __future__ import annotations

import sys

import lazy_providers

lazy_providers.install()  # before anything imports cdktf

from stacks.synthesis.command import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
