"""docs/runbooks.md: whoever is told of something finds there what to look at and what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from cli.__main__ import VERBS
from modules.observability.alarm import Alarm, CompositeAlarm
from modules.observability.events import Event
from modules.observability.instance_class import memory_gib
from modules.observability.queries import queries
from tests.modules.deployment_alarms import deployment_alarms
from tests.modules.observability.watched import DATABASE, WATCHED, alarms
from tests.stacks.units.test_observability import documents

DOCS = Path(__file__).parents[3] / "docs"
LINK = re.compile(r"docs/runbooks\.md#([a-z-]+)")


@cache
def sections() -> dict[str, str]:
    """What is said of each, by its anchor."""
    return dict(
        re.findall(r"^### (\S+)\n(.*?)(?=^##|\Z)", (DOCS / "runbooks.md").read_text(), re.MULTILINE | re.DOTALL)
    )


def everything() -> Iterator[Alarm | CompositeAlarm | Event]:
    """Of all that anybody may be told of, one of each kind."""
    yield from alarms().values()
    yield from WATCHED.composite_alarms()
    yield from WATCHED.events()
    yield from deployment_alarms().values()


def test_every_alarm_and_event_has_a_section_and_every_section_is_of_one() -> None:
    assert {each.runbook for each in everything()} == {*sections()}


@pytest.mark.parametrize("name", sections())
def test_a_section_says_the_cause_what_to_look_at_and_what_to_do(name: str) -> None:
    assert re.findall(r"^- \*\*(\w+)\.\*\* \S", sections()[name], re.MULTILINE) == ["Cause", "Look", "Act"]


def test_whoever_changes_a_bound_that_a_schedule_moves_is_led_to_the_command_that_does_so_at_once() -> None:
    changing = [text for text in sections().values() if "`autoscaling.max_count`" in text]
    assert len(changing) == 4
    for text in changing:
        assert "with a schedule, [at once](operate.md#scaling)" in " ".join(text.split())
    scaling = (DOCS / "operate.md").read_text().split("## Scaling")[1].split("\n### ")[0]
    assert "register-scalable-target" in scaling


def test_what_an_environment_sends_links_to_its_section() -> None:
    made = documents()["observability"]["resource"]
    sent = [
        *(each["alarm_description"] for each in made["aws_cloudwatch_metric_alarm"].values()),
        *(each["alarm_description"] for each in made["aws_cloudwatch_composite_alarm"].values()),
        *(each["input_transformer"]["input_template"] for each in made["aws_cloudwatch_event_target"].values()),
    ]
    for text in sent:
        (section,) = LINK.findall(text)
        assert section in sections()


def test_the_link_in_a_chat_is_a_step_of_its_own() -> None:
    event = next(each for each in WATCHED.events() if each.name == "database-growth")
    template = json.loads(event.template.replace('"description": <message>', '"description": ""'))
    assert template["content"]["nextSteps"][-1] == "Runbook: docs/runbooks.md#database-storage"


def test_verbs_and_saved_queries_that_it_names_exist() -> None:
    text = (DOCS / "runbooks.md").read_text()
    assert {*re.findall(r"`make ([a-z-]+)", text)} <= {*VERBS}
    saved = {query.name for query in queries(tasks=["a"], postgresql=["b"], redis=["c"])}
    assert {*re.findall(r"saved query\s+`([^`]+)`", text)} == saved


def test_sizes_are_those_that_the_alarms_follow_from() -> None:
    rows = re.findall(r"^\| `(db\.[^`]+)` \| (\d+) GiB \| (\d+) \|", (DOCS / "operate.md").read_text(), re.MULTILINE)
    assert len(rows) > 3
    for instance_class, gib, connections in rows:
        assert memory_gib(instance_class) == int(gib)
        database = replace(DATABASE, instance_class=instance_class, memory_gib=int(gib))
        assert database.usual_connections == int(connections)


def test_its_links_lead_somewhere() -> None:
    for page in ("runbooks.md", "operate.md", "alarms.md"):
        for target, anchor in re.findall(r"\]\(([\w/.-]*)#([\w-]+)\)", (DOCS / page).read_text()):
            assert anchor in anchors(target or page), f"{page}: {target}#{anchor}"


@cache
def anchors(page: str) -> set[str]:
    """Those of its headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", (DOCS / page).read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}
