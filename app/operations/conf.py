"""What this package reads: a setting of Django, or the variable of that name that the platform gives to each task."""

import os

from django.conf import settings


def setting(name: str, default: str = "") -> str:
    """Settings decide, even where they are empty."""
    return getattr(settings, name, os.environ.get(name, default))
