"""Settings that moto takes from the environment of a process only."""

from __future__ import annotations

import moto.settings

moto.settings.ACM_VALIDATION_WAIT = 0  # seconds until a certificate is issued, 60 by default
