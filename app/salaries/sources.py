"""Where salary data comes from: a list of files to fetch."""

import json
import tempfile
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener, url2pathname

from salaries.rows import BadFile

LARGEST_BYTES = 2 * 1024**3


class BadSource(BadFile):
    """A source that is described wrongly or cannot be had."""


@dataclass(frozen=True, slots=True)
class Source:
    """`url` is https://…, file:///…, or a path relative to the list; `dest` a path below the output directory."""

    name: str
    url: str
    dest: str
    headers: dict[str, str] = field(default_factory=dict)
    base: Path = Path()


def read(config: Path) -> list[Source]:
    try:
        entries = json.loads(config.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadSource(f"{config}: cannot be read: {error}") from error
    if not isinstance(entries, list):
        raise BadSource(f"{config}: is not a list: write [{{name, url, dest, headers}}, …]")
    return [_source(entry, position, config) for position, entry in enumerate(entries, start=1)]


def _source(entry: object, position: int, config: Path) -> Source:
    where = f"{config}: entry {position}"
    if not isinstance(entry, dict) or not all(isinstance(entry.get(key), str) for key in ("name", "url", "dest")):
        raise BadSource(f"{where}: needs the texts name, url and dest")
    headers = entry.get("headers", {})
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise BadSource(f"{where}: headers must be an object of texts")
    if unknown := sorted(entry.keys() - {"name", "url", "dest", "headers"}):
        raise BadSource(f"{where}: does not know {', '.join(unknown)}")
    dest = PurePosixPath(entry["dest"])
    if dest.is_absolute() or ".." in dest.parts or not dest.name:
        raise BadSource(f"{where}: dest {entry['dest']!r} must be a path below the output directory")
    if urlsplit(entry["url"]).scheme not in ("https", "file", ""):
        raise BadSource(f"{where}: url must be https://…, file:///… or a relative path")
    return Source(entry["name"], entry["url"], entry["dest"], headers, config.parent)


def fetch(source: Source, output_dir: Path, *, timeout: float) -> Path:
    """The source's file below `output_dir`, replaced whole or not at all."""
    target = output_dir / source.dest
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with _open(source, timeout) as incoming, tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file:
            try:
                _copy(incoming, file)
            except BaseException:
                Path(file.name).unlink()
                raise
        Path(file.name).replace(target)
    except (OSError, HTTPException, ValueError) as error:
        raise BadSource(f"{source.name}: cannot be fetched: {error or type(error).__name__}") from error
    return target


class _StayOnHttps(HTTPRedirectHandler):
    def redirect_request(self, request, file, code, message, headers, new_url):
        # Of an address only what holds no secret is shown: buckets sign theirs.
        scheme, host = urlsplit(new_url)[:2]
        if scheme != "https":
            raise OSError(f"it is redirected to {scheme}://, which is not https://")
        redirected = super().redirect_request(request, file, code, message, headers, new_url)
        if redirected and host != request.host:
            redirected.headers.clear()  # a token is for the host that it was given for
        return redirected


def _open(source: Source, timeout: float) -> IO[bytes]:
    parts = urlsplit(source.url)
    if parts.scheme == "https":
        return build_opener(_StayOnHttps).open(Request(source.url, headers=source.headers), timeout=timeout)
    path = Path(url2pathname(parts.path)) if parts.scheme == "file" else source.base / source.url
    return path.open("rb")


def _copy(incoming: IO[bytes], file: IO[bytes]) -> None:
    left = LARGEST_BYTES
    while block := incoming.read(min(1024**2, left + 1)):
        left -= len(block)
        if left < 0:
            raise OSError(f"it is larger than {LARGEST_BYTES} bytes")
        file.write(block)
    # Python takes a connection that breaks for the end of the answer, unless all of it is read at once.
    if isinstance(incoming, HTTPResponse) and incoming.length:
        raise OSError(f"the answer ends {incoming.length} bytes too early")
