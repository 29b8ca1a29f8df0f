"""Draw environments as SVG and Mermaid: `python -m cli graph prod`."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from cli import command as commands
from cli.failure import Failure, run_command
from cli.review.graph import Graph, graph
from cli.review.graph.mermaid import mermaid, with_outline, with_outline_of
from cli.review.graph.svg import svg
from cli.terraform import tree
from cli.terraform.synthesis import PROJECT, synthesize
from stacks.config import loader

DIRECTORY = PROJECT / "docs" / "graph"
README = PROJECT / "README.md"


def main(argv: Sequence[str], *, directory: Path = loader.DIRECTORY) -> int:
    """Run the command line. Every error is one line. `directory` is that of the environments."""
    return run_command("graph", lambda: _run(_parse(argv, directory), directory))


def _parse(argv: Sequence[str], directory: Path) -> argparse.Namespace:
    parser = commands.Parser("graph", __doc__)
    commands.add_environments(parser)
    parser.add_argument("--tree", metavar="DIR", type=Path, help="units that are synthesized already, as in cdktf.out")
    parser.add_argument("--out", metavar="DIR", type=Path, default=DIRECTORY, help="docs/graph by default")
    arguments = parser.parse_args(argv)
    arguments.environments = commands.chosen(arguments, directory)
    return arguments


def _run(arguments: argparse.Namespace, directory: Path) -> int:
    names = arguments.environments
    with tempfile.TemporaryDirectory() as temporary:
        output = arguments.tree or Path(temporary) / "cdktf.out"
        if not arguments.tree:
            synthesize(names, output, config=directory)
        if arguments.out == DIRECTORY and names == list(loader.names(directory)):
            for file in forget(names):
                print(os.path.relpath(file) + ("" if file.exists() else ": removed"))
        _draw(names, output, arguments.out)
    return 0


def _draw(names: Sequence[str], output: Path, directory: Path) -> None:
    units = tree.read(output)
    for name in names:
        drawn = graph(name, [unit for unit in units if unit.environment == name])
        if not drawn.nodes:
            raise Failure(f"{output}: there is no unit of {name!r}: synthesize it by `make synth`")
        try:
            for file in write(drawn, directory):
                print(os.path.relpath(file))
        except OSError as error:
            what = f"cannot be written ({error.strerror})"
            raise Failure(f"{error.filename}: {what}: choose another directory by --out") from error
        print(f"{name}: {drawn.summary}")


def forget(names: Sequence[str], directory: Path = DIRECTORY, readme: Path = README) -> Iterator[Path]:
    """Remove the pictures of all environments but these. An outline of another in the README becomes one of the last.

    Yields the files that are removed or changed.
    """
    for file in sorted((*directory.glob("*.mmd"), *directory.glob("*.svg"))):
        if file.stem not in names:
            file.unlink()
            yield file
    old = readme.read_text(encoding="utf-8")
    new = with_outline_of(old, names)
    if new != old:
        readme.write_text(new, encoding="utf-8")
        yield readme


def write(drawn: Graph, directory: Path, readme: Path = README) -> Iterator[Path]:
    """Write the pictures of an environment, and the outline in the README if it has one of it."""
    directory.mkdir(parents=True, exist_ok=True)
    for suffix, text in (("svg", svg(drawn)), ("mmd", mermaid(drawn))):
        file = directory / f"{drawn.name}.{suffix}"
        file.write_text(text, encoding="utf-8")
        yield file
    if directory == DIRECTORY:
        old = readme.read_text(encoding="utf-8")
        new = with_outline(old, drawn)
        if new != old:
            readme.write_text(new, encoding="utf-8")
            yield readme
