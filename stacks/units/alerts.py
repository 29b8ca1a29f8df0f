"""The alerts unit: the topics to which all other units publish."""

from __future__ import annotations

from cdktf import App

from modules.alerts.inputs import AlertsInputs
from modules.alerts.main import Alerts
from modules.alerts.outputs import AlertsOutputs
from stacks import providers
from stacks.config.schema import Environment
from stacks.unit import Unit
from stacks.unit_names import ALERTS


class AlertsUnit(Unit[AlertsOutputs]):
    """Upstream of all others: deployed before there is anything to tell, and destroyed when nothing is left."""

    NAME = ALERTS

    def __init__(self, app: App, environment: Environment, *, inputs: AlertsInputs) -> None:
        super().__init__(app, environment)
        providers.aws(self, environment)
        alerts = Alerts(
            self,
            "alerts",
            inputs=inputs,
            prefix=environment.prefix,
            region=environment.region,
            account_id=environment.account_id,
        )
        self.outputs = self.publish(alerts.outputs)
