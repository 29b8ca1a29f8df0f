"""Sessions in the database alone: signing out holds at once, whether or not the cache answers."""

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    def _validate_session_key(self, key: str) -> bool:
        """Keys are letters and digits; PostgreSQL raises on a NUL, which a cookie may hold."""
        valid = super()._validate_session_key(key)  # type: ignore[misc]
        return bool(valid) and key.isascii() and key.isalnum()
