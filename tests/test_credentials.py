"""Whatever the gate names as a credential, inputs refuse, and no page and no message shows."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from cli import failure
from cli.failure import Failure, run_command
from cli.redaction import HIDDEN, Redactor, secrets_in_plain_text, secrets_of_plan
from cli.review.gate import Refusal, rules
from cli.review.gate.resources import Unit, references
from cli.review.page import machine, markdown, terminal
from cli.review.planning.planned_unit import PlannedUnit
from cli.terraform.plan import Plan, UnitPlan
from cli.terraform.runner import TerraformFailed
from modules.credentials import BY_NAME, within
from modules.one_off_task.inputs import OneOffTaskInputs
from modules.task_definition.environment import environment_rules
from modules.task_definition.inputs import RuntimeInputs
from modules.validation import InvalidInput, line, problems, validate
from stacks.config.loader import WrongEnvironment
from stacks.console import Console
from stacks.synthesis import command as main
from tests.cli.review.page import pages
from tests.credentials import Sample, each_credential, each_form
from tests.linear import repeated, unless_it_hangs
from tests.support import Json, environment

pytestmark = pytest.mark.thorough

TASK = "aws_ecs_task_definition.web"


def containers(name: str, value: str) -> str:
    """A container with a variable."""
    return json.dumps([{"name": "web", "environment": [{"name": name, "value": value}]}])


def refusals(*changes: Json, **configuration: Json) -> list[Refusal]:
    """What the rules of the gate say of these changes."""
    plan = UnitPlan(name="prod-web", configuration=configuration, plan=Plan({"resource_changes": list(changes)}))
    return list(rules.refusals(Unit(plan)))


def creates(definitions: str) -> Json:
    return {**pages.change(TASK, "create", after={"container_definitions": definitions}), "name": "web"}


def shown(unit: PlannedUnit, *known: str, refusals: list[Refusal] | None = None) -> str:
    """The page of a unit in all its forms, as `cli.review.planning` makes it."""
    assert unit.plan
    secrets = [*secrets_of_plan(unit.plan.plan.document), *secrets_in_plain_text(unit.plan.configuration), *known]
    page = pages.page(unit, refusals=refusals or (), secrets=secrets)
    console = Console(file=io.StringIO(), width=100_000)
    terminal.render(page, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue() + markdown.render(page) + machine.render(page)


@each_credential
def test_the_gate_names_it_and_does_not_show_it(kind: str, name: str, sample: Sample) -> None:
    (refusal,) = [each for each in refusals(creates(containers(name, sample.value))) if "environment" in each.rule]
    assert f"{name} of web holds {kind}," in refusal.message
    assert sample.secret not in str(refusal)


@pytest.mark.parametrize(("declared", "refused"), [("MAPS_API_KEY", 0), ("MAPS_API", 1)])
def test_what_an_application_declares_public_the_gate_takes_for_no_secret(declared: str, refused: int) -> None:
    change = creates(containers("MAPS_API_KEY", "any"))
    found = refusals(change, **{"//": {"public_variables": [declared]}})
    assert len([each for each in found if "environment" in each.rule]) == refused


@each_credential
def test_inputs_refuse_it_and_do_not_show_it(kind: str, name: str, sample: Sample) -> None:
    what = "names a secret" if kind == BY_NAME else f"holds {kind}"
    with pytest.raises(InvalidInput) as error:
        validate(RuntimeInputs(variables={name: sample.value.replace("\n", " ")}))
    assert f"variables['{name}']: {what}, and variables are plain text: " in str(error.value)
    assert sample.secret not in str(error.value)


@each_form
def test_inputs_refuse_a_form_in_any_field(kind: str, sample: Sample) -> None:
    with pytest.raises(InvalidInput, match=f"command: holds {kind}, and inputs are plain text: "):
        validate(OneOffTaskInputs(command=("run", f"--to={sample.value}".replace("\n", " "))))


@each_credential
def test_no_page_shows_it_when_it_comes_and_when_it_goes(kind: str, name: str, sample: Sample) -> None:
    with_it, without = containers(name, sample.value), containers(name, "")
    for before, after in ((without, with_it), (with_it, without)):
        change = pages.change(
            TASK, "update", before={"container_definitions": before}, after={"container_definitions": after}
        )
        text = shown(pages.planned(change))
        assert HIDDEN in text
        assert sample.secret not in text
        assert json.dumps(sample.secret)[1:-1] not in text


def default_tags(value: str) -> Json:
    """The provider of a unit whose resources have tags under names of secrets."""
    tags = {"api-token": value, "commit-sha": "0123456789abcdef" * 2}
    return {"aws": [{"allowed_account_ids": ["123456789012"], "default_tags": [{"tags": tags}]}]}


@each_form
def test_a_tag_is_a_credential_by_what_it_holds_to_inputs_and_gate(kind: str, sample: Sample) -> None:
    (refusal,) = refusals(provider=default_tags(sample.value))
    assert refusal.rule == "credentials/literal"
    assert refusal.address == "provider.aws"
    found = [*map(line, problems(environment(tags={"Team": sample.value.replace("\n", " ")})))]
    assert found
    assert found[0].startswith("tags")
    assert sample.secret not in str(found)


def test_the_key_of_a_tag_makes_no_secret_of_it() -> None:
    assert refusals(provider=default_tags("not-needed")) == []
    tags = {"api-token": "not-needed", "password-policy": "strict-2025", "commit-sha": "0123456789abcdef" * 2}
    assert list(problems(environment(tags=tags, tag_keys={"Environment": "secret-level"}))) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("owner", "wJalrXUtnFEMIK7MDENGbPxRfi3"),
        ("tags['Team']", {"Team": "wJalrXUtnFEMIK7MDENGbPxRfi3"}),
        ("tag_values['Owner']", {"Owner": "wJalrXUtnFEMIK7MDENGbPxRfi3"}),
    ],
)
def test_a_random_tag_is_refused_by_its_input_as_the_gate_would(field: str, value: str | dict[str, str]) -> None:
    made = environment(**{field.partition("[")[0]: value})
    assert list(map(line, problems(made))) == [
        f"{field}: holds a random string, and tags are plain text: give another value"
    ]
    assert refusals(provider=default_tags("wJalrXUtnFEMIK7MDENGbPxRfi3"))


@each_form
def test_no_page_shows_a_form_wherever_it_stands(kind: str, sample: Sample) -> None:
    value = sample.value
    change = pages.change(
        f'aws_x.y["{value}"]',
        "update",
        before={"tags": {"A": ""}, "list": [], "policy": "{}"},
        after={"tags": {"A": value, value: "key"}, "list": [f"-x={value}"], "policy": json.dumps({"Sid": value})},
        previous_address=f'aws_x.z["{value}"]',
    )
    outputs = {"plain": {"actions": ["create"], "before": None, "after": {"nested": value}}}
    refusal = Refusal(unit="prod-web", address="aws_x.y", rule="a/b", message=f"{value} is wrong: correct it")
    text = shown(pages.planned(change, outputs=outputs), refusals=[refusal])
    failed = PlannedUnit(name="prod-web", directory=Path(), error=f"{'long ' * 95}{value}")
    text += machine.render(pages.page(failed))
    for secret in (sample.secret, json.dumps(sample.secret)[1:-1]):
        assert secret not in text


def test_no_page_shows_what_stands_in_the_configuration_itself() -> None:
    drawn = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzQ9pLmKd8T"
    document: Json = {
        "locals": {"token": "hunter2-local", "salt": drawn, "plain": "seen"},
        "variable": {"database_password": {"default": "hunter2-variable"}},
        "output": {"secret": {"value": "hunter2-output"}},
        "provider": {"aws": [{"secret_key": "hunter2-provider", "region": "us-east-1"}]},
    }
    named = {each.address for each in refusals(**document)}
    assert {"local.token", "local.salt", "var.database_password", "output.secret", "provider.aws"} <= named
    values = ("hunter2-local", drawn, "hunter2-variable", "hunter2-output", "hunter2-provider")
    change = pages.change("aws_x.y", "update", before={"a": ""}, after={"a": [*values, "seen", "us-east-1"]})
    unit = pages.planned(change)
    assert unit.plan
    text = shown(replace(unit, plan=replace(unit.plan, configuration=document)))
    assert [value for value in values if value in text] == []
    assert '"seen"' in text
    assert '"us-east-1"' in text


def test_a_page_shows_digests_ids_and_arns() -> None:
    digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    arn = "arn:aws:secretsmanager:us-east-1:333333333333:secret:smtp-1A2b3C4d5E6f7G8h9I-AbCdEf"
    image = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/django@sha256:{digest}"
    definition = {
        "name": "web",
        "image": image,
        "environment": [{"name": "COMMIT_SHA", "value": digest[:40]}, {"name": "QUEUE", "value": arn}],
        "secrets": [{"name": "SMTP", "valueFrom": f"{arn}:password::9d4cb84bad6940c0a0abcead36b967e8"}],
    }
    after = {
        "container_definitions": json.dumps([definition]),
        "user_data": digest[:40],
        "zone_id": digest[:32],
        "source_code_hash": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzQ9pLmKd8T",
    }
    text = shown(pages.planned(pages.change(TASK, "create", after=after)))
    assert HIDDEN not in text
    for value in (image, digest[:40], arn, digest[:32], "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzQ9pLmKd8T"):
        assert value in text


def test_a_page_shows_no_user_data_that_holds_a_credential_encoded() -> None:
    encoded = "IyEvYmluL2Jhc2gKZXhwb3J0IERCX1BBU1NXT1JEPWh1bnRlcjIK"  # export DB_PASSWORD=hunter2
    harmless = "IyEvYmluL2Jhc2gKZG5mIGluc3RhbGwgaXB0YWJsZXMK"  # dnf install iptables
    for name in ("user_data", "user_data_base64"):
        for text, is_shown in ((encoded, False), (harmless, True)):
            change = pages.change("aws_launch_template.nat", "create", after={name: text})
            assert (text in shown(pages.planned(change))) is is_shown


@each_form
def test_no_message_of_a_command_shows_a_form(kind: str, sample: Sample, capsys: pytest.CaptureFixture[str]) -> None:
    # A form that begins before the end of a line and ends after it is cut off there.
    for text in (sample.value, repr(sample.value), f"{'long ' * 95}{sample.value}", json.dumps({"a": sample.value})):
        for error in (
            Failure(text),
            TerraformFailed(text),
            WrongEnvironment(text),
            KeyError(text),
            ValueError(text),
        ):

            def command(error: Exception = error) -> int:
                raise error

            assert run_command("deploy", command) == failure.FAILED
        _not_shown(sample, capsys.readouterr().err)


@each_form
def test_no_message_of_the_synthesis_shows_a_form(
    kind: str, sample: Sample, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    value = sample.value
    far, cut = f"{'long ' * 95}{value}", f"{'x' * 40} {value}"
    right = "from tests.support import environment\nENVIRONMENT = environment(name='prod', {})"
    for text in (
        f"raise ValueError({value!r})",
        f"raise KeyError({value!r})",
        f"raise ValueError({far!r})",
        f"from modules.redis.inputs import RedisInputs\nRedisInputs(**{{{value!r}: 1}})",
        *(right.format(f"account_id={each!r}") for each in (value, cut, [value], {value: value})),
        right.format(f"owner={value!r}"),
        right.format(f"tags={{'Team': {value!r}}}"),
    ):
        (tmp_path / "prod.py").write_text(text)
        assert main.main(["prod"], tmp_path) == 1
        _not_shown(sample, capsys.readouterr().err)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "text",
    [
        "y",
        "aB3/",
        "a ",
        "=",
        "a://b:",
        "arn:a",
        "${a.",
        "password: ",
        "-----BEGIN ",
        *(
            pytest.param(text, marks=pytest.mark.slow)
            for text in (
                "1",
                "f0",
                "a-",
                " ",
                "'",
                "a://",
                "a://b:@",
                "://:",
                "arn:",
                "${",
                "${random_password.",
                "password",
                "password ",
                "password:",
                "password=",
                "-----BEGIN PRIVATE KEY-----",
                "bearer ",
                "basic basic",
            )
        ),
    ],
)
def test_inputs_gate_and_redaction_read_any_string_in_linear_time(text: str) -> None:
    value = repeated(text)
    with unless_it_hangs():
        list(environment_rules({"PLAIN": value, value: "plain"}, {value: value}))
        within("PLAIN", value)
    with unless_it_hangs():
        refusals(creates(containers("PLAIN", value)), locals={"plain": value})
        references({"plain": value})
    with unless_it_hangs():
        Redactor(["y" * 1000 + "z"]).text(value)


def _not_shown(sample: Sample, text: str) -> None:
    assert text
    for secret in (sample.secret, sample.secret.replace("\n", " "), sample.secret.replace("\n", "\\n")):
        # Half of one is too much as well, and its first characters only say what it is.
        assert secret[len(secret) // 4 : -len(secret) // 4] not in text
