"""The backup unit: what is kept of the stores apart from them, and where."""

from __future__ import annotations

from cdktf import App, Fn

from modules.backup.inputs import BackupInputs
from modules.backup.main import BackedUpDatabase, Backup
from modules.backup.outputs import BackupOutputs
from stacks import providers
from stacks.config.schema import Environment
from stacks.unit import Unit
from stacks.unit_names import BACKUP
from stacks.units.django_service.outputs import DjangoServiceVolumesOutputs
from stacks.units.django_service.unit import DjangoServiceUnit
from stacks.units.postgresql import PostgreSQLUnit


class BackupUnit(Unit[BackupOutputs]):
    """Downstream of whatever holds data, so that all of it is there when the plan names it."""

    NAME = BACKUP

    def __init__(
        self,
        app: App,
        environment: Environment,
        *,
        inputs: BackupInputs,
        postgresql: PostgreSQLUnit,
        django_service: DjangoServiceUnit,
    ) -> None:
        super().__init__(app, environment)
        providers.aws(self, environment)
        database = self.read(postgresql)
        backup = Backup(
            self,
            "backup",
            inputs=inputs,
            prefix=environment.prefix,
            account_id=environment.account_id,
            database=BackedUpDatabase(
                arn=database.arn,
                subnet_group_name=environment.postgresql.subnet_group_name or f"{environment.prefix}-postgresql",
                security_group_id=database.security_group_id,
            ),
            file_system_arns=self._file_systems(django_service),
            regions={region: providers.aws_in(self, environment, region) for region in inputs.regions},
        )
        self.outputs = self.publish(backup.outputs)

    def _file_systems(self, django_service: DjangoServiceUnit) -> list[str]:
        """The ARNs of those of volumes."""
        names = self.environment.django_service.file_systems
        found = self.read(django_service) if names else None
        if not isinstance(found, DjangoServiceVolumesOutputs):
            return []
        return [str(Fn.element(found.file_system_arns, index)) for index in range(len(names))]
