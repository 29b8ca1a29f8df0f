"""A database that may not be deleted, for the tests that need no whole unit."""

from __future__ import annotations

from tests.support import Json

PROTECTED: Json = {
    "identifier": "django-test-postgresql",
    "engine": "postgres",
    "instance_class": "db.t4g.micro",
    "allocated_storage": 20,
    "username": "postgres",
    "manage_master_user_password": True,
    "deletion_protection": True,
    "skip_final_snapshot": True,
}
