"""The password of a user of PostgreSQL, drawn while Terraform applies, and the URL that has it."""

from __future__ import annotations

from zlib import crc32

from constructs import Construct

from modules.ephemeral_secret import ephemeral_secret
from modules.task_definition.secret import Secret

# More than any checksum, so that a higher version is always another number.
_VERSIONS = 2**32


class UserPassword(Construct):
    """A secret that is a JSON object with `password` and `url`; neither state nor plan ever holds it."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        prefix: str,
        name: str,
        user: str,
        host: str,
        port: int,
        database_name: str,
        url: str,
        version: int,
        instance: str = "",
        kms_key_arn: str | None,
    ) -> None:
        """`url` is a template of `{user}`, `{password}`, `{host}`, `{port}` and `{name}`.

        `instance` is another text for another host, which is known at apply alone.
        """
        super().__init__(scope, id)

        def filled(password: str, host: str) -> str:
            return url.format(user=user, password=password, host=host, port=port, name=database_name)

        secret = ephemeral_secret(
            self,
            name=f"{prefix}/postgresql-{name}",
            description=f"Password of {user} in PostgreSQL",
            # What is write-only is written with a new version alone, so that another URL is one.
            version=version * _VERSIONS + crc32(filled("", instance).encode()),
            kms_key_arn=kms_key_arn,
            value=lambda drawn: f'jsonencode({{password = {drawn}, url = "{filled(f"${{{drawn}}}", host)}"}})',
        )
        arn, version_id = secret.resource.arn, secret.version.version_id
        self.password = Secret.json_key(arn, "password", kms_key_arn, version_id=version_id)
        self.url = Secret.json_key(arn, "url", kms_key_arn, version_id=version_id)
