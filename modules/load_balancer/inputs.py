from __future__ import annotations

from modules.validation import inputs


@inputs
class LoadBalancerInputs:
    pass
