"""The comment: what it says, what it escapes, and what it never leaves out."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from cli.review.gate import Refusal
from cli.review.page import markdown
from cli.review.page.markdown import LIMIT, render
from cli.review.planning.planned_unit import PlannedUnit
from tests.cli.review.page.pages import change, page, planned
from tests.support import Json


def length(text: str) -> int:
    """As GitHub counts."""
    return len(text.encode("utf-16-le")) // 2


def test_a_replacement_is_told_with_what_forces_it() -> None:
    subnet = change(
        "aws_subnet.a",
        "delete",
        "create",
        before={"cidr_block": "10.0.0.0/20", "id": "subnet-1"},
        after={"cidr_block": "10.0.16.0/20"},
        after_unknown={"id": True},
        replace_paths=[["cidr_block"]],
    )
    text = render(page(planned(subnet)))
    assert "- **replace** `aws_subnet.a`, forced by `cidr_block`" in text
    assert '`cidr_block`: `"10.0.0.0/20"` → `"10.0.16.0/20"` **forces replacement**' in text


def test_the_table_counts_each_unit_and_all_of_them() -> None:
    one = planned(change("a.x", "create", after={}), change("a.y", "delete"), name="prod-a")
    other = planned(change("a.z", "update", before={"b": 1}, after={"b": 2}), name="prod-b")
    text = render(page(one, other))
    assert "| `prod-a` | 1 | - | - | 1 | - | - |" in text
    assert "| `prod-b` | - | 1 | - | - | - | - |" in text
    assert "| total | 1 | 1 | - | 1 | - | - |" in text


@pytest.mark.parametrize(
    ("actions", "more", "said"),
    [
        (
            ("delete",),
            {"action_reason": "delete_because_no_resource_config"},
            "because it is no longer in the configuration",
        ),
        (("no-op",), {"previous_address": "a.old"}, "**move** `a.x`, moved from `a.old`"),
        (("forget",), {}, "**forget** `a.x`"),
        (("no-op",), {"importing": {"id": "i"}}, "**import** `a.x`, imported from `i`"),
        (("update",), {"importing": {"id": "i"}}, "**change** `a.x`, imported from `i`"),
        (("delete",), {"deposed": "0123abcd"}, "`a.x (deposed 0123abcd)`, because a replacement left it behind"),
    ],
)
def test_every_kind_of_change_is_told(actions: tuple[str, ...], more: dict[str, object], said: str) -> None:
    assert said in render(page(planned(change("a.x", *actions, before={"b": 1}, after={"b": 1}, **more))))


def test_what_is_imported_and_changed_counts_as_both() -> None:
    taken = [
        change("a.x", "update", before={"b": 1}, after={"b": 2}, importing={"id": "i"}),
        change("a.y", "no-op", before={}, after={}, importing={"id": "j"}),
    ]
    assert "0 to add, 1 to change, 0 to replace, 0 to destroy, 2 to import" in render(page(planned(*taken)))


def test_what_an_offline_plan_adds_and_will_be_imported_is_said() -> None:
    unit = planned(change("a.x", "create", after={}), change("a.y", "create", after={}))
    assert unit.plan
    known = replace(unit.plan, configuration={"import": [{"to": "a.x", "id": "i"}, {"to": "a.z", "id": "j"}]})
    text = render(page(replace(unit, plan=known)))
    assert "_Shown as added, because an offline plan imports nothing:_ `a.x`\n" in text
    assert "imports nothing" not in render(page(unit))


RESIZED = change("a.x", "update", before={"size": 1, "name": "n"}, after={"size": 2, "name": "n"})


@pytest.mark.parametrize(
    "unit",
    [
        planned(change("a.x", "update", before={"size": 2}, after={"size": 1}), resource_drift=[RESIZED]),
        planned(
            change("a.x", "no-op"),
            resource_drift=[RESIZED],
            relevant_attributes=[{"resource": "a.x", "attribute": ["size"]}],
        ),
    ],
)
def test_what_was_changed_outside_of_terraform_and_matters_is_told(unit: PlannedUnit) -> None:
    text = render(page(unit))
    assert "1 changed outside of Terraform" in text
    assert "`size`: `1` → `2`" in text


def test_what_is_gone_is_told_whatever_becomes_of_it() -> None:
    gone = change("a.x", "delete", before={"size": 1})
    assert "1 changed outside of Terraform" in render(page(planned(resource_drift=[gone])))


@pytest.mark.parametrize(
    "relevant", [[], [{"resource": "a.x", "attribute": ["name"]}], [{"resource": "a.x", "attribute": []}]]
)
def test_what_a_provider_reads_back_and_nothing_depends_on_is_not(relevant: list[Json]) -> None:
    unit = planned(change("a.x", "no-op"), resource_drift=[RESIZED], relevant_attributes=relevant)
    assert "changed outside" not in render(page(unit))


HOSTILE = "`` ` | <img src=x> @everyone [link](http://x) **bold** <!-- --> #1 ```\n</details> $a$"


def test_nothing_that_a_value_holds_is_markdown() -> None:
    resource = change(f'a.x["{HOSTILE}"]', "update", before={HOSTILE: HOSTILE}, after={HOSTILE: HOSTILE + "2"})
    refusal = Refusal(unit="prod-network", address=f'a.x["{HOSTILE}"]', rule="r", message=HOSTILE)
    text = render(page(planned(resource, name=HOSTILE), refusals=[refusal]))
    shown = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(text)
    children = [child for token in shown for child in token.children or []]
    assert {"image", "link_open", "strikethrough_open"}.isdisjoint(child.type for child in children)
    assert not [child for child in children if child.type == "html_inline" and "img" in child.content]
    plain = "".join(child.content for child in children if child.type == "text")
    assert "@everyone" not in plain
    assert "link" not in plain


def test_a_pipe_does_not_break_the_table() -> None:
    text = render(page(planned(change("a.x", "create", after={}), name="prod|x")))
    (table,) = [token for token in MarkdownIt("gfm-like", {"linkify": False}).parse(text) if token.type == "table_open"]
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert table
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {8}


def test_a_comment_is_found_again_by_its_marker() -> None:
    assert render(page(planned())).startswith(markdown.marker("prod"))
    assert markdown.marker("prod") != markdown.marker("dev")
    assert markdown.marker("x --> <b>").count("-->") == 1


def grave(count: int) -> list[str]:
    """Addresses as long as they are in practice."""
    return [
        f'aws_security_group_rule.load_balancer_ingress_{index:04d}["10.0.{index % 256}.0/24"]'
        for index in range(count)
    ]


@pytest.mark.thorough
def test_thousands_of_changes_fit_and_nothing_grave_is_left_out() -> None:
    destroyed, replaced = grave(400)[:200], grave(400)[200:]
    long = {"before": {"a": "b" * 300}, "after": {"a": "c" * 300}}
    changes = [
        *(change(address, "delete", **long) for address in destroyed),
        *(change(address, "delete", "create", replace_paths=[["a"]], **long) for address in replaced),
        *(change(f"aws_subnet.updated_{index}", "update", **long) for index in range(3000)),
        *(change(f"aws_subnet.added_{index}", "create", after=long["after"]) for index in range(3000)),
    ]
    text = render(page(planned(*changes)))
    assert length(text) <= LIMIT
    assert [address for address in (*destroyed, *replaced) if address not in text] == []
    assert "3,000 to **add**" in text
    assert "Shortened to fit" in text


def test_grave_changes_alone_are_packed_until_they_fit() -> None:
    names = [f"subnet_{index:04d}" for index in range(4000)]
    text = render(page(planned(*(change(f"aws_subnet.{name}", "delete") for name in names))))
    assert length(text) <= LIMIT
    assert [name for name in names if name not in text] == []


def test_more_names_than_fit_are_counted_and_the_cut_is_said() -> None:
    text = render(page(planned(*(change(f"aws_subnet.{'x' * 60}{index}", "delete") for index in range(5000)))))
    assert length(text) <= LIMIT
    assert "**0 to add, 0 to change, 0 to replace, 5,000 to destroy**" in text
    assert "`aws_subnet` 5,000" in text
    assert "cut here" in text


def test_a_small_page_leaves_nothing_out() -> None:
    text = render(page(planned(change("a.x", "create", after={"size": 1, "name": "x"}))))
    assert "Shortened" not in text
    assert "`size`: `1`" in text


@pytest.mark.parametrize("limit", [3_000, 6_000, 12_000, 24_000, 48_000])
def test_every_limit_is_held(limit: int) -> None:
    wide = {"before": {"a": "😀" * 80}, "after": {"a": "c"}}
    destroyed = [f"aws_subnet.destroyed_{index}" for index in range(50)]
    changes = [change(f"aws_subnet.updated_{index}", "update", **wide) for index in range(80)]
    changes += [change(address, "delete") for address in destroyed]
    refusals = [Refusal(unit="prod-network", address=each, rule="data/lost", message="m" * 200) for each in destroyed]
    text = render(page(planned(*changes), refusals=refusals), limit)
    assert length(text) <= limit
    assert [address for address in destroyed if address.removeprefix("aws_subnet.") not in text] == []
