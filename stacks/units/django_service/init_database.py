"""What init-database does where the application brings no command for it."""

from __future__ import annotations

from pathlib import Path

STATEMENTS = Path(__file__).with_name("init_database.sql").read_text(encoding="utf-8")
"""What psql runs as the master user. The users, and how they sign in, are in the environment."""

FORMER_OWNER = Path(__file__).with_name("former_owner.sql").read_text(encoding="utf-8")
"""What it runs before that, where the environment names a former owner."""
