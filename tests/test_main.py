"""The command line: what it writes, that it is the same everywhere, and one line for whatever is wrong."""

from __future__ import annotations

import filecmp
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from unittest.mock import Mock

import pytest

from modules.validation import InvalidInput
from stacks.config import loader
from stacks.synthesis import command as main
from tests.environments import DIRECTORY, ENVIRONMENTS
from tests.support import PATIENCE_SECONDS

PROJECT = Path(__file__).parents[1]
PACKAGES = ("modules", "stacks", "lazy_providers", "cli")

# Runs main.py and tells at the end which modules of providers it has imported.
COUNTING = """
import sys, main
code = main.main(sys.argv[1:])
provided = [name for name in sys.modules if name.startswith("cdktf_cdktf_provider_")]
print("imported", *(name for name in provided if not name.endswith("._private")))  # the same module again
sys.exit(code)
"""


MAIN = (str(PROJECT / "main.py"),)
CONFIG = ("--config", str(DIRECTORY))


def run(*arguments: str, cwd: Path, command: tuple[str, ...] = MAIN, **variables: str) -> str:
    """The output of a run that says nothing on stderr, as a user starts it."""
    running = start(*command, *CONFIG, *arguments, cwd=cwd, variables=variables)
    out, err = running.communicate(timeout=PATIENCE_SECONDS)
    assert (running.returncode, err) == (0, "")
    return out


