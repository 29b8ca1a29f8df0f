"""How subjects become policies."""

from __future__ import annotations

import pkgutil
from dataclasses import replace
from importlib import import_module
from types import ModuleType

import pytest

from modules.iam import LONGEST_POLICY, Statement, managed_policy
from modules.task_definition.inputs import IamStatementInputs, RuntimeInputs
from modules.validation import problems
from stacks import permissions
from stacks.config.application_inputs import JobInputs
from stacks.config.build import ImageInputs
from stacks.config.schema import IDENTITY_ROOM, Environment
from stacks.permissions import boundary, policies
from stacks.permissions.policies import joined
from stacks.permissions.scope import Scope
from tests.stacks.permissions.policies import REPORT, environment, everything

INSTANCES = Statement(sid="Describe", actions=["ec2:DescribeInstances"], resources=["*"])
CLUSTERS = Statement(sid="Describe", actions=["ecs:DescribeClusters"], resources=["*"])


def test_statements_of_two_subjects_with_one_id_become_one() -> None:
    (statement,) = joined([INSTANCES], [CLUSTERS])
    assert statement.actions == ["ec2:DescribeInstances", "ecs:DescribeClusters"]
    assert statement.resources == ["*"]


def test_an_action_of_two_subjects_is_named_once() -> None:
    (statement,) = joined([INSTANCES], [INSTANCES])
    assert statement.actions == ["ec2:DescribeInstances"]


def test_one_id_for_different_resources_is_refused() -> None:
    other = Statement(sid="Describe", actions=["ecs:DescribeClusters"], resources=["arn:aws:ecs:::cluster/mine"])
    with pytest.raises(ValueError, match=r"^Describe: two subjects mean different things by it: rename one of them$"):
        joined([INSTANCES], [other])


MODULES = [import_module(f"{permissions.__name__}.{each.name}") for each in pkgutil.iter_modules(permissions.__path__)]
PARTS = [
    pytest.param(module, part, id=f"{module.__name__.rpartition('.')[2]}.{part}")
    for module in MODULES
    if hasattr(module, "describe")
    for part in ("describe", "create", "change")
    if hasattr(module, part)
]


@pytest.mark.parametrize(("subject", "part"), PARTS)
def test_no_part_of_a_subject_is_left_out(subject: ModuleType, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, part, lambda _: [Statement(sid="Here", actions=["s3:ListBucket"], resources=["*"])])
    scope = Scope(environment())
    granted = {**policies.read(scope), **policies.change(scope)}.values()
    assert [statement.sid for statements in granted for statement in statements].count("Here") == 1


def test_an_image_elsewhere_needs_nothing_of_ecr_and_its_credentials() -> None:
    secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:ghcr-AbCdEf"
    image = ImageInputs(repository="ghcr.io/acme/shop", credentials_secret_arn=secret)
    given = environment()
    scope = Scope(replace(given, django_service=replace(given.django_service, ecr_repository_url=None, image=image)))
    of_pipeline = [each for group in (policies.read(scope), policies.change(scope)) for each in group.values()]
    found = [*boundary.statements(scope), *(statement for group in of_pipeline for statement in group)]
    pulled = ("ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:PutImage", "ecr:DescribeImages")
    assert not {*pulled} & {action for statement in found for action in statement.actions}
    assert any(secret in statement.resources for statement in boundary.statements(scope))


@pytest.mark.parametrize("of", [environment(), everything()], ids=["prod", "everything"])
def test_policies_have_room_for_the_longest_tags_and_names(of: Environment) -> None:
    keys = {"Project": "p" * IDENTITY_ROOM, "Environment": "e" * IDENTITY_ROOM}
    values = {"Project": "P" * IDENTITY_ROOM, "Environment": "E" * IDENTITY_ROOM}
    widest = replace(of, project="p" * 12, name="n" * 13, tag_keys=keys, tag_values=values)
    assert not [each for each in problems(widest) if each.field.startswith(("tag", "project", "name"))]
    scope = Scope(widest)
    for statements in {**policies.read(scope), **policies.change(scope)}.values():
        assert len(managed_policy(statements)) <= LONGEST_POLICY


@pytest.mark.parametrize(("jobs", "room"), [({}, 2729), ({"report": REPORT}, 1833)])
def test_the_boundary_has_room_for_all_that_an_environment_may_add(jobs: dict[str, JobInputs], room: int) -> None:
    widest = replace(environment(), project="p" * 12, name="n" * 12, region="ap-southeast-1")
    service = replace(
        widest.django_service,
        application=replace(widest.django_service.application, jobs=jobs),
        ecr_repository_url=f"123456789012.dkr.ecr.ap-southeast-1.amazonaws.com/{'r' * 256}",
        app_user="a" * 63,
        migration_user="m" * 63,
    )
    key = "arn:aws:kms:ap-southeast-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
    arn = "arn:aws:{}:ap-southeast-1:123456789012:{}"
    named = [arn.format("secretsmanager", "secret:mail-AbCdEf"), arn.format("ssm", "parameter/mail")]
    runtime = RuntimeInputs(secrets=dict(zip("AB", named, strict=True)), log_kms_key_arn=key)

    def adding(characters: int) -> Environment:
        statement = IamStatementInputs(actions=("s3:GetObject",), resources=(f"arn:aws:s3:::{'b' * characters}",))
        added = replace(runtime, iam_statements=(statement,))
        return replace(widest, django_service=replace(service, runtime=added))

    assert "django_service.runtime" not in {problem.field for problem in problems(adding(room))}
    assert "django_service.runtime" in {problem.field for problem in problems(adding(room + 1))}
    assert len(managed_policy(boundary.statements(Scope(adding(room))))) <= LONGEST_POLICY
