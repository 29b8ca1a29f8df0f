"""The admin's login, which does not let anybody guess passwords for long."""

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError

from salaries.api.throttles import Counted


class _ByAddress(Counted):
    scope = "login"
    rate = "20/hour"

    def get_cache_key(self, request: Any, view: Any) -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


class _ByName(_ByAddress):
    """From many addresses at once too."""

    scope = "login-name"
    rate = "100/hour"

    def get_ident(self, request: Any) -> str:
        return request.POST.get("username", "")[:150].lower().encode().hex()  # memcached's keys are ASCII


class LoginForm(AdminAuthenticationForm):
    """Refuses without a look at the password what comes too often. A login that succeeds counts as well."""

    def clean(self) -> dict[str, Any]:
        if not all(throttle().allow_request(self.request, None) for throttle in (_ByAddress, _ByName)):
            raise ValidationError("Too many attempts. Try again in an hour.", code="throttled")
        return super().clean()