def start(*command: str, cwd: Path, variables: Mapping[str, str]) -> subprocess.Popen[str]:
    inherited = {name: os.environ[name] for name in ("HOME", "PATH")}
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=cwd,
        env={**inherited, "PYTHONDONTWRITEBYTECODE": "1", **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.fixture(scope="module")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The output of this project, and what was printed."""
    directory = tmp_path_factory.mktemp("first")
    printed = run(cwd=directory, command=("-c", COUNTING), PYTHONPATH=str(PROJECT), TZ="UTC", LANG="C.UTF-8")
    return directory / "cdktf.out", printed


def environments(directory: str, names: list[str]) -> set[str]:
    """The files of stacks/config that are no part of the program, among those of a directory."""
    own = [f"{name}.py" for name in (*loader.names(), "application")] if Path(directory) == loader.DIRECTORY else []
    return {"__pycache__", *own}


def files_below(directory: Path) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file())


@pytest.mark.thorough
class TestTheOutput:
    def test_it_has_every_unit_of_every_environment(self, synthesized: tuple[Path, str]) -> None:
        output, _ = synthesized
        found = {json.loads(file.read_text())["//"]["environment"] for file in output.glob("stacks/*/cdk.tf.json")}
        assert found == set(ENVIRONMENTS)

    def test_it_is_the_same_in_another_directory_locale_time_zone_and_hash_seed_and_without_a_node(
        self, synthesized: tuple[Path, str], tmp_path: Path
    ) -> None:
        output, _ = synthesized
        elsewhere = tmp_path / "ein anderes Verzeichnis, größer"
        elsewhere.mkdir()
        shutil.copy(PROJECT / "main.py", elsewhere)
        for name in PACKAGES:
            shutil.copytree(PROJECT / name, elsewhere / name, ignore=environments)
        different = {"TZ": "Asia/Kathmandu", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "7", "PATH": "", "USER": "x"}
        run("--output", "other", cwd=elsewhere, command=("main.py",), **different)
        assert files_below(elsewhere / "other") == files_below(output)
        match, mismatch, errors = filecmp.cmpfiles(output, elsewhere / "other", files_below(output), shallow=False)
        assert (mismatch, errors) == ([], [])
        assert len(match) > len(ENVIRONMENTS)

    def test_it_holds_no_path_of_this_machine(self, synthesized: tuple[Path, str]) -> None:
        output, _ = synthesized
        for file in files_below(output):
            text = (output / file).read_text("utf-8")
            for place in (PROJECT, Path.home(), output.parent, Path(sys.prefix)):
                assert f"{place}/" not in text, file

    def test_of_thousands_of_modules_of_providers_only_those_that_we_name_were_imported(
        self, synthesized: tuple[Path, str]
    ) -> None:
        _, printed = synthesized
        (imported,) = [line.split()[1:] for line in printed.splitlines() if line.startswith("imported")]
        files = [*(PROJECT / "modules").rglob("*.py"), *(PROJECT / "stacks").rglob("*.py")]
        sources = [file.read_text() for file in files if file.parent != loader.DIRECTORY]
        named = {found for source in sources for found in re.findall(r"cdktf_cdktf_provider_\w+\.\w+", source)}
        assert len(imported) > 10
        assert {each for each in imported if "._jsii" not in each and each.count(".") == 1} <= named

    def test_the_output_of_cdktf_cli_is_where_it_says(self, tmp_path: Path) -> None:
        run("dev", cwd=tmp_path, CDKTF_OUTDIR="given", CDKTF_CONTEXT_JSON='{"cdktfRelativeModules": []}')
        assert os.listdir(tmp_path) == ["given"]

    def test_hcl_that_terraform_would_refuse_is_not_written(self, tmp_path: Path) -> None:
        # What `cdktf synth --hcl` sets.
        running = start(*MAIN, *CONFIG, "dev", cwd=tmp_path, variables={"SYNTH_HCL_OUTPUT": "true"})
        output, errors = running.communicate(timeout=PATIENCE_SECONDS)
        assert output == ""
        assert errors.startswith("main.py: HCL as cdktf writes it loses ephemeral blocks and breaks JSON strings, ")
        assert errors.endswith(": omit --hcl, because Terraform reads the JSON as it is\n")
        assert (running.returncode, os.listdir(tmp_path)) == (1, [])

    def test_a_state_in_a_unit_that_goes_is_kept_and_listed(self, tmp_path: Path) -> None:
        run("prod", cwd=tmp_path)
        unit = tmp_path / "cdktf.out/stacks/prod-network"
        (unit / "errored.tfstate").write_text("the only copy")
        printed = run("dev", cwd=tmp_path)
        assert [path.name for path in unit.iterdir()] == ["errored.tfstate"]
        assert "Kept: errored.tfstate in cdktf.out/stacks/prod-network, which is not a unit of this output" in printed


def row(unit: str, printed: str) -> list[str]:
    """The cells of a unit in the table."""
    rows = ([cell.strip() for cell in re.split("[│|]", line)[1:-1]] for line in printed.splitlines())
    (cells,) = (cells for cells in rows if cells and cells[0] == unit)
    return cells


class TestWhatIsPrinted:
    def test_a_table_names_each_unit_with_its_resources_and_dependencies(self, synthesized: tuple[Path, str]) -> None:
        output, printed = synthesized
        document = json.loads((output / "stacks/prod-postgresql/cdk.tf.json").read_text())
        resources = sum(len(named) for named in document["resource"].values())
        assert row("prod-postgresql", printed) == ["prod-postgresql", str(resources), "network"]
        assert row("prod-network", printed)[2] == "-"

    def test_it_ends_with_the_time_the_examples_and_the_next_command(self, synthesized: tuple[Path, str]) -> None:
        _, printed = synthesized
        time, examples, following = printed.splitlines()[-4:-1]
        assert re.fullmatch(r"\d+ units with \d+ resources in cdktf\.out, in \d+\.\d s", time)
        files = ", ".join(f"tests/environments/{name}.py" for name in ("dev", "staging", "prod"))
        assert examples.startswith(f"Examples to replace by your own values: {files}: account_id, ")
        assert following == "Next: make plan ENV=dev ARGS=--offline"

    @pytest.mark.thorough
    def test_an_instance_class_that_no_price_list_knows_is_a_warning(self, tmp_path: Path) -> None:
        printed = run("eu-prod", cwd=tmp_path).splitlines()
        warnings = [line.partition(", so that")[0] for line in printed if line.startswith("Warning: ")]
        node_type = "tests/environments/eu-prod.py: redis.cache.node_type: cache.m7g.large"
        assert warnings == [f"Warning: {node_type} is in no price list"]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory beside one for wrong environments."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config/__init__.py").write_text('ENVIRONMENTS = ("prod",)')
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.delenv("CDKTF_OUTDIR", raising=False)
    return tmp_path


def one_line(capsys: pytest.CaptureFixture[str], place: Path) -> str:
    """The only line on stderr of a run that touched no file."""
    assert os.listdir(place / "work") == []
    (line,) = capsys.readouterr().err.splitlines()
    return line.replace(f"{place}/", "")


RIGHT = "from tests.support import environment\nENVIRONMENT = environment(name='prod')"


class TestAnotherDirectory:
    def test_its_environments_are_synthesized_in_place_of_ours(self, place: Path) -> None:
        (place / "config/prod.py").write_text(RIGHT)
        assert main.main(["--config", "../config"]) == 0
        assert {name.partition("-")[0] for name in os.listdir(place / "work/cdktf.out/stacks")} == {"prod"}

    def test_records_that_somebody_else_makes_are_printed(
        self, place: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        dns = "cloudflare_dns=None, dns=ExternalDnsInputs(hostname='www.example.com')"
        elsewhere = f"from stacks.config import ExternalDnsInputs\n{RIGHT.replace(')', f', {dns})')}"
        (place / "config/prod.py").write_text(elsewhere)
        assert main.main(["--config", "../config"]) == 0
        records = "www.example.com CNAME (the load balancer's name), _….www.example.com CNAME (as ACM asks)"
        what = "whoever has its DNS makes these records, of which make deploy prints the values"
        assert f"prod: {what}: {records}\n" in capsys.readouterr().out

    def test_one_without_environments_is_named(self, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main.main(["--config", "nowhere"]) == 1
        line = "nowhere/__init__.py: cannot be read: No such file or directory: write the file"
        assert one_line(capsys, place) == line


class TestWrongEnvironments:
    @pytest.mark.parametrize(
        ("text", "line"),
        [
            ("ENVIRONMENT = Environment()", "config/prod.py:1: name 'Environment' is not defined (NameError): correct"),
            ("raise ValueError('a\\nb\\tc\\x1b[31m\\u2028')", "config/prod.py:1: a b c\\x1b[31m (ValueError): correct"),
            ("raise ValueError('x' * 10000)", "config/prod.py:1: xxx"),
            ("import sys; print('noise', file=sys.stderr); sys.exit('text')", "config/prod.py:1: text (SystemExit)"),
        ],
    )
    def test_each_gives_one_line_and_exit_code_1(
        self, place: Path, capsys: pytest.CaptureFixture[str], text: str, line: str
    ) -> None:
        (place / "config/prod.py").write_text(text)
        assert main.main(["prod"], place / "config") == 1
        assert one_line(capsys, place).startswith(line)

    def test_a_wrong_value_is_told_as_the_readme_says(self, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (place / "config/prod.py").write_text(RIGHT.replace("name=", "account_id='1', name="))
        assert main.main(["prod"], place / "config") == 1
        assert one_line(capsys, place) == "config/prod.py: account_id: '1' is no AWS account id: write its 12 digits"

    @pytest.mark.parametrize(
        ("error", "line"),
        [
            (InvalidInput("network.cidr", "is wrong", "mend it"), "config/prod.py: network.cidr: is wrong: mend it"),
            (ValueError("a is both b and c: rename one"), "config/prod.py: a is both b and c: rename one"),
            (
                TypeError("a must be str;\ngot int"),
                "config/prod.py: a must be str; got int (TypeError): correct it, or",
            ),
            (RuntimeError("Passed to b:\n  c"), "config/prod.py: Passed to b: c (RuntimeError): correct it, or"),
        ],
    )
    def test_what_cannot_be_composed_gives_one_line_too(
        self,
        place: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
        error: Exception,
        line: str,
    ) -> None:
        def compose(app: object, environment: object) -> None:
            raise error

        monkeypatch.setattr("stacks.django_backend.compose", compose)
        (place / "config/prod.py").write_text(RIGHT)
        assert main.main(["prod"], place / "config") == 1
        assert one_line(capsys, place).startswith(line)

    def test_what_cdktf_refuses_gives_one_line_too(
        self, place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def compose(app: object, environment: object) -> list[object]:
            from cdktf import Annotations, TerraformStack

            Annotations.of(TerraformStack(app, "unit")).add_error("is not\nallowed")  # type: ignore[arg-type]
            return []

        monkeypatch.setattr("stacks.django_backend.compose", compose)
        (place / "config/prod.py").write_text(RIGHT)
        assert main.main(["prod"], place / "config") == 1
        line = one_line(capsys, place)
        assert line.startswith("main.py: cdktf cannot synthesize: ")
        assert "[unit] is not allowed" in line

    @pytest.mark.parametrize(
        ("name", "line"),
        [
            (
                "absent.of_it",
                "main.py: the package absent is not installed: run `make lock` where Pipfile has changed, ",
            ),
            ("stacks.absent", "main.py: No module named 'stacks.absent' (ModuleNotFoundError): this is a bug: "),
        ],
    )
    def test_a_package_that_is_not_installed_is_named(
        self, name: str, line: str, place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        error = ModuleNotFoundError(f"No module named {name!r}", name=name)
        monkeypatch.setattr(main, "_start_node", Mock(side_effect=error))
        monkeypatch.setattr(main, "_place", lambda _: "main.py")
        (place / "config/prod.py").write_text(RIGHT)
        assert main.main(["prod"], place / "config") == 1
        assert one_line(capsys, place).startswith(line)


class TestMisuse:
    @pytest.mark.parametrize(
        ("argv", "line"),
        [
            (["prd"], "'prd': there is no environment of this name: use prod"),
            (["x"], f"'x': there is no environment of this name: use one of {', '.join(ENVIRONMENTS)}"),
            (["--out", "x"], "main.py: unrecognized arguments: --out: see main.py --help"),
            (["--output"], "main.py: argument --output: expected one argument: see main.py --help"),
        ],
    )
    def test_it_gives_one_line_and_exit_code_1(
        self, place: Path, capsys: pytest.CaptureFixture[str], argv: list[str], line: str
    ) -> None:
        assert main.main(argv, DIRECTORY) == 1
        assert one_line(capsys, place).startswith(line)

    def test_help_is_no_error(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as stop:
            main.main(["--help"], DIRECTORY)
        assert stop.value.code == 0
        assert capsys.readouterr().err == ""


class TestTheMachine:
    def test_a_directory_that_is_not_there_cannot_be_written(
        self, place: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (place / "config/prod.py").write_text(RIGHT)
        assert main.main(["prod", "--output", "a/b"], place / "config") == 1
        line = "a/b: cannot be written: No such file or directory: choose another directory by --output"
        assert one_line(capsys, place) == line

    def test_a_directory_of_the_user_is_not_replaced(self, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (place / "config/prod.py").write_text(RIGHT)
        assert main.main(["prod", "--output", str(place)], place / "config") == 1
        assert one_line(capsys, place).endswith(
            "holds files that no synthesis wrote: choose another directory by --output"
        )

    @pytest.mark.parametrize(
        ("variables", "reason"),
        [
            ({"JSII_NODE": "/no/such/node"}, "No such file or directory"),
            ({"JSII_NODE": "/bin/false"}, "exit status 1"),
            ({"JSII_NODE": "/bin/echo"}, "it is no Node"),
            ({"NODE_OPTIONS": "--no-such-option"}, "--no-such-option is not allowed in NODE_OPTIONS"),
        ],
    )
    def test_a_node_that_does_not_work_gives_one_line(
        self, tmp_path: Path, variables: dict[str, str], reason: str
    ) -> None:
        done = start(*MAIN, *CONFIG, "dev", cwd=tmp_path, variables=variables)
        _, err = done.communicate(timeout=PATIENCE_SECONDS)
        (line,) = err.splitlines()
        assert done.returncode == 1
        assert line.startswith("main.py: Node cannot be started: ")
        assert reason in line
        assert os.listdir(tmp_path) == []

    @pytest.mark.thorough
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_an_interrupt_gives_one_line_and_exit_code_130(self, tmp_path: Path, number: signal.Signals) -> None:
        running = start(*MAIN, *CONFIG, cwd=tmp_path, variables={"PYTHONUNBUFFERED": "1"})
        assert running.stdout
        while not running.stdout.readline().startswith("Composing"):
            pass
        if number is signal.SIGINT:
            os.killpg(running.pid, number)  # as a terminal does, to Node as well
        else:
            running.send_signal(number)  # as a CI ends a job
        _, err = running.communicate(timeout=PATIENCE_SECONDS)
        assert (running.returncode, err) == (130, "main.py: interrupted: run it again\n")
        assert os.listdir(tmp_path) == []
