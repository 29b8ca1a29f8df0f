"""Whatever is wrong with a file of an environment becomes one line that names the file."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from modules.network.inputs import TIERS
from stacks.config.loader import WrongEnvironment, load, names
from tests.environments import DIRECTORY, ENVIRONMENTS

HEAD = "from dataclasses import replace\nfrom tests.support import environment\n"


def write(directory: Path, text: str | bytes, name: str = "prod") -> Path:
    file = directory / f"{name}.py"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def line_for(directory: Path, text: str | bytes) -> str:
    """The line for a wrong prod.py, from the file's name on."""
    write(directory, text)
    with pytest.raises(WrongEnvironment) as error:
        load(["prod"], directory)
    return str(error.value).removeprefix(f"{directory}/")


def test_an_environment_is_what_its_file_assigns(tmp_path: Path) -> None:
    file = write(tmp_path, HEAD + 'ENVIRONMENT = environment(name="prod")')
    loaded = load(["prod"], tmp_path)
    assert list(loaded) == [str(file)]
    assert loaded[str(file)].name == "prod"


def test_all_load_in_their_order_and_are_named_by_their_path_in_this_project() -> None:
    assert list(load(directory=DIRECTORY)) == [f"tests/environments/{name}.py" for name in ENVIRONMENTS]


def test_the_names_are_those_that_the_package_lists_in_its_order(tmp_path: Path) -> None:
    write(tmp_path, 'ENVIRONMENTS = ("prod", "eu-prod")', "__init__")
    assert names(tmp_path) == ("prod", "eu-prod")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "there is no ENVIRONMENTS: write ENVIRONMENTS = ("),
        ("ENVIRONMENTS = ()", "ENVIRONMENTS is not a tuple of names: write ENVIRONMENTS = ("),
        ('ENVIRONMENTS = ("dev")', "ENVIRONMENTS is not a tuple of names: write ENVIRONMENTS = ("),
        ("ENVIRONMENTS = (1, 2)", "ENVIRONMENTS is not a tuple of names: write ENVIRONMENTS = ("),
        ('ENVIRONMENTS = ("dev", "dev")', "ENVIRONMENTS: 'dev' is listed twice: list it once"),
    ],
)
def test_a_wrong_list_is_told_in_one_line(tmp_path: Path, text: str, line: str) -> None:
    write(tmp_path, text, "__init__")
    with pytest.raises(WrongEnvironment) as error:
        load(directory=tmp_path)
    assert str(error.value).startswith(f"{tmp_path}/__init__.py: {line}")
    assert "\n" not in str(error.value)


def test_a_directory_without_a_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongEnvironment, match=r"__init__\.py: cannot be read: No such file or directory: write the"):
        names(tmp_path)


def test_a_broken_rule_is_told_by_the_file_the_full_path_and_what_to_do(tmp_path: Path) -> None:
    wrong = (
        'NETWORK = replace(environment().network, zones=())\nENVIRONMENT = environment(name="prod", network=NETWORK)'
    )
    assert line_for(tmp_path, HEAD + wrong) == "prod.py: network.zones: got 0 zones: name two or three"


