"""Synthesize the environments as Terraform JSON: `python main.py --help`."""

from __future__ import annotations

import sys

import lazy_providers

lazy_providers.install()  # before anything imports cdktf

try:
    from stacks.synthesis.command import main
except KeyboardInterrupt:  # before the command can end in order
    print("main.py: interrupted: run it again", file=sys.stderr)
    sys.exit(130)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
