"""What other units and whoever deploys may read of the Django service."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True, kw_only=True, slots=True)
class DjangoServiceOutputs:
    """Outputs of a worker or beat that is not deployed are empty strings."""

    url: str
    alb_arn: str
    alb_dns_name: str
    alb_zone_id: str
    """The hosted zone of the load balancer's own name, for an alias record in Route 53."""
    alb_security_group_id: str
    target_group_arn: str
    access_log_bucket: str
    ecs_cluster_name: str
    ecs_cluster_arn: str
    web_service_name: str
    web_service_arn: str
    worker_service_name: str
    worker_service_arn: str
    beat_service_name: str
    beat_service_arn: str
    task_definition_arn: str
    """Of web, as the roles below."""
    task_execution_role_arn: str
    task_role_arn: str
    web_log_group_name: str
    worker_log_group_name: str
    beat_log_group_name: str
    secret_key_arn: str
    one_off_task_names: list[str]
    """Each is the name of its container too; the lists below are in the same order."""
    one_off_task_definition_arns: list[str]
    one_off_task_families: list[str]
    one_off_task_log_group_names: list[str]
    service_security_group_id: str
    """In this group and the subnets below a one-off task is run."""
    private_subnet_ids: list[str]

    @classmethod
    def mock(cls) -> Self:
        account = "us-east-1:000000000000"
        tasks = ["init-database", "migrate", "check-status"]
        return cls(
            url="https://mock.invalid",
            alb_arn=f"arn:aws:elasticloadbalancing:{account}:loadbalancer/app/mock/0000000000000000",
            alb_dns_name="mock-0000000000.us-east-1.elb.amazonaws.com",
            alb_zone_id="Z00000000000000000000",
            alb_security_group_id="sg-00000000000000001",
            target_group_arn=f"arn:aws:elasticloadbalancing:{account}:targetgroup/mock/0000000000000000",
            access_log_bucket="mock-alb-logs",
            ecs_cluster_name="mock",
            ecs_cluster_arn=f"arn:aws:ecs:{account}:cluster/mock",
            web_service_name="mock-web",
            web_service_arn=f"arn:aws:ecs:{account}:service/mock/mock-web",
            worker_service_name="mock-worker",
            worker_service_arn=f"arn:aws:ecs:{account}:service/mock/mock-worker",
            beat_service_name="mock-beat",
            beat_service_arn=f"arn:aws:ecs:{account}:service/mock/mock-beat",
            task_definition_arn=f"arn:aws:ecs:{account}:task-definition/mock-web:1",
            task_execution_role_arn="arn:aws:iam::000000000000:role/mock-web-execution",
            task_role_arn="arn:aws:iam::000000000000:role/mock-web-task",
            web_log_group_name="/ecs/mock/web",
            worker_log_group_name="/ecs/mock/worker",
            beat_log_group_name="/ecs/mock/beat",
            secret_key_arn=f"arn:aws:secretsmanager:{account}:secret:mock-000000",
            one_off_task_names=tasks,
            one_off_task_definition_arns=[f"arn:aws:ecs:{account}:task-definition/mock-{task}:1" for task in tasks],
            one_off_task_families=[f"mock-{task}" for task in tasks],
            one_off_task_log_group_names=[f"/ecs/mock/{task}" for task in tasks],
            service_security_group_id="sg-00000000000000000",
            private_subnet_ids=["subnet-00000000000000011", "subnet-00000000000000012"],
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class DjangoServiceListenerOutputs(DjangoServiceOutputs):
    """Of an environment with further hostnames, whose certificates and redirects are the listener's."""

    alb_https_listener_arn: str

    @classmethod
    def mock(cls) -> Self:
        others = DjangoServiceOutputs.mock()
        load_balancer = others.alb_arn.replace("loadbalancer", "listener")
        return cls(
            **{field.name: getattr(others, field.name) for field in fields(others)},
            alb_https_listener_arn=f"{load_balancer}/0000000000000000",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class DjangoServiceTargetsOutputs(DjangoServiceListenerOutputs):
    """Of an environment whose further web services are watched."""

    further_target_group_arns: list[str]
    """In the order of `DjangoServiceInputs.further_webs`."""

    @classmethod
    def mock(cls) -> Self:
        others = DjangoServiceListenerOutputs.mock()
        return cls(
            **{field.name: getattr(others, field.name) for field in fields(others)},
            further_target_group_arns=[others.target_group_arn],
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class DjangoServiceVolumesOutputs(DjangoServiceTargetsOutputs):
    """Of an environment whose volumes are backed up."""

    file_system_arns: list[str]
    """In the order of `DjangoServiceInputs.file_systems`."""

    @classmethod
    def mock(cls) -> Self:
        others = DjangoServiceTargetsOutputs.mock()
        return cls(
            **{field.name: getattr(others, field.name) for field in fields(others)},
            file_system_arns=["arn:aws:elasticfilesystem:us-east-1:000000000000:file-system/fs-00000000000000000"],
        )
