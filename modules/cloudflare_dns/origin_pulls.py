"""That Cloudflare shows the origin a client certificate."""

from __future__ import annotations

from collections.abc import Iterable

from cdktf_cdktf_provider_cloudflare.authenticated_origin_pulls import (
    AuthenticatedOriginPulls,
    AuthenticatedOriginPullsConfigA,
)
from cdktf_cdktf_provider_cloudflare.authenticated_origin_pulls_settings import AuthenticatedOriginPullsSettings
from constructs import Construct

from modules.cloudflare_dns.origin_pulls_inputs import AuthenticatedOriginPullsInputs
from modules.validation import validate


class OriginPulls(Construct):
    """For the whole zone, or for some hostnames. The certificate is uploaded by a person: its key is in no state.

    Terraform turns those of a zone on, and never off: the provider only forgets them.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        inputs: AuthenticatedOriginPullsInputs,
        zone_id: str,
        hostnames: Iterable[str],
    ) -> None:
        super().__init__(scope, id)
        validate(inputs)
        if inputs.scope == "zone":
            AuthenticatedOriginPullsSettings(self, "Default", zone_id=zone_id, enabled=True)
            return
        # One resource for each: the provider takes one hostname in `config`.
        pulls = AuthenticatedOriginPulls(
            self,
            "Default",
            zone_id=zone_id,
            # Without `hostname`, which later versions of the provider take from `config` and refuse here.
            config=[
                AuthenticatedOriginPullsConfigA(
                    cert_id=str(inputs.certificate_id), hostname="${each.value}", enabled=True
                )
            ],
        )
        pulls.add_override("for_each", {name: name for name in hostnames})