def test_all_problems_of_all_environments_are_reported_at_once(tmp_path: Path) -> None:
    for name, owner in (("dev", "?"), ("prod", "!")):
        wrong = f"region='us-gov-west-1', owner={owner!r}, name={name!r}, tags={{'Name': 'x'}}"
        write(tmp_path, HEAD + f"ENVIRONMENT = environment({wrong})", name)
    write(tmp_path, "x +", "staging")
    with pytest.raises(WrongEnvironment) as error:
        load(["dev", "staging", "prod"], tmp_path)
    lines = [line.removeprefix(f"{tmp_path}/") for line in str(error.value).splitlines()]
    assert [line.split(":")[0] for line in lines] == ["dev.py"] * 5 + ["staging.py"] + ["prod.py"] * 7
    assert [line.split(": ")[1] for line in lines[-2:]] == ["network", "cloudflare_dns.record_name"]
    assert lines[5] == "staging.py:1: invalid syntax (SyntaxError): correct this line"
    assert {line.split(": ")[1] for line in lines if line.startswith("dev")} == {
        "region",
        "network.zones",
        "owner",
        "tags['Name']",
    }


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("x = 1\nx +", "prod.py:2: invalid syntax (SyntaxError): correct this line"),
        ("if True:\nx = 1", "prod.py:2: expected an indented block after 'if' statement on line 1 (IndentationError)"),
        ("\n\nENVIRONMENT = Enviroment()", "prod.py:3: name 'Enviroment' is not defined (NameError)"),
        ("import nothing_of_that_name", "prod.py:1: No module named 'nothing_of_that_name' (ModuleNotFoundError)"),
        ("from stacks.config.schema import Nothing", "prod.py:1: cannot import name 'Nothing'"),
        ("\n1 + ''", "prod.py:2: unsupported operand type(s) for +: 'int' and 'str' (TypeError)"),
        ("{}['x']", "prod.py:1: 'x' (KeyError): correct this line"),
        ("raise RuntimeError", "prod.py:1: RuntimeError: correct this line"),
        ("def f():\n  f()\nf()", "prod.py:2: maximum recursion depth exceeded (RecursionError)"),
        ("import sys\nsys.exit(3)", "prod.py:2: 3 (SystemExit): correct this line"),
        ("raise SystemExit", "prod.py:1: SystemExit: correct this line"),
        ("raise GeneratorExit", "prod.py:1: GeneratorExit: correct this line"),
        (b"x = '\xff'", "prod.py:1: (unicode error) 'utf-8' codec can't decode byte 0xff"),
        (b"x = 1\x00", "prod.py: source code string cannot contain null bytes"),
        ("# coding: klingon", "prod.py: "),
        ("", "prod.py: there is no ENVIRONMENT: write ENVIRONMENT = Environment(...)"),
        ("ENVIRONMENT = {}", "prod.py: ENVIRONMENT is no Environment: write ENVIRONMENT = Environment(...)"),
        (
            "from stacks.config.schema import Environment\nENVIRONMENT = Environment",
            "prod.py: ENVIRONMENT is no Environment",
        ),
        (
            "from stacks.config.schema import Environment\n\nENVIRONMENT = Environment(nam='prod')",
            "prod.py:3: Environment: has no input 'nam': use name",
        ),
        (
            HEAD + "ENVIRONMENT = environment(name='dev')",
            "prod.py: name: 'dev' is not the name of the file: write name=",
        ),
        (HEAD + "ENVIRONMENT = environment(name=3)", "prod.py: name: got 3: give str"),
    ],
)
def test_whatever_is_wrong_is_told_in_one_line_with_the_place(tmp_path: Path, text: str | bytes, line: str) -> None:
    found = line_for(tmp_path, text)
    assert found.startswith(line)
    assert "\n" not in found


def test_an_error_in_what_a_file_imports_is_placed_in_the_file(tmp_path: Path) -> None:
    assert line_for(tmp_path, "import json\n\njson.loads('')").startswith("prod.py:3: Expecting value")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongEnvironment, match=r"prod\.py: cannot be read: No such file or directory: write the file"):
        load(["prod"], tmp_path)


def test_a_directory_in_place_of_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "prod.py").mkdir()
    with pytest.raises(WrongEnvironment, match=r"prod\.py: cannot be read: Is a directory"):
        load(["prod"], tmp_path)


def test_a_rule_between_environments_names_the_file_that_breaks_it(tmp_path: Path) -> None:
    for name in ("dev", "prod"):
        write(tmp_path, HEAD + f"ENVIRONMENT = environment(name={name!r})", name)
    with pytest.raises(WrongEnvironment, match=r"prod\.py: network: 10.0.0.0/16 overlaps 10.0.0.0/16 of dev"):
        load(["dev", "prod"], tmp_path)


def test_only_the_environments_that_are_asked_for_are_loaded_and_must_be_right(tmp_path: Path) -> None:
    write(tmp_path, 'ENVIRONMENTS = ("dev", "prod")', "__init__")
    write(tmp_path, "this is no Python", "dev")
    write(tmp_path, HEAD + 'ENVIRONMENT = environment(name="prod")')
    assert [each.name for each in load(["prod"], tmp_path).values()] == ["prod"]


def test_an_environment_is_refused_beside_one_that_was_not_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = "from modules.network.inputs import NetworkInputs\nzones = 'us-east-1a', 'us-east-1b'\n"
    dns = "dns = replace(environment().cloudflare_dns, record_name='dev')\n"
    own = "network=NetworkInputs(cidr='10.1.0.0/16', zones=zones), cloudflare_dns=dns, project='shop', name='dev'"
    write(
        tmp_path,
        f"print('dev')\n{HEAD}{network}{dns}ENVIRONMENT = environment({own})",
        "dev",
    )
    write(tmp_path, 'ENVIRONMENTS = ("dev", "prod")', "__init__")
    write(tmp_path, HEAD + 'ENVIRONMENT = environment(project="shop-dev", name="prod")')
    with pytest.raises(
        WrongEnvironment, match=r"prod\.py: name: shop-dev-prod-\* of prod is part of shop-dev-\* of dev"
    ):
        load(["prod"], tmp_path)
    assert capsys.readouterr() == ("", "")


