"""Inputs classes: what they refuse, and how the refusal reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import FrozenInstanceError
from typing import Any, Literal

import pytest

from modules.validation import Example, InvalidInput, Problem, examples, inputs, line, problems, show, validate


@inputs
class Disk:
    size_gb: int
    kind: Literal["gp3", "io2"] = "gp3"

    def rules(self) -> Iterator[Problem]:
        if self.size_gb < 20:
            yield Problem("size_gb", f"{self.size_gb} GB is too small", "choose 20 or more")


@inputs
class Server:
    name: str
    disk: Disk
    encrypted: bool = True
    spare: Disk | None = None
    zones: tuple[str, ...] = ()
    mounts: Mapping[str, Disk] | None = None
    disks: Mapping[str, Disk | None] | None = None

    def rules(self) -> Iterator[Problem]:
        if self.spare and self.spare.size_gb < self.disk.size_gb:
            yield Problem("spare.size_gb", "is smaller than disk.size_gb", "make it as large")


def server(**changes: Any) -> Server:
    return Server(**{"name": "web", "disk": Disk(size_gb=50), **changes})


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"name": 3}, "name: got 3: give str"),
        ({"encrypted": "yes"}, "encrypted: got 'yes': give bool"),
        ({"zones": "us-east-1a"}, "zones: got 'us-east-1a': give a tuple of str"),
        ({"zones": ("a", 1)}, "zones: got ('a', 1): give a tuple of str"),
        ({"spare": 1}, "spare: got 1: give Disk or None"),
        ({"spare": Disk}, "spare: is the class Disk: write Disk(…)"),
        ({"mounts": {"/": 1}}, "mounts: got {'/': 1}: give a dict of str to Disk or None"),
        ({"disks": {"/": 1}}, "disks: got {'/': 1}: give a dict of str to (Disk or None) or None"),
        ({"disk": Disk(size_gb=True)}, "disk.size_gb: got True: give int"),
        ({"disk": Disk(size_gb=50, kind="gp9")}, "disk.kind: got 'gp9': give one of 'gp3', 'io2'"),  # type: ignore[arg-type]
        ({"disk": Disk(size_gb=3)}, "disk.size_gb: 3 GB is too small: choose 20 or more"),
        ({"mounts": {"/": Disk(size_gb=3)}}, "mounts['/'].size_gb: 3 GB is too small: choose 20 or more"),
        ({"spare": Disk(size_gb=20)}, "spare.size_gb: is smaller than disk.size_gb: make it as large"),
        ({"name": "web\n"}, "name: 'web\\n' has white space or control characters: remove them"),
        ({"name": "${aws_vpc.x.id}"}, "name: '${aws_vpc.x.id}' holds a Terraform template: write the value itself"),
        ({"zones": (" a",)}, "zones: ' a' has white space or control characters: remove them"),
    ],
)
def test_a_problem_is_named_by_its_full_path_and_says_what_to_do(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(InvalidInput) as error:
        validate(server(**changes))
    assert str(error.value) == line


def found(value: object) -> list[str]:
    return [line(problem) for problem in problems(value)]


def test_all_that_is_wrong_is_found_at_once() -> None:
    small, large = Disk(size_gb=1), Disk(size_gb=60)
    assert found(server(mounts={"/": small, "/a": small}, spare=Disk(size_gb=20), disk=large)) == [
        "mounts['/'].size_gb: 1 GB is too small: choose 20 or more",
        "mounts['/a'].size_gb: 1 GB is too small: choose 20 or more",
        "spare.size_gb: is smaller than disk.size_gb: make it as large",
    ]


def test_rules_wait_until_the_types_are_right() -> None:
    assert found(server(name=3, encrypted="yes", disk=Disk(size_gb="x"), spare=Disk(size_gb=1))) == [  # type: ignore[arg-type]
        "name: got 3: give str",
        "encrypted: got 'yes': give bool",
        "disk.size_gb: got 'x': give int",
    ]


def test_what_was_refused_below_is_not_refused_again_above() -> None:
    assert found(server(spare=Disk(size_gb=1))) == ["spare.size_gb: 1 GB is too small: choose 20 or more"]


@inputs
class Rack:
    disk: Disk

    def rules(self) -> Iterator[Problem]:
        if 20 // (self.disk.size_gb - 1):
            yield Problem("disk", "is uneven", "choose another")


def test_a_rule_may_stumble_over_what_was_refused_below_and_over_nothing_else() -> None:
    assert found(Rack(disk=Disk(size_gb=1))) == ["disk.size_gb: 1 GB is too small: choose 20 or more"]

    @inputs
    class Broken:
        disk: Disk

        def rules(self) -> Iterator[Problem]:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        found(Broken(disk=Disk(size_gb=50)))


def test_a_path_continues_the_one_that_was_given() -> None:
    with pytest.raises(InvalidInput, match=r"^servers\.web\.disk\.size_gb: "):
        validate(server(disk=Disk(size_gb=1)), "servers.web")


def test_right_inputs_pass() -> None:
    validate(server(spare=Disk(size_gb=50), zones=("a", "b"), mounts={"/": Disk(size_gb=20)}))


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ({"size_gbb": 1}, "Disk: has no input 'size_gbb': use size_gb"),
        ({"colour": 1}, "Disk: has no input 'colour': use size_gb, kind"),
        ({}, "Disk: the input 'size_gb' is missing: add it"),
    ],
)
def test_a_misspelled_or_missing_name_is_answered_with_the_right_one(arguments: dict[str, Any], line: str) -> None:
    with pytest.raises(InvalidInput) as error:
        Disk(**arguments)
    assert str(error.value) == line


def test_inputs_are_given_by_name() -> None:
    with pytest.raises(InvalidInput, match="Disk: takes its inputs by name"):
        Disk(50)  # type: ignore[call-arg]


def test_inputs_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Disk(size_gb=50).size_gb = 60  # type: ignore[misc]


@pytest.mark.parametrize(
    "value",
    ["x" * 1000, "\ud800", "\n", 10**5000, ("a",) * 100, {"k": 10**5000}],
    ids=["long", "surrogate", "line feed", "huge number", "tuple", "huge number in a dict"],
)
def test_any_value_is_shown_on_one_short_line(value: object) -> None:
    shown = show(value)
    assert len(shown) <= 60
    assert shown.isascii()
    assert shown.isprintable()


def test_example_values_are_found_wherever_they_are() -> None:
    tree = server(name=Example("web"), zones=("a", Example("b")), mounts={"/": Disk(size_gb=20)})
    assert list(examples(tree)) == ["name", "zones[1]"]
