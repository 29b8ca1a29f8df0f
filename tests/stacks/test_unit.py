"""The base of all units: its state, what it publishes, and how another unit reads that."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import pytest
from cdktf import App, Testing
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from constructs import Construct

from stacks import providers
from stacks.config.schema import Environment, LocalState, S3State
from stacks.unit import Unit
from tests.support import Json, environment, synthesized


@dataclass(frozen=True)
class TopicOutputs:
    topic_arn: str
    port: int
    subnet_ids: list[str]

    @classmethod
    def mock(cls) -> Self:
        return cls(topic_arn="arn:mock", port=1, subnet_ids=["subnet-mock"])


class Upstream(Unit[TopicOutputs]):
    NAME = "up-stream"

    def __init__(self, app: App, environment: Environment) -> None:
        super().__init__(app, environment)
        providers.aws(self, environment)
        topic = SnsTopic(self, "topic", name="topic")
        self.outputs = self.publish(TopicOutputs(topic_arn=topic.arn, port=5432, subnet_ids=["subnet-1", "subnet-2"]))


class Downstream(Unit[TopicOutputs]):
    NAME = "downstream"

    def __init__(self, app: App, environment: Environment, *, upstream: Upstream) -> None:
        super().__init__(app, environment)
        providers.aws(self, environment)
        read = self.read(upstream)
        SnsTopic(self, "topic", name=read.topic_arn, display_name=f"{read.port}")
        self.outputs = self.publish(TopicOutputs(topic_arn=read.topic_arn, port=read.port, subnet_ids=read.subnet_ids))


def both(environment: Environment) -> tuple[Json, Json]:
    app = Testing.app()
    upstream = Upstream(app, environment)
    return synthesized(upstream), synthesized(Downstream(app, environment, upstream=upstream))


IN_S3 = replace(environment(), state=S3State(bucket="tfstate-123456789012"))


class TestState:
    def test_in_s3_it_is_locked_encrypted_and_of_one_account(self) -> None:
        upstream, _ = both(IN_S3)
        assert upstream["terraform"]["backend"]["s3"] == {
            "bucket": "tfstate-123456789012",
            "key": "django/test/up-stream/terraform.tfstate",
            "region": "us-east-1",
            "encrypt": True,
            "use_lockfile": True,
            "allowed_account_ids": ["123456789012"],
        }

    def test_in_a_directory_its_path_is_the_same_on_every_machine(self) -> None:
        upstream, _ = both(environment())
        path = "../../../state/django/test/up-stream/terraform.tfstate"
        assert upstream["terraform"]["backend"] == {"local": {"path": path}}

    @pytest.mark.parametrize("state", [S3State(bucket="tfstate-1"), LocalState(directory="tfstate")])
    def test_a_unit_is_read_from_where_it_writes(self, state: S3State | LocalState) -> None:
        upstream, downstream = both(replace(environment(), state=state))
        ((kind, written),) = upstream["terraform"]["backend"].items()
        read = downstream["data"]["terraform_remote_state"]["up_stream"]
        assert read["backend"] == kind
        assert read["config"].items() <= written.items()
        assert read["config"].get("key", read["config"].get("path")) == written.get("key", written.get("path"))

    def test_no_other_account_may_be_touched(self) -> None:
        upstream, _ = both(environment())
        assert upstream["provider"]["aws"][0]["allowed_account_ids"] == ["123456789012"]


class TestReading:
    def test_each_type_of_output_comes_back_as_itself(self) -> None:
        _, downstream = both(environment())
        remote = "data.terraform_remote_state.up_stream.outputs"
        assert {name: output["value"] for name, output in downstream["output"].items()} == {
            "topic_arn": f"${{{remote}.topic_arn}}",
            "port": f"${{{remote}.port}}",
            "subnet_ids": f"${{{remote}.subnet_ids}}",
        }

    def test_reading_makes_the_order_of_deployment(self) -> None:
        app = Testing.app()
        upstream = Upstream(app, environment())
        downstream = Downstream(app, environment(), upstream=upstream)
        assert [stack.node.id for stack in downstream.dependencies] == [upstream.node.id]

    @pytest.mark.parametrize("protected", [True, False])
    def test_a_unit_says_whose_it_is(self, protected: bool) -> None:
        upstream, _ = both(environment(name="prod-eu", protected=protected))
        assert {key: upstream["//"][key] for key in ("environment", "unit", "protected")} == {
            "environment": "prod-eu",
            "unit": "up-stream",
            "protected": protected,
        }

    def test_mocks_are_a_comment_and_nothing_else(self) -> None:
        _, downstream = both(environment())
        assert downstream.pop("//")["mock_outputs"] == {
            "up_stream": {"topic_arn": "arn:mock", "port": 1, "subnet_ids": ["subnet-mock"]}
        }
        assert "mock" not in str(downstream)


class TestNames:
    def test_an_address_is_the_path_within_the_unit(self) -> None:
        upstream, _ = both(environment())
        assert list(upstream["resource"]["aws_sns_topic"]) == ["topic"]

    def test_two_elements_of_one_address_are_refused(self) -> None:
        class Clash(Upstream):
            def __init__(self, app: App, environment: Environment) -> None:
                super().__init__(app, environment)
                SnsTopic(Construct(self, "a"), "b-c", name="one")
                SnsTopic(Construct(self, "a-b"), "c", name="other")

        with pytest.raises(
            Exception, match="aws_sns_topic.a_b_c is both test-up-stream/a/b-c and test-up-stream/a-b/c"
        ):
            synthesized(Clash(Testing.app(), environment()))


def test_a_unit_asks_for_the_terraform_that_keeps_secrets_out_of_the_state() -> None:
    upstream, _ = both(environment())
    assert upstream["terraform"]["required_version"] == ">= 1.11.0"


def test_tags_have_the_keys_and_values_that_a_company_asks_for() -> None:
    keys = {"Environment": "Stage", "ManagedBy": "Provisioner"}
    values = {"Environment": "production", "ManagedBy": "terraform"}
    upstream, _ = both(replace(environment(), tag_keys=keys, tag_values=values))
    (default_tags,) = upstream["provider"]["aws"][0]["default_tags"]
    assert default_tags["tags"] == {
        "Project": "django",
        "Stage": "production",
        "Owner": "platform-team",
        "Confidentiality": "confidential",
        "Provisioner": "terraform",
    }


def test_every_resource_bears_the_tags_of_its_environment() -> None:
    upstream, _ = both(replace(environment(), tags={"CostCenter": "42"}))
    (default_tags,) = upstream["provider"]["aws"][0]["default_tags"]
    assert default_tags["tags"] == {
        "Project": "django",
        "Environment": "test",
        "Owner": "platform-team",
        "Confidentiality": "confidential",
        "ManagedBy": "cdktf",
        "CostCenter": "42",
    }