def test_names_meet_even_where_the_other_file_breaks_a_rule_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, 'ENVIRONMENTS = ("dev", "prod")', "__init__")
    write(tmp_path, HEAD + "ENVIRONMENT = environment(project='shop', name='dev', owner='?', network=1)", "dev")
    write(tmp_path, HEAD + 'ENVIRONMENT = environment(project="shop-dev", name="prod")')
    with pytest.raises(WrongEnvironment) as error:
        load(["prod"], tmp_path)
    (line,) = str(error.value).splitlines()
    assert "prod.py: name: shop-dev-prod-* of prod is part of shop-dev-* of dev" in line


def test_what_is_wrong_between_two_others_is_theirs(tmp_path: Path) -> None:
    write(tmp_path, 'ENVIRONMENTS = ("dev", "staging", "prod")', "__init__")
    for name in ("dev", "staging"):
        write(tmp_path, HEAD + f"ENVIRONMENT = environment(name={name!r})", name)
    dns = "dns = replace(environment().cloudflare_dns, record_name='www')\n"
    network = "network=NetworkInputs(cidr='10.1.0.0/16', zones=('us-east-1a', 'us-east-1b'))"
    imports = "from modules.network.inputs import NetworkInputs\n"
    write(tmp_path, f"{imports}{HEAD}{dns}ENVIRONMENT = environment(name='prod', cloudflare_dns=dns, {network})")
    assert len(load(["prod"], tmp_path)) == 1
    with pytest.raises(WrongEnvironment, match="overlaps"):
        load(["staging"], tmp_path)


@pytest.mark.parametrize(
    ("host", "listed", "lines"),
    [
        (
            "aaa",
            ("dev", "prod"),
            [": network.made_by: there is no environment 'aaa': name the one that makes the VPC, or remove it"],
        ),
        (
            "prod",
            ("dev", "prod"),
            [": network.made_by: prod is this environment itself: name the one that makes the VPC, or remove it"],
        ),
        ("broken", ("dev", "broken", "prod"), []),
        ("aaa", (), []),
    ],
)
def test_a_vpc_is_made_by_an_environment_there_is(
    tmp_path: Path, host: str, listed: tuple[str, ...], lines: list[str]
) -> None:
    write(tmp_path, f"ENVIRONMENTS = {listed}", "__init__")
    write(tmp_path, "this is no Python", "broken")
    write(tmp_path, HEAD + "ENVIRONMENT = environment(name='dev')", "dev")
    head = f"{HEAD}from modules.network.inputs import ExistingNetworkInputs\n"
    dns = "cloudflare_dns=replace(environment().cloudflare_dns, record_name='www')"
    tiers = ", ".join(f"{tier}_subnet_ids=('subnet-{n}1234567', 'subnet-{n}7654321')" for n, tier in enumerate(TIERS))
    network = f"ExistingNetworkInputs(vpc_id='vpc-12345678', vpc_cidr='10.0.0.0/16', made_by={host!r}, {tiers})"
    write(tmp_path, f"{head}ENVIRONMENT = environment(name='prod', {dns}, network={network})")
    found = []
    try:
        load(["prod"], tmp_path)
    except WrongEnvironment as error:
        found = str(error).splitlines()
    assert [line.partition("prod.py")[2] for line in found] == lines


def test_a_file_may_print_but_leaves_stderr_to_the_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    noise = "import sys, warnings\nprint('one')\nprint('two', file=sys.stderr)\nwarnings.warn('three')\n'\\d'\n"
    write(tmp_path, noise + HEAD + 'ENVIRONMENT = environment(name="prod")')
    load(["prod"], tmp_path)
    assert capsys.readouterr() == ("one\ntwo\n", "")


