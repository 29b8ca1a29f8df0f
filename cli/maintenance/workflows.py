"""Name the environments in the workflows of GitHub, in their order: `python -m cli workflows`.

A workflow lists them between the comments `# environments` and `# end`: as jobs, as rows of a matrix, or as options of
an input. Between `# build` and `# end` it builds the image as application.py says. What would change is shown first,
and written with the consent of whoever runs it.
"""

from __future__ import annotations

import difflib
import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from cli import command as commands
from cli import files
from cli.failure import Failure, run_command
from cli.maintenance import build
from cli.terraform.synthesis import PROJECT
from stacks.config import loader
from stacks.config.schema import Environment

DIRECTORY = PROJECT / ".github" / "workflows"

_MARKER = re.compile(r"^ *# (?:(?P<start>environments)(?::.*)?|end)$", re.MULTILINE)
_LIST = re.compile(
    r"(?P<start>^(?P<indent> *)# environments\b.*\n)(?P<entries>(?:.*\n)*?)(?P<end>^ *# end\n)", re.MULTILINE
)


def main(argv: Sequence[str], *, directory: Path = loader.DIRECTORY, workflows: Path = DIRECTORY) -> int:
    """Run the command line, which shows what it changes. Every error is one line."""
    return run_command("workflows", lambda: _run(argv, directory, workflows))


def _run(argv: Sequence[str], directory: Path, workflows: Path) -> int:
    parser = commands.Parser("workflows", __doc__)
    commands.add_yes(parser)
    arguments = parser.parse_args(argv)
    environments = [*loader.load(directory=directory).values()]
    changed = stale(environments, workflows)
    if not any(_LIST.search(text) for text in _texts(workflows).values()):
        print(f"{loader.shown(workflows)}: no workflow has a list between # environments and # end: nothing to do")
    for file, text in changed.items():
        print(difference(file, text), end="")
    if not changed or not (arguments.yes or _consents()):
        return 0
    files.put(workflows, {file.name: text for file, text in changed.items()})
    return 0


def _consents() -> bool:
    """Whether a person says yes. Raises Failure for any other answer, and without a terminal."""
    if not sys.stdin.isatty():
        raise Failure(
            "workflows: there is no terminal to ask for consent: pass --yes, as in `make workflows ARGS=--yes`"
        )
    print("Write this? Type yes: ", end="", flush=True)
    if sys.stdin.readline().strip() != "yes":
        raise Failure("workflows: not confirmed: nothing was changed")
    return True


def stale(environments: Sequence[Environment], workflows: Path = DIRECTORY) -> dict[Path, str]:
    """The workflows that do not name these environments or do not build their image, with what they should be.

    Raises Failure for lists that are empty or do not end, because they could not be kept.
    """
    old = _texts(workflows)
    if wrong := [f"{loader.shown(file)}:{problem}" for file, text in old.items() for problem in _problems(text)]:
        raise Failure("\n".join(wrong))
    names = [environment.name for environment in environments]
    new = {file: naming(text, names) for file, text in old.items()}
    if any(build.BLOCK.search(text) for text in new.values()):
        new = {file: build.building(text, environments) for file, text in new.items()}
    return {file: text for file, text in new.items() if text != old[file]}


def _texts(workflows: Path) -> dict[Path, str]:
    return {file: files.read(file) for file in sorted((*workflows.glob("*.yml"), *workflows.glob("*.yaml")))}


def _problems(workflow: str) -> Iterator[str]:
    """What is wrong with the lists of a workflow, from the number of the line on."""
    opened = 0
    for found in _MARKER.finditer(workflow):
        line = workflow.count("\n", 0, found.start()) + 1
        if opened and found["start"]:
            yield f"{opened}: # environments has no # end: write it below the list"
        elif opened and not workflow.splitlines()[opened : line - 1]:
            yield f"{opened}: lists no environment: write the entry of one, like which the others are made"
        opened = line if found["start"] else 0
    if opened:
        yield f"{opened}: # environments has no # end: write it below the list"


def difference(file: Path, text: str) -> str:
    """What a new text would change in a file, as a unified diff."""
    name = os.path.relpath(file)
    old = files.read(file).splitlines(keepends=True)
    return "".join(difflib.unified_diff(old, text.splitlines(keepends=True), name, name))


def naming(workflow: str, names: Sequence[str]) -> str:
    """A workflow whose lists name these environments. What it says of one that it names already stays as it is.

    A new environment takes the place of one that is gone, or else is listed like the last. Each job waits for the one
    before it.
    """

    def listing(found: re.Match[str]) -> str:
        # An entry is a line as far to the right as the comment, with the lines below that are further.
        entry = rf"^{found['indent']}\S.*\n(?:{found['indent']} .*\n|\n)*"
        entries: dict[str, str] = {}
        for text in re.findall(entry, found["entries"], re.MULTILINE):  # an environment may have several in succession
            before = entries.get(name := _name(text))
            entries[name] = (text if before is None else f"{before}\n\n{text}").strip("\n")
        if not entries:
            return found[0]
        gone = [name for name in entries if name not in names]
        listed: list[str] = []
        for name, before in zip(names, ("", *names), strict=False):
            like = name if name in entries else gone.pop(0) if gone else [*entries][-1]
            listed.append(_waiting(_renamed(entries[like], like, name), before))
        gap = "\n\n" if any("\n" in text for text in listed) else "\n"
        return f"{found['start']}{gap.join(listed)}\n{found['end']}"

    return _LIST.sub(listing, workflow)


def _name(entry: str) -> str:
    found = re.search(r"\benvironment: ([\w-]+)|^ *- ([\w-]+)$", entry)
    return found[found.lastindex or 0] if found else ""


def _renamed(entry: str, old: str, new: str) -> str:
    """The entry of another environment: its name is replaced, also where it ends the name of a variable."""
    text = re.sub(rf"(?<![\w/]){re.escape(old)}(?![\w-])", new, entry)
    return re.sub(rf"_{_variable(old)}\b", f"_{_variable(new)}", text)


def _variable(name: str) -> str:
    return name.upper().replace("-", "_")


def _waiting(entry: str, before: str) -> str:
    """A job that needs the one before it, if any; a row of a matrix needs none."""
    needs = f"[build, {before}]" if before else "build"
    return re.sub(r"^( +needs: ).*$", rf"\g<1>{needs}", entry, count=1, flags=re.MULTILINE)
