"""Which of its variables a Python process reads: a sitecustomize that Python imports at its start.

It writes each name once into the file `names` beside it. Programs in other languages, and libraries that ask the C
library as libpq does for PG*, are not seen.
"""

from __future__ import annotations

from pathlib import Path

NAMES, AT_ONCE = "names", "*"
"""The file of names, and what stands there for one that reads all of them at once."""

# Runs in the project's Python, whatever its version, before anything else: it must neither fail nor change anything.
PROGRAM = """\
import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))
_SEEN = set()


def _note(name):
    if isinstance(name, str) and name not in _SEEN:
        _SEEN.add(name)
        try:
            file = os.open(os.path.join(_HERE, "names"), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
            try:
                os.write(file, (name + "\\n").encode())
            finally:
                os.close(file)
        except OSError:
            pass


class _Environ(type(os.environ)):
    def __getitem__(self, name):
        _note(name)
        return super().__getitem__(name)

    def __contains__(self, name):
        _note(name)
        return super().__contains__(name)

    def copy(self):
        return {name: super(_Environ, self).__getitem__(name) for name in self}

    def items(self):
        # Where Django imports it, the standard library looks for proxies, and copies all for CGI.
        if sys._getframe(1).f_globals.get("__name__") not in ("urllib.request", "wsgiref.handlers"):
            _note("*")
        return self.copy().items()

    def values(self):
        _note("*")
        return self.copy().values()


os.environ.__class__ = _Environ

# The sitecustomize that this one hides, if there is one.
_found = None
for _path in sys.path:
    if os.path.abspath(_path or os.curdir) != _HERE and os.path.isfile(os.path.join(_path, "sitecustomize.py")):
        _found = os.path.join(_path, "sitecustomize.py")
        break
if _found:
    with open(_found, "rb") as _file:
        exec(compile(_file.read(), _found, "exec"), {"__name__": "sitecustomize", "__file__": _found})
"""


def install(directory: Path) -> Path:
    """A directory for PYTHONPATH, into which every process writes."""
    directory.mkdir()
    (directory / "sitecustomize.py").write_text(PROGRAM, "utf-8")
    names = directory / NAMES
    names.touch()
    for path, mode in ((directory, 0o777), (names, 0o666)):
        path.chmod(mode)
    return directory


def names(directory: Path) -> frozenset[str]:
    """What was read so far."""
    return frozenset((directory / NAMES).read_text("utf-8").split())
