"""Throttling, errors, silence and refusals of AWS end an apply in clear lines, and the next apply converges."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from cli.local_aws import providers
from cli.local_aws.faults import Fault
from cli.local_aws.server import LocalAws
from cli.terraform import Terraform, TerraformFailed

pytestmark = pytest.mark.slow

ACCOUNT = "111122223333"
BUCKET = "example-tfstate"

# A resource of each service that our units speak to, none of which needs another one: its service in signatures, its
# type, and its arguments.
RESOURCES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("ec2", "aws_vpc", {"cidr_block": "10.0.0.0/16"}),
    ("iam", "aws_iam_role", {"name": "test", "assume_role_policy": '{"Version": "2012-10-17", "Statement": []}'}),
    ("logs", "aws_cloudwatch_log_group", {"name": "test"}),
    ("ecs", "aws_ecs_cluster", {"name": "test"}),
    ("rds", "aws_db_parameter_group", {"name": "test", "family": "postgres16"}),
    ("elasticache", "aws_elasticache_parameter_group", {"name": "test", "family": "redis7"}),
    ("elasticloadbalancing", "aws_lb_target_group", {"name": "test", "target_type": "lambda"}),
    ("secretsmanager", "aws_secretsmanager_secret", {"name": "test"}),
    ("acm", "aws_acm_certificate", {"domain_name": "example.com", "validation_method": "DNS"}),
    ("s3", "aws_s3_bucket", {"bucket": "example-test"}),
)

# What a person reads of each, whatever the service calls it.
SAID = {
    Fault.THROTTLING: ("Throttling", "SlowDown"),
    Fault.SERVER_ERROR: ("StatusCode: 500",),
    Fault.TIMEOUT: ("StatusCode: 504",),
    Fault.ACCESS_DENIED: ("AccessDenied",),
}


class Configuration:
    """Resources of all services, whose state is in S3."""

    def __init__(self, aws: LocalAws, directory: Path) -> None:
        variables = aws.environment(ACCOUNT, os.environ)
        variables["TF_CLI_CONFIG_FILE"] = str(providers.configure(directory))
        self.terraform = Terraform(variables)
        aws.client("s3", ACCOUNT).create_bucket(Bucket=BUCKET)
        self.home = directory / "unit"
        self.home.mkdir()
        backend = {"bucket": BUCKET, "key": "test/terraform.tfstate", "region": "us-east-1", "use_lockfile": True}
        document = {
            "terraform": {
                "backend": {"s3": backend},
                "required_providers": {"aws": {"source": "hashicorp/aws", "version": "5.100.0"}},
            },
            # It tries 25 times by default, for ten minutes, whatever AWS_MAX_ATTEMPTS says.
            "provider": {"aws": {"region": "us-east-1", "max_retries": 1}},
            "resource": {kind: {service: arguments} for service, kind, arguments in RESOURCES},
        }
        (self.home / "main.tf.json").write_text(json.dumps(document))
        self.terraform.run(self.home, "init", "-json", "-input=false")

    def apply(self) -> dict[str, str]:
        """Apply, and return what went wrong, by address."""
        errors: dict[str, str] = {}

        def note(line: str) -> None:
            event = json.loads(line)
            if event["type"] == "diagnostic" and event["@level"] == "error":
                errors[event["diagnostic"].get("address", "")] = event["diagnostic"]["summary"]

        with suppress(TerraformFailed):
            self.terraform.run(self.home, "apply", "-json", "-input=false", "-auto-approve", on_line=note)
        return errors

    def is_converged(self) -> bool:
        """Whether all is as configured: an exit code of 2 would raise."""
        self.terraform.run(self.home, "plan", "-json", "-input=false", "-detailed-exitcode")
        return True


@pytest.mark.parametrize("fault", Fault)
def test_whatever_a_service_does_ends_in_a_clear_line_and_the_next_apply_converges(
    fault: Fault, aws: LocalAws, tmp_path: Path
) -> None:
    configuration = Configuration(aws, tmp_path)
    with ExitStack() as stack:
        for service, _, _ in RESOURCES:
            # Not the state's bucket, which is looked at below.
            stack.enter_context(aws.faults.injected(service, fault, calls=rf"^(?!\w+ {BUCKET}\.)"))
        errors = configuration.apply()
    assert sorted(errors) == sorted(f"{kind}.{service}" for service, kind, _ in RESOURCES)
    for address, error in errors.items():
        assert any(said in error for said in SAID[fault]), f"{address}: {error}"
        assert "\n" not in error
    assert configuration.apply() == {}
    assert configuration.is_converged()


@pytest.mark.parametrize("fault", Fault)
def test_whatever_the_bucket_of_the_state_does_ends_in_a_clear_line(
    fault: Fault, aws: LocalAws, tmp_path: Path
) -> None:
    configuration = Configuration(aws, tmp_path)
    with aws.faults.injected("s3", fault, calls=BUCKET):
        assert list(configuration.apply()) == [""]
    assert configuration.apply() == {}
    assert configuration.is_converged()
