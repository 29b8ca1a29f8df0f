"""docs/alarms.md: the tables are those of the code, of an environment that has one of each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from modules.observability.alarm import Alarm, CompositeAlarm
from modules.observability.events import Event
from tests.modules.observability.watched import INPUTS, WATCHED
from tests.snapshots import accepted

PAGE = Path(__file__).parents[2] / "docs" / "alarms.md"
START, END = "<!-- tables -->\n", "<!-- end of tables -->\n"


def test_the_tables_are_those_of_the_code(request: pytest.FixtureRequest) -> None:
    text = PAGE.read_text()
    before, rest = text.split(START)
    written, after = rest.split(END)
    tables = "\n".join([*alarms(), "", *events(), ""])
    if accepted.is_asked_for(request.config):
        PAGE.write_text(f"{before}{START}{tables}{END}{after}")
        return
    assert written == tables, "run `make snapshots`, and review what it wrote"


def alarms() -> Iterator[str]:
    yield "| alarm | tells | fires when | without figures | what it means | next |"
    yield "|---|---|---|---|---|---|"
    shown: set[str] = set()
    for alarm in WATCHED.alarms(INPUTS):
        # One service, one instance, one node and one gateway stand for the others.
        kind = alarm.name.replace("worker", "web").replace("-replica", "").replace("-2-", "-1-")
        if kind in shown:
            continue
        shown.add(kind)
        treatment = f"{alarm.missing.treatment}: {alarm.missing.reason}"
        cells = (_name(alarm), alarm.topic, _condition(alarm), treatment, alarm.meaning, f"`{alarm.command}`")
        yield f"| {' | '.join(cells)} |"
    for each in WATCHED.composite_alarms():
        rule = each.rule("").replace('ALARM("-', "").replace('")', "").lower()
        yield f"| {_name(each)} | {each.topic} | {rule} | | {each.meaning} | `{each.command}` |"


def events() -> Iterator[str]:
    yield "| event | tells | what it means | next |"
    yield "|---|---|---|---|"
    for event in WATCHED.events():
        tells = "notices; its alarm: urgent" if event.is_urgent else "notices"
        yield f"| {_name(event)} | {tells} | {event.title}: <message>. {event.meaning} | `{event.command}` |"


def _name(each: Alarm | CompositeAlarm | Event) -> str:
    """With a link to what to do."""
    return f"[`{each.name}`](runbooks.md#{each.runbook})"


def _condition(alarm: Alarm) -> str:
    minutes = alarm.period_seconds // 60
    period = f"{minutes} min" if minutes < 60 else f"{minutes // 60} h"
    times = f"in {alarm.datapoints} of {alarm.periods} periods of {period}" if alarm.periods > 1 else f"in {period}"
    return f"{alarm.title} {alarm.comparison} {_number(alarm.threshold)} {times}"


def _number(threshold: float) -> str:
    """Bytes as people read them."""
    if threshold < 2**20 or threshold == 1_000_000_000:
        return f"{threshold:,g}"
    return f"{threshold / 2**30:.3g} GiB" if threshold >= 2**30 else f"{threshold / 2**20:.3g} MiB"
