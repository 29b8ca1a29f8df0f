"""Settings of a Cloudflare zone, apart from its records: two records would fight over them."""

from __future__ import annotations

from cdktf_cdktf_provider_cloudflare.zone_setting import ZoneSetting
from constructs import Construct

from modules.cloudflare_dns.inputs import ZoneSettingsInputs
from modules.validation import validate


class ZoneSettings(Construct):
    """One resource for each setting. What is no longer managed keeps the value that it has."""

    def __init__(self, scope: Construct, id: str, *, inputs: ZoneSettingsInputs, zone_id: str) -> None:
        super().__init__(scope, id)
        validate(inputs)
        values = {
            "ssl": inputs.ssl,
            "always_use_https": _on(inputs.always_use_https),
            "min_tls_version": inputs.min_tls_version,
        }
        for name, switch in (("http3", inputs.http3), ("brotli", inputs.brotli)):
            if switch is not None:
                values[name] = _on(switch)
        for name, value in values.items():
            setting = ZoneSetting(self, name.replace("_", "-"), zone_id=zone_id, setting_id=name, value={})
            # The bindings take the provider's value of any type for a map.
            setting.add_override("value", value)


def _on(switch: bool) -> str:
    return "on" if switch else "off"
