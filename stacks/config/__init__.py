"""The environments as data. Each is a file here, which imports all that it is made of from this package."""

from modules.alerts.inputs import AlertsInputs, RecipientsInputs, SlackChannelInputs, TeamsChannelInputs
from modules.backup.inputs import BackupCopyInputs, BackupInputs, RestoreTestingInputs, VaultLockInputs
from modules.certificate.inputs import CertificateInputs, RetiringCertificateInputs
from modules.cloudflare_dns.firewall_inputs import CustomRuleInputs, RateLimitInputs
from modules.cloudflare_dns.inputs import CacheRuleInputs, CloudflareDnsInputs, ZoneSettingsInputs
from modules.cloudflare_dns.origin_pulls_inputs import AuthenticatedOriginPullsInputs
from modules.cloudfront.inputs import NoDnsInputs
from modules.django_secret_key.inputs import DjangoSecretKeyInputs
from modules.dns import DnsRecordInputs, HostnameInputs
from modules.ecr_repository.inputs import EcrRepositoryInputs
from modules.ecs_cluster.inputs import EcsClusterInputs
from modules.efs_volume.inputs import EfsVolumeInputs
from modules.external_dns.inputs import ExternalDnsInputs
from modules.fargate_service.autoscaling_inputs import AutoscalingInputs, WebAutoscalingInputs, WorkerAutoscalingInputs
from modules.fargate_service.deployment_alarms_inputs import DeploymentAlarmsInputs
from modules.fargate_service.inputs import BeatInputs, WebInputs, WorkerInputs
from modules.fargate_service.scaling_schedule_inputs import ScheduledScalingInputs
from modules.fargate_service.scaling_steps_inputs import QUEUE_STEPS, StepInputs
from modules.github_oidc.inputs import GithubOidcInputs
from modules.load_balancer.inputs import HealthCheckInputs, LoadBalancerInputs
from modules.load_balancer.route_inputs import RouteInputs
from modules.network.inputs import COMPLETE_ENDPOINTS, ExistingNetworkInputs, NetworkInputs
from modules.observability.inputs import ObservabilityInputs
from modules.one_off_task.inputs import OneOffTaskInputs
from modules.one_off_task.session_inputs import SessionInputs
from modules.postgresql.inputs import PostgreSQLInputs
from modules.postgresql.source_inputs import PointInTimeInputs, RestoredInputs, SnapshotInputs
from modules.redis.inputs import RedisGroupInputs, RedisInputs
from modules.route53_dns.inputs import Route53DnsInputs
from modules.scheduled_task.inputs import JobSettingsInputs, ScheduleInputs
from modules.state_bucket.inputs import StateBucketInputs
from modules.task_definition.inputs import IamStatementInputs, RuntimeInputs
from modules.task_definition.sidecar_inputs import SidecarHealthCheckInputs, SidecarInputs
from modules.validation import Example
from modules.web_acl.inputs import LARGE_BODIES, WebAclExceptionInputs, WebAclInputs
from stacks.config.application_inputs import (
    ApplicationInputs,
    FurtherWebInputs,
    JobInputs,
    ProcessInputs,
    QueueWorkerInputs,
)
from stacks.config.bootstrap import BootstrapInputs
from stacks.config.build import BuildInputs, ImageInputs
from stacks.config.database_inputs import DatabaseInputs
from stacks.config.django_service import DjangoServiceInputs
from stacks.config.findings import AcceptedFinding
from stacks.config.health_inputs import HealthInputs
from stacks.config.overrides import Override
from stacks.config.providers import ProvidersInputs
from stacks.config.schema import Environment, LocalState, S3State
from stacks.config.vary import vary

ENVIRONMENTS = ("dev", "staging", "prod")
"""The names of all files, in the order in which the pipeline deploys."""

__all__ = [
    "COMPLETE_ENDPOINTS",
    "ENVIRONMENTS",
    "LARGE_BODIES",
    "QUEUE_STEPS",
    "AcceptedFinding",
    "AlertsInputs",
    "ApplicationInputs",
    "AuthenticatedOriginPullsInputs",
    "AutoscalingInputs",
    "BackupCopyInputs",
    "BackupInputs",
    "BeatInputs",
    "BootstrapInputs",
    "BuildInputs",
    "CacheRuleInputs",
    "CertificateInputs",
    "CloudflareDnsInputs",
    "CustomRuleInputs",
    "DatabaseInputs",
    "DeploymentAlarmsInputs",
    "DjangoSecretKeyInputs",
    "DjangoServiceInputs",
    "DnsRecordInputs",
    "EcrRepositoryInputs",
    "EcsClusterInputs",
    "EfsVolumeInputs",
    "Environment",
    "Example",
    "ExistingNetworkInputs",
    "ExternalDnsInputs",
    "FurtherWebInputs",
    "GithubOidcInputs",
    "HealthCheckInputs",
    "HealthInputs",
    "HostnameInputs",
    "IamStatementInputs",
    "ImageInputs",
    "JobInputs",
    "JobSettingsInputs",
    "LoadBalancerInputs",
    "LocalState",
    "NetworkInputs",
    "NoDnsInputs",
    "ObservabilityInputs",
    "OneOffTaskInputs",
    "Override",
    "PointInTimeInputs",
    "PostgreSQLInputs",
    "ProcessInputs",
    "ProvidersInputs",
    "QueueWorkerInputs",
    "RateLimitInputs",
    "RecipientsInputs",
    "RedisGroupInputs",
    "RedisInputs",
    "RestoreTestingInputs",
    "RestoredInputs",
    "RetiringCertificateInputs",
    "Route53DnsInputs",
    "RouteInputs",
    "RuntimeInputs",
    "S3State",
    "ScheduleInputs",
    "ScheduledScalingInputs",
    "SessionInputs",
    "SidecarHealthCheckInputs",
    "SidecarInputs",
    "SlackChannelInputs",
    "SnapshotInputs",
    "StateBucketInputs",
    "StepInputs",
    "TeamsChannelInputs",
    "VaultLockInputs",
    "WebAclExceptionInputs",
    "WebAclInputs",
    "WebAutoscalingInputs",
    "WebInputs",
    "WorkerAutoscalingInputs",
    "WorkerInputs",
    "ZoneSettingsInputs",
    "vary",
]
