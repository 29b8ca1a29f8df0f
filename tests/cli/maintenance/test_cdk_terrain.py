"""One command moves the project to CDK Terrain, which writes the same units."""

from __future__ import annotations

import filecmp
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli.maintenance import cdk_terrain
from stacks.config import loader
from tests.environments import DIRECTORY
from tests.terraform import require

pytestmark = pytest.mark.thorough

PROJECT = Path(__file__).parents[3]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Whatever the program consists of, as a copy."""
    copy = tmp_path / "project"
    for name in (*cdk_terrain.CODE, *cdk_terrain.FILES):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        if (PROJECT / name).is_dir():
            shutil.copytree(PROJECT / name, copy / name, ignore=users_own)
        else:
            shutil.copy(PROJECT / name, copy / name)
    return copy


def users_own(directory: str, names: list[str]) -> set[str]:
    """What is the user's among the files of a directory."""
    if Path(directory) == loader.DIRECTORY:
        return {"__pycache__", *(f"{name}.py" for name in (*loader.names(), "application"))}
    return {"snapshots", "__pycache__"} & {*names}


def test_the_packages_are_named_as_those_of_the_fork(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = project / "modules/certificate/main.py"
    code.write_text(
        "import cdktf\nfrom cdktf import App\nfrom cdktf_cdktf_provider_aws.vpc import Vpc\n"
        'NAMES = "@cdktf/provider-aws.", "cdktf.IResolvable"\nTAGS = {"ManagedBy": "cdktf"}\nimport cdktf_x\n'
    )
    assert cdk_terrain.main(project=project) == 0
    assert code.read_text() == (
        "import cdktn\nfrom cdktn import App\nfrom cdktn_provider_aws.vpc import Vpc\n"
        'NAMES = "@cdktn/provider-aws.", "cdktn.IResolvable"\nTAGS = {"ManagedBy": "cdktf"}\nimport cdktf_x\n'
    )
    pipfile = (project / "Pipfile").read_text()
    assert 'cdktn = "==0.24.0"\ncdktn-provider-aws = "==25.8.1"\ncdktn-provider-cloudflare = "==16.4.0"\n' in pipfile
    assert json.loads((project / "package.json").read_text())["devDependencies"] == {"cdktn-cli": "0.24.0"}
    left = [file for file in project.rglob("*.py") if re.search(r"cdktf_cdktf|import cdktf\b", file.read_text())]
    assert {file.name for file in left} == {"cdk_terrain.py", "test_cdk_terrain.py"}
    assert "Next: npm install --package-lock-only && make lock && make synth\n" in capsys.readouterr().out


def test_a_second_run_changes_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cdk_terrain.main(project=project)
    before = {file: file.read_bytes() for file in project.rglob("*") if file.is_file()}
    capsys.readouterr()
    assert cdk_terrain.main(project=project) == 0
    assert {file: file.read_bytes() for file in project.rglob("*") if file.is_file()} == before
    assert capsys.readouterr().out == "Nothing to do: this project uses CDK Terrain\n"


@pytest.mark.slow
def test_all_units_come_out_the_same(project: Path, tmp_path: Path) -> None:
    cdk_terrain.main(project=project)
    fork = tmp_path / "fork"
    packages = [f"{name}=={version}" for name, version in cdk_terrain.VERSIONS.items() if name != "cdktn-cli"]
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-compile",
        f"--target={fork}",
        *packages,
    ]
    require(subprocess.run(pip, check=False).returncode == 0, "the packages of CDK Terrain from a package index")
    for directory, output in ((PROJECT, "cdktf"), (project, "cdktn")):
        options = ["--config", str(DIRECTORY), "--output", str(tmp_path / output)]
        command = [sys.executable, str(directory / "main.py"), *options]
        subprocess.run(command, cwd=directory, env={**os.environ, "PYTHONPATH": str(fork)}, check=True)
        for file in (tmp_path / output).glob("stacks/*/cdk.tf.json"):
            file.write_text(without_origin(file.read_text()))
    units = sorted(file.name for file in (tmp_path / "cdktf/stacks").iterdir())
    assert len(units) == 24
    files = [f"{unit}/cdk.tf.json" for unit in units]
    same, *others = filecmp.cmpfiles(tmp_path / "cdktf/stacks", tmp_path / "cdktn/stacks", files, shallow=False)
    assert (same, others) == (files, [[], []])


def without_origin(text: str) -> str:
    """A unit without who wrote it: cdktf names AWS's provider `aws`, and its fork `hashicorp/aws`."""
    document = json.loads(text)
    assert document["//"].pop("metadata")["backend"]
    return json.dumps(document, indent=2).replace('"source": "aws"', '"source": "hashicorp/aws"')
