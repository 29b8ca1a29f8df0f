"""What is deployed is what was approved, or each resource that is otherwise is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.review.page import approval, machine
from cli.review.page.page import Page
from stacks.failure import Failure
from tests.cli.review.page.pages import change, page, planned
from tests.support import Json


def as_json(found: Page) -> Json:
    document: Json = json.loads(machine.render(found))
    return document


def update(**after: Any) -> Json:
    return change("aws_x.y", "update", before={"a": 1, "b": 1, "c": 1}, after={"a": 1, "b": 1, "c": 1, **after})


def between(approved: Page, now: Page) -> list[str]:
    return [*approval.differences(as_json(approved), as_json(now))]


def test_the_same_plan_has_no_differences() -> None:
    found = page(planned(update(a=2)), planned(update(a=2), name="prod-redis"))
    assert between(found, found) == []


def test_what_was_not_approved_is_named_with_what_was() -> None:
    none, more = page(planned()), page(planned(update(a=2)))
    assert between(none, more) == ["prod-network: aws_x.y: no change was approved, and now it is change"]
    assert between(more, none) == ["prod-network: aws_x.y: change was approved, and now it is no change"]
    lost = page(planned(change("aws_x.y", "delete", before={"a": 1})))
    assert between(more, lost) == ["prod-network: aws_x.y: change was approved, and now it is destroy"]
    elsewhere = page(planned(update(a=2), name="prod-redis"))
    assert [line.split(":")[0] for line in between(more, elsewhere)] == ["prod-network", "prod-redis"]


def test_other_values_are_named_by_their_attributes() -> None:
    (line,) = between(page(planned(update(a=2, b=2))), page(planned(update(a=3, c=2))))
    assert line == "prod-network: aws_x.y: change as approved, but with other values: a, b, c"


def test_an_output_that_others_read_is_approved_too() -> None:
    changed = {"vpc_id": {"actions": ["update"], "before": "vpc-1", "after": "vpc-2", "after_unknown": False}}
    (line,) = between(page(planned()), page(planned(outputs=changed)))
    assert line == "prod-network: output vpc_id: no change was approved, and now it is change"


def test_an_approved_page_is_read_as_it_was_saved(tmp_path: Path) -> None:
    file, found = tmp_path / "approved.json", page(planned(update(a=2)))
    file.write_text(machine.render(found))
    assert approval.read(file, "prod") == as_json(found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not the page of a plan: write it by `plan --save`"),
        ("[]", "is not the page of a plan: write it by `plan --save`"),
        ("{}", "is not the page of a plan: write it by `plan --save`"),
        ({"version": 0}, "was written by another version of this program: plan again"),
        ({"units": [{"name": "prod-network"}]}, "was written by another version of this program: plan again"),
        ({"title": "dev"}, "is the plan of dev: approve a plan of prod with its states"),
        ({"offline": True}, "is an offline plan of prod: approve a plan of prod with its states"),
    ],
)
def test_a_file_that_approves_nothing_is_refused(text: str | Json, said: str, tmp_path: Path) -> None:
    file = tmp_path / "approved.json"
    file.write_text(text if isinstance(text, str) else json.dumps(as_json(page(planned())) | text))
    with pytest.raises(Failure) as error:
        approval.read(file, "prod")
    assert str(error.value) == f"{file}: {said}"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"approved\.json: cannot be read: No such file or directory: write it by `plan"):
        approval.read(tmp_path / "approved.json", "prod")
