"""An environment's file is changed where it must be, and stays as somebody wrote it everywhere else."""

from __future__ import annotations

import pytest

from cli.configuration.source import Source
from stacks.failure import Failure

TEXT = '''\
"""Größe: klein."""  # «é»

from stacks.config import Environment, Example, NetworkInputs

BLOCK = "10.0.0.0/16"  # ours

ENVIRONMENT = Environment(
    name="dev", project="ö",
    account_id=Example("1"),  # mine
    network=NetworkInputs(cidr=BLOCK, zones=("a",)),  # small
    tags={"a": "dev"},
)
'''


def changed(path: str, code: str) -> str:
    source = Source(TEXT, "dev.py")
    source.set(path, code)
    return source.text


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("name", '"dev", p', '"qa", p'),
        ("project", '"ö"', '"qa"'),
        ("account_id", 'Example("1")', '"qa"'),
        ("network.zones", '("a",)', '"qa"'),
        ("network.cidr", 'BLOCK = "10.0.0.0/16"', 'BLOCK = "qa"'),
    ],
)
def test_a_value_is_replaced_where_it_is_written(path: str, old: str, new: str) -> None:
    assert changed(path, '"qa"') == TEXT.replace(old, new)


def test_a_new_argument_is_laid_out_as_the_others_are() -> None:
    assert changed("network.nat", '"none"') == TEXT.replace('("a",))', '("a",), nat="none")')
    assert changed("region", '"x"') == TEXT.removesuffix(")\n") + '    region="x",\n)\n'


def test_a_call_that_becomes_too_long_gets_a_line_for_each_argument() -> None:
    source = Source(TEXT.replace("  # small", ""), "dev.py")
    endpoints = f"({', '.join(['1234567890'] * 8)})"
    source.set("network.interface_endpoints", endpoints)
    arguments = ("cidr=BLOCK", 'zones=("a",)', f"interface_endpoints={endpoints}")
    lines = "".join(f"        {argument},\n" for argument in arguments)
    assert f"    network=NetworkInputs(\n{lines}    ),\n" in source.text


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("account_id", '    account_id=Example("1"),  # mine\n', ""),
        ("network.zones", ', zones=("a",)', ""),
        ("network.cidr", "cidr=BLOCK, ", ""),
        ("name", '    name="dev", project', "    project"),
        ("region", "nothing", "nothing"),
    ],
)
def test_an_argument_is_left_out_with_its_comment(path: str, old: str, new: str) -> None:
    source = Source(TEXT, "dev.py")
    source.remove(path, "None")
    assert source.text == TEXT.replace(old, new)


def test_an_argument_of_several_lines_is_the_last_of_a_call_on_one_line() -> None:
    source = Source('ENVIRONMENT = vary(BASE, name="dev")\n', "dev.py")
    source.exchange("cloudflare_dns", "dns", "NoDnsInputs(\n        a=1,\n    )")
    source.set("network.cidr", f'"{"1" * 100}"')
    assert source.text == (
        'ENVIRONMENT = vary(\n    BASE,\n    name="dev",\n    cloudflare_dns=None,\n'
        f'    dns=NoDnsInputs(\n        a=1,\n    ),\n    network__cidr="{"1" * 100}",\n)\n'
    )


def test_an_argument_of_several_lines_takes_the_place_of_another_on_one_line() -> None:
    source = Source('ENVIRONMENT = vary(BASE, dns=NoDnsInputs(), name="dev")\n', "dev.py")
    source.exchange("dns", "dns", "X(\n        a=1,\n    )")
    assert source.text == 'ENVIRONMENT = vary(\n    BASE,\n    dns=X(\n        a=1,\n    ),\n    name="dev",\n)\n'


def test_a_long_line_of_a_call_that_begins_above_is_laid_out_too_unless_a_comment_would_go() -> None:
    text = 'ENVIRONMENT = vary(BASE, dns=NoDnsInputs(\n    a=1,\n), name="dev")\n'
    for comment in ("", "  # ours"):
        source = Source(text.replace("vary(BASE, ", f"vary(BASE,{comment}\n"), "dev.py")
        source.set("region", f'"{"1" * 100}"')
        assert source.text.endswith(f'\n), name="dev", region="{"1" * 100}")\n') == bool(comment)
        assert (f'\n    name="dev",\n    region="{"1" * 100}",\n)\n' in source.text) != bool(comment)


VARIED = """\
from stacks.config import vary

from .common import BASE

ENVIRONMENT = vary(
    BASE,
    name="qa",
    network__cidr="10.0.0.0/16",
    bootstrap__github=GithubOidcInputs(repository="acme/shop"),
    redis=vary(REDIS, cache__nodes=1),
)
"""


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("network.cidr", 'network__cidr="10.0.0.0/16"', "network__cidr=1"),
        ("bootstrap.github.repository", 'repository="acme/shop"', "repository=1"),
        ("bootstrap.github.branch", '"acme/shop")', '"acme/shop", branch=1)'),
        ("redis.cache.nodes", "nodes=1", "nodes=1"),
        ("redis.cache.node_type", "nodes=1)", "nodes=1, cache__node_type=1)"),
        ("state.bucket", "nodes=1),\n", "nodes=1),\n    state__bucket=1,\n"),
        ("project", "nodes=1),\n", "nodes=1),\n    project=1,\n"),
    ],
)
def test_a_variation_of_another_environment_is_given_what_it_does_not_say(path: str, old: str, new: str) -> None:
    source = Source(VARIED, "qa.py")
    source.set(path, "1")
    assert source.text == VARIED.replace(old, new)


def test_what_a_variation_takes_from_another_is_left_out_by_a_value() -> None:
    source = Source(VARIED, "qa.py")
    source.remove("cloudflare_dns.cache_rule", "None")
    source.remove("network.cidr", "None")
    source.remove("bootstrap.github.branch", "None")
    assert source.text == VARIED.replace('cidr="10.0.0.0/16"', "cidr=None").replace(
        "nodes=1),\n", "nodes=1),\n    cloudflare_dns__cache_rule=None,\n"
    )


def test_strings_are_changed_as_they_are_written() -> None:
    source = Source(TEXT, "dev.py")
    assert source.rewrite(lambda code: code.replace("dev", "qa"), "tags", "region")
    assert source.text == TEXT.replace('"a": "dev"', '"a": "qa"')
    assert not source.rewrite(lambda code: code.replace("dev", "qa"), "tags")


def test_imports_are_what_is_used() -> None:
    source = Source(TEXT, "dev.py")
    source.set("account_id", '"1"')
    source.set("bootstrap", "BootstrapInputs()")
    source.tidy()
    imported = "from stacks.config import BootstrapInputs, Environment, NetworkInputs\n"
    assert source.text.splitlines(keepends=True)[2] == imported


def test_a_file_that_is_not_one_is_named_with_its_line() -> None:
    with pytest.raises(Failure, match=r"^dev\.py:2: '\(' was never closed: correct this line$"):
        Source("\nENVIRONMENT = Environment(\n", "dev.py")
    with pytest.raises(Failure, match=r"^dev\.py: there is no ENVIRONMENT = Environment\(\.\.\.\): write one$"):
        Source("ENVIRONMENT = BASE\n", "dev.py")