def test_ctrl_c_is_no_error_of_the_file(tmp_path: Path) -> None:
    write(tmp_path, "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        load(["prod"], tmp_path)


def test_a_wrong_name_is_reported_beside_whatever_else_is_wrong(tmp_path: Path) -> None:
    write(tmp_path, HEAD + "ENVIRONMENT = environment(name='prd', owner='')")
    with pytest.raises(WrongEnvironment) as error:
        load(["prod"], tmp_path)
    assert sorted(line.split(": ")[1] for line in str(error.value).splitlines()) == ["name", "owner"]


def test_an_environment_that_is_copied_from_another_file_is_told_once(tmp_path: Path) -> None:
    write(tmp_path, 'ENVIRONMENTS = ("staging", "prod")', "__init__")
    write(tmp_path, HEAD + 'ENVIRONMENT = environment(name="prod")')
    write(tmp_path, "from .prod import ENVIRONMENT", "staging")
    with pytest.raises(WrongEnvironment) as error:
        load(directory=tmp_path)
    (line,) = str(error.value).splitlines()
    assert line == f"{tmp_path}/staging.py: name: 'prod' is not the name of the file: write name='staging'"
    assert len(load(["prod"], tmp_path)) == 1


def test_a_copy_under_a_wrong_name_is_compared_with_the_others_if_anything_else_differs(tmp_path: Path) -> None:
    write(tmp_path, 'ENVIRONMENTS = ("staging", "prod")', "__init__")
    write(tmp_path, HEAD + 'ENVIRONMENT = environment(name="prod")')
    write(tmp_path, HEAD + 'ENVIRONMENT = environment(name="prod", owner="shop-team")', "staging")
    with pytest.raises(WrongEnvironment) as error:
        load(directory=tmp_path)
    assert len(str(error.value).splitlines()) > 1


SHARED = "from stacks.config import vary\nfrom tests.support import environment\n"


def test_what_environments_share_is_in_a_file_that_is_no_environment(tmp_path: Path) -> None:
    write(tmp_path, 'ENVIRONMENTS = ("dev", "prod")', "__init__")
    write(tmp_path, SHARED + 'BASE = environment(owner="shop-team", protected=False)', "common")
    write(tmp_path, "from .common import BASE, vary\nCIDR = '10.1.0.0/16'", "_networks")
    write(tmp_path, "from .common import BASE, vary\nENVIRONMENT = vary(BASE, name='prod', region='us-east-1')")
    dev = "name='dev', network__cidr=CIDR, cloudflare_dns__record_name='dev'"
    write(tmp_path, f"from ._networks import *\nENVIRONMENT = vary(BASE, {dev})", "dev")
    dev_made, prod_made = load(directory=tmp_path).values()
    assert names(tmp_path) == ("dev", "prod")
    assert (dev_made.name, dev_made.owner, dev_made.network.cidr) == ("dev", "shop-team", "10.1.0.0/16")  # type: ignore[union-attr]
    assert (prod_made.name, prod_made.owner) == ("prod", "shop-team")


def test_one_environment_may_be_like_another(tmp_path: Path) -> None:
    write(tmp_path, HEAD + 'ENVIRONMENT = environment(name="prod", owner="shop-team")')
    other = "name='qa', network__cidr='10.1.0.0/16', cloudflare_dns__record_name='qa'"
    write(
        tmp_path, f"from stacks.config import vary\nfrom .prod import *\nENVIRONMENT = vary(ENVIRONMENT, {other})", "qa"
    )
    assert [each.owner for each in load(["prod", "qa"], tmp_path).values()] == ["shop-team"] * 2


def test_files_of_two_directories_share_nothing_and_neither_stays_imported(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, f"OWNER = {name!r}", "common")
        write(tmp_path / name, f"{HEAD}from .common import OWNER\nENVIRONMENT = environment(name='prod', owner=OWNER)")
    before = {*sys.modules}
    for name in ("one", "two"):
        assert [each.owner for each in load(["prod"], tmp_path / name).values()] == [name]
    assert not {name for name in {*sys.modules} - before if "common" in name}


@pytest.mark.parametrize(
    ("shared", "line"),
    [
        ("\nx = Enviroment()", "common.py:2: name 'Enviroment' is not defined (NameError): correct this line"),
        ("x = 1\nx +", "common.py:2: invalid syntax (SyntaxError): correct this line"),
        (SHARED + "BASE = vary(environment(), nam='x')", "common.py:3: Environment: has no input 'nam': use name"),
    ],
)
def test_what_is_wrong_with_a_shared_file_is_placed_there(tmp_path: Path, shared: str, line: str) -> None:
    write(tmp_path, shared, "common")
    assert line_for(tmp_path, "from .common import *") == line


def test_a_shared_file_that_is_missing_is_placed_where_it_is_wanted(tmp_path: Path) -> None:
    assert line_for(tmp_path, "from .common import *").startswith("prod.py:1: No module named '.common'")


def test_a_shared_file_is_no_environment_and_says_so_where_it_is_listed(tmp_path: Path) -> None:
    write(tmp_path, 'ENVIRONMENTS = ("common",)', "__init__")
    write(tmp_path, "BASE = 1", "common")
    with pytest.raises(WrongEnvironment, match=r"common\.py: there is no ENVIRONMENT: write ENVIRONMENT = Environment"):
        load(directory=tmp_path)
