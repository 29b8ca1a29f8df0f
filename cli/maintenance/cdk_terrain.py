"""Move this project from CDKTF to its fork, CDK Terrain.

It rewrites the names of the packages in the code, Pipfile, package.json, pyproject.toml and Makefile, and nothing else.
Run again, it changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from cli import files
from cli.command import Parser
from cli.failure import run_command
from cli.terraform.synthesis import PROJECT

# With these every unit came out the same: docs/cdk-terrain.md.
VERSIONS = {
    "cdktn": "0.24.0",
    "cdktn-cli": "0.24.0",
    "cdktn-provider-aws": "25.8.1",
    "cdktn-provider-cloudflare": "16.4.0",
}

_IN_CODE = (
    (re.compile(r"\bcdktf_cdktf_provider_"), "cdktn_provider_"),
    (re.compile(r"@cdktf/provider-"), "@cdktn/provider-"),
    (re.compile(r"\b(from|import) cdktf\b"), r"\1 cdktn"),
    (re.compile(r'"cdktf\.(?=[A-Z])'), '"cdktn.'),  # a type of jsii
    (re.compile(r"node_modules/\.bin/cdktf\b"), "node_modules/.bin/cdktn"),
)
# `cdktf = "==0.21.0"` in Pipfile, and `"cdktf-cli": "0.21.0"` in package.json.
_REQUIREMENT = re.compile(r'^(\s*"?)(?:cdktf-)?cdktf(-[a-z-]+)?("?\s*[=:]\s*"=*)[\d.]+', re.MULTILINE)
CODE = ("main.py", "benchmarks", "cli", "lazy_providers", "modules", "stacks", "tests")
FILES = ("Pipfile", "package.json", "pyproject.toml", "Makefile")


def main(argv: Sequence[str] = (), *, project: Path = PROJECT) -> int:
    """Rewrite a project. Returns the exit code."""
    return run_command("cdk-terrain", lambda: _run(argv, project))


def _run(argv: Sequence[str], project: Path) -> int:
    Parser("cdk-terrain", __doc__).parse_args(argv)
    texts = {file: files.read(file) for file in _files(project)}
    converted = {file: _converted(text, file.name) for file, text in texts.items()}
    changed = {str(file.relative_to(project)): text for file, text in converted.items() if text != texts[file]}
    files.put(project, changed)
    if not changed:
        print("Nothing to do: this project uses CDK Terrain")
        return 0
    print(f"{len(changed)} files use CDK Terrain now: look at them by `git diff`")
    print("Next: npm install --package-lock-only && make lock && make synth")
    return 0


def _files(project: Path) -> Iterator[Path]:
    for name in CODE:
        place = project / name
        found = sorted(place.rglob("*.py")) if place.is_dir() else [place]
        yield from (file for file in found if not file.name.endswith("cdk_terrain.py"))  # this one, and its tests
    yield from (project / name for name in FILES)


def _converted(text: str, name: str) -> str:
    for pattern, replacement in _IN_CODE:
        text = pattern.sub(replacement, text)
    if name in ("Pipfile", "package.json"):
        text = _REQUIREMENT.sub(_required, text)
    if name == "pyproject.toml":
        text = text.replace('"cdktf"', '"cdktn"')  # the packages that import-linter looks for
    return text


def _required(found: re.Match[str]) -> str:
    before, rest, middle = found.groups()
    package = f"cdktn{rest or ''}"
    return f"{before}{package}{middle}{VERSIONS[package]}"
