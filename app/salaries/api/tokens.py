from typing import Any

from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.serializers import TokenRefreshSerializer


class RevocableTokenRefreshSerializer(TokenRefreshSerializer):
    """Judges a refresh token as CHECK_REVOKE_TOKEN judges access tokens: a changed password ends both."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, str]:
        JWTAuthentication().get_user(self.token_class(attrs["refresh"]))
        return super().validate(attrs)
