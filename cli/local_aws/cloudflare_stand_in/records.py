"""The DNS records that there are, of all units: Cloudflare refuses one that exists already."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Record = dict[str, Any]

# https://developers.cloudflare.com/dns/manage-dns-records/troubleshooting/records-with-same-name/
_IDENTICAL = (81058, "An identical record already exists.")
_SAME_HOST = (81053, "An A, AAAA, or CNAME record with that host already exists.")
_HOSTS = ("A", "AAAA", "CNAME")
_KEPT = ("zone_id", "name", "type", "content", "priority")


class Exists(Exception):
    """There is such a record. Its text is the answer of Cloudflare's API, as the provider shows it."""

    def __init__(self, zone_id: str, code: int, message: str) -> None:
        body = {"success": False, "errors": [{"code": code, "message": message}], "messages": [], "result": None}
        url = f"https://api.cloudflare.com/client/v4/zones/{zone_id}/dns_records"
        super().__init__(f'POST "{url}": 400 Bad Request {json.dumps(body, separators=(",", ":"))}')


class Records:
    """Kept in a file, because each unit's Terraform starts a stand-in of its own."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def put(self, id: str, record: Record) -> None:
        """Create a record, or change that of this id. Raises Exists."""
        kept = {name: record.get(name) for name in _KEPT}
        kept["content"] = str(kept["content"]).removesuffix(".")
        with self._open() as records:
            others = (other for each, other in records.items() if each != id)
            for other in (each for each in others if _place(each) == _place(kept)):
                if other == kept:
                    raise Exists(str(kept["zone_id"]), *_IDENTICAL)
                if {other["type"], kept["type"]} <= {*_HOSTS} and "CNAME" in (other["type"], kept["type"]):
                    raise Exists(str(kept["zone_id"]), *_SAME_HOST)
            records[id] = kept

    def remove(self, id: str) -> None:
        """Delete a record, if it is there."""
        with self._open() as records:
            records.pop(id, None)

    @contextmanager
    def _open(self) -> Iterator[dict[str, Record]]:
        with self._file.open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            records: dict[str, Record] = json.loads(file.read() or "{}")
            yield records
            file.truncate(0)
            file.write(json.dumps(records))


def _place(record: Record) -> tuple[str, str]:
    return record["zone_id"], str(record["name"]).removesuffix(".")
