"""Whatever a service does ends an apply in one clear line, and the next apply converges, or the line's way out does."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import cycle
from pathlib import Path

import pytest

from cli.deploy.apply import ERRORED, Applier
from cli.local_aws import providers
from cli.local_aws.faults import Fault
from cli.local_aws.server import LocalAws
from cli.terraform import tree
from cli.terraform.runner import Terraform, TerraformFailed
from cli.terraform.workspace import workspace
from cli.text import one_line
from tests.cli.review.planning.trees import Tree
from tests.end_to_end.database import PROTECTED
from tests.end_to_end.services import SERVICES
from tests.stacks.permissions.policies import bootstrap, environment
from tests.support import Json

ACCOUNT = "111122223333"
BUCKET = "example-tfstate"
KEY = "django/test/unit/terraform.tfstate"
STATE = f"{BUCKET}/{KEY}"

ROLE: Json = {"name": "test", "assume_role_policy": '{"Version": "2012-10-17", "Statement": []}'}
# A resource of each service that our units speak to, none of which needs another one: its service in signatures, its
# type and its arguments.
RESOURCES: tuple[tuple[str, str, Json], ...] = (
    ("ec2", "aws_vpc", {"cidr_block": "10.0.0.0/16"}),
    ("iam", "aws_iam_role", ROLE),
    ("logs", "aws_cloudwatch_log_group", {"name": "test"}),
    ("ecs", "aws_ecs_cluster", {"name": "test"}),
    ("rds", "aws_db_parameter_group", {"name": "test", "family": "postgres16"}),
    ("elasticache", "aws_elasticache_parameter_group", {"name": "test", "family": "redis7"}),
    ("elasticloadbalancing", "aws_lb_target_group", {"name": "test", "target_type": "lambda"}),
    ("secretsmanager", "aws_secretsmanager_secret", {"name": "test"}),
    ("acm", "aws_acm_certificate", {"domain_name": "example.com", "validation_method": "DNS"}),
    ("s3", "aws_s3_bucket", {"bucket": "example-test"}),
    ("ecr", "aws_ecr_repository", {"name": "test"}),
    (
        "application-autoscaling",
        "aws_appautoscaling_target",
        {
            "service_namespace": "dynamodb",
            "resource_id": "table/test",
            "scalable_dimension": "dynamodb:table:ReadCapacityUnits",
            "min_capacity": 1,
            "max_capacity": 2,
        },
    ),
)
ADDRESSES = {service: f"{kind}.{service}" for service, kind, _ in RESOURCES}
# What one waits for after it is made, or reads.
BEGUN: dict[str, Json] = {
    "aws_db_instance": {"rds": PROTECTED},
    "aws_elasticache_replication_group": {
        "elasticache": {
            "replication_group_id": "test",
            "description": "test",
            "node_type": "cache.t4g.micro",
            "engine": "redis",
            "engine_version": "7.1",
        }
    },
    "aws_iam_role": {"iam": ROLE},
}

# As people know them, which is how the provider writes them.
NAMES = {
    "logs": "CloudWatch Logs",
    "elasticloadbalancing": "Elastic Load Balancing",
    "secretsmanager": "Secrets Manager",
    "application-autoscaling": "Application Auto Scaling",
    "elasticache": "ElastiCache",
}

# What a person reads of each, whatever the service calls it. A lost answer is another matter, and has its own test.
SAID = {
    Fault.THROTTLING: ("Throttling", "SlowDown"),
    Fault.SERVER_ERROR: ("StatusCode: 500",),
    Fault.GATEWAY_TIMEOUT: ("StatusCode: 504",),
    Fault.ACCESS_DENIED: ("AccessDenied",),
    Fault.BROKEN_CONNECTION: ("request send failed",),
}


class Configuration:
    """Resources whose state is in S3. Every call is tried once; our units try for minutes."""

    def __init__(self, aws: LocalAws, directory: Path, resources: Mapping[str, Json]) -> None:
        variables = aws.environment(ACCOUNT, os.environ)
        variables["TF_CLI_CONFIG_FILE"] = str(providers.configure(directory))
        self.variables = variables
        self.terraform = Terraform(variables)
        aws.client("s3", ACCOUNT).create_bucket(Bucket=BUCKET)
        backend = {"bucket": BUCKET, "key": KEY, "region": "us-east-1", "use_lockfile": True, "max_retries": 1}
        document: Json = {"terraform": {"backend": {"s3": backend}}, "resource": resources}
        if any(kind.startswith("aws_") for kind in resources):
            document["terraform"]["required_providers"] = {
                "aws": {"source": "hashicorp/aws", "version": providers.AWS_VERSION}
            }
            document["provider"] = {
                "aws": [{"region": "us-east-1", "max_retries": 1, "allowed_account_ids": [ACCOUNT]}]
            }
        (self.unit,) = tree.read(Tree(directory, unit=document).path)
        self.errors: dict[str, str] = {}
        """What the last apply said of each address."""
        self.run("init", "-json", "-input=false")

    def run(self, *arguments: str) -> str:
        return self.terraform.run(self.unit.home, *arguments)

    def apply(self, *options: str) -> None:
        self.errors.clear()
        self.terraform.run(
            self.unit.home, "apply", "-json", "-input=false", "-auto-approve", *options, on_line=self._note
        )

    def fail(self, *options: str) -> str:
        """The one line that a person gets of an apply, which must fail."""
        with pytest.raises(TerraformFailed) as failed:
            self.apply(*options)
        said = str(failed.value)
        assert len(said.splitlines()) == 1
        return one_line(said)

    def is_converged(self) -> bool:
        """Whether all is as configured: an exit code of 2 would raise."""
        self.run("plan", "-json", "-input=false", "-detailed-exitcode")
        return True

    def tainted(self) -> list[str]:
        """What is in the state as only begun."""
        found = json.loads(self.run("state", "pull"))["resources"]
        return sorted(f"{r['type']}.{r['name']}" for r in found if r["instances"][0].get("status") == "tainted")

    def _note(self, line: str) -> None:
        event = json.loads(line)
        if event["type"] == "diagnostic" and event["@level"] == "error":
            self.errors[event["diagnostic"].get("address", "")] = event["diagnostic"]["summary"]


@pytest.fixture
def everything(aws: LocalAws, tmp_path: Path) -> Configuration:
    return Configuration(aws, tmp_path, {kind: {service: given} for service, kind, given in RESOURCES})


@pytest.fixture
def state_alone(aws: LocalAws, tmp_path: Path) -> Configuration:
    """A state with nothing of AWS in it."""
    return Configuration(aws, tmp_path, {"terraform_data": {"time": {"input": "${timestamp()}"}}})


@contextmanager
def failing(aws: LocalAws, faults: Iterable[tuple[str, Fault]]) -> Iterator[None]:
    """Let services fail, but not the bucket of the state."""
    with ExitStack() as stack:
        for service, fault in faults:
            stack.enter_context(aws.faults.injected(service, fault, calls=rf"^(?!\w+ {BUCKET}\.)"))
        yield


def says(line: str, service: str, fault: Fault) -> bool:
    """Whether a line names the service and what it did."""
    return NAMES.get(service, service).lower() in line.lower() and any(said in line for said in SAID[fault])


def test_each_service_is_one_that_our_units_speak_to() -> None:
    of_bootstrap = {kind.split("_")[1] for kind in bootstrap(environment())["resource"]}
    assert {*ADDRESSES, "sts"} == SERVICES | of_bootstrap


@pytest.mark.slow
def test_whatever_a_service_does_ends_in_one_clear_line_and_the_next_apply_converges(
    aws: LocalAws, everything: Configuration, subtests: pytest.Subtests
) -> None:
    for fault in SAID:
        with subtests.test("all at once", fault=fault), failing(aws, [(service, fault) for service in ADDRESSES]):
            everything.fail()
            assert everything.errors.keys() == {*ADDRESSES.values()}
            for service, address in ADDRESSES.items():
                assert says(everything.errors[address], service, fault), everything.errors[address]
    for service, fault in zip(ADDRESSES, cycle(SAID), strict=False):
        with subtests.test("one alone", service=service, fault=fault), failing(aws, [(service, fault)]):
            line = everything.fail(f"-target={ADDRESSES[service]}")
            assert line.startswith(f"{ADDRESSES[service]}: ")
            assert says(line, service, fault), line
    everything.apply()
    assert everything.is_converged()


@pytest.mark.slow
@pytest.mark.parametrize("fault", SAID)
def test_whoever_says_which_account_it_is_fails_in_one_clear_line(
    fault: Fault, aws: LocalAws, state_alone: Configuration
) -> None:
    with failing(aws, [("sts", fault)]):
        line = state_alone.fail()
    assert says(line, "sts", fault), line
    state_alone.apply()


@pytest.mark.slow
@pytest.mark.parametrize("fault", SAID)
def test_whatever_the_bucket_of_the_state_does_ends_in_one_clear_line(
    fault: Fault, aws: LocalAws, state_alone: Configuration
) -> None:
    with aws.faults.injected("s3", fault, calls=BUCKET):
        line = state_alone.fail()
    assert BUCKET in line
    assert says(line, "s3", fault), line
    state_alone.apply()


@pytest.mark.slow
@pytest.mark.parametrize("fault", SAID)
def test_a_lock_that_cannot_be_released_is_told_with_a_way_out_that_works(
    fault: Fault, aws: LocalAws, state_alone: Configuration
) -> None:
    with aws.faults.injected("s3", fault, calls="DELETE .*tflock"):
        line = state_alone.fail()
    said, way_out = line.split("nobody else will: ")
    assert f"the lock of {STATE} could not be released" in said
    command = way_out.replace("force-unlock ", "force-unlock -force ")
    subprocess.run(command, shell=True, check=True, env=state_alone.variables, capture_output=True)
    state_alone.apply()


@pytest.mark.slow
@pytest.mark.parametrize("fault", SAID)
def test_a_state_that_cannot_be_written_is_kept_and_written_by_the_next_deployment(
    fault: Fault, aws: LocalAws, state_alone: Configuration
) -> None:
    unit = state_alone.unit
    with aws.faults.injected("s3", fault, calls="PUT .*tfstate "):
        state_alone.fail()
    kept = json.loads((unit.home / ERRORED).read_text())["serial"]
    with workspace(state_alone.terraform) as space:
        applier = Applier(state_alone.terraform, space, lambda *_, **__: None)
        assert applier.state(unit)["serial"] == kept
    assert not (unit.home / ERRORED).exists()


@pytest.mark.slow
def test_what_was_made_and_not_answered_exists_already(aws: LocalAws, tmp_path: Path) -> None:
    configuration = Configuration(aws, tmp_path, {"aws_iam_role": {"iam": ROLE}})
    with aws.faults.injected("iam", Fault.LOST_ANSWER, calls="Action=CreateRole"):
        configuration.fail()
    # No state knows it.
    assert "EntityAlreadyExists" in configuration.fail()
    configuration.run("import", "-input=false", "aws_iam_role.iam", "test")
    configuration.apply()
    assert configuration.is_converged()


@pytest.mark.slow
def test_what_was_made_and_could_not_be_read_is_made_anew_or_kept_by_hand(aws: LocalAws, tmp_path: Path) -> None:
    """Terraform marks it as tainted. `make deploy` keeps what holds data without being told."""
    configuration = Configuration(aws, tmp_path, BEGUN)
    database, others = "aws_db_instance.rds", ["aws_elasticache_replication_group.elasticache", "aws_iam_role.iam"]
    with ExitStack() as stack:
        for service, call in (("rds", "DBInstances"), ("elasticache", "ReplicationGroups"), ("iam", "Role")):
            calls = rf"Action=(Describe|Get){call}&"
            stack.enter_context(aws.faults.injected(service, Fault.THROTTLING, calls=calls))
        configuration.fail()
    assert configuration.errors.keys() == {database, *others}
    for address, error in configuration.errors.items():
        assert says(error, address.split(".")[1], Fault.THROTTLING), error
    assert configuration.tainted() == [database, *others]
    made = identities(aws)

    assert "Cannot delete protected DB Instance" in configuration.fail()
    assert configuration.tainted() == [database]
    configuration.run("untaint", database)
    configuration.apply()
    assert configuration.is_converged()
    assert [new == old for new, old in zip(identities(aws), made, strict=True)] == [True, False, False]


def identities(aws: LocalAws) -> list[str]:
    """What another database, replication group and role of these names would not have."""
    (database,) = aws.client("rds", ACCOUNT).describe_db_instances()["DBInstances"]
    (group,) = aws.client("elasticache", ACCOUNT).describe_replication_groups()["ReplicationGroups"]
    role = aws.client("iam", ACCOUNT).get_role(RoleName="test")["Role"]
    return [database["DbiResourceId"], str(group["ReplicationGroupCreateTime"]), role["RoleId"]]
