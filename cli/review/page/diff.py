"""What differs between two redacted values of Terraform, attribute by attribute."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from cli.redaction import HIDDEN, Hidden
from cli.terraform.plan import Change, Path, any_unknown
from cli.text import printable
from modules.credentials import pair_of

UNKNOWN = "(known after apply)"
LONGEST_VALUE = 400

# What tells the elements of a list apart, so that an inserted one does not make all others look changed.
_IDENTITIES = ("name", "Name", "key", "Key", "Sid", "sid", "ref", "rule_id", "priority", "id", "device_name")


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeChange:
    """One attribute that changes. Values are written as JSON, or say in brackets why they are not shown."""

    path: str
    """Such as `container_definitions[web].environment[DEBUG]`."""
    before: str | None
    """None where there was none."""
    after: str | None
    """None where there is none any more."""
    forces_replacement: bool = False


@dataclass(frozen=True, slots=True)
class _Value:
    """A value with what is not known of it, as far down as it goes."""

    value: Any = None
    """Redacted: with Hidden where something is secret."""
    unknown: Any = None
    """Terraform's mask of what is known after apply."""

    def __getitem__(self, key: str | int) -> _Value:
        return _Value(_part(self.value, key), _part(self.unknown, key))

    @property
    def is_absent(self) -> bool:
        # Providers write an empty text or list for what is not set, and change between the two.
        is_empty = self.value.number == 0 if isinstance(self.value, Hidden) else self.value in (None, "", [], {})
        return is_empty and not any_unknown(self.unknown)

    @property
    def is_marked(self) -> bool:
        """Whether Terraform marks it as sensitive."""
        return isinstance(self.value, Hidden) and self.value.is_marked

    @property
    def is_container(self) -> bool:
        return isinstance(self.value, dict | list)

    def keys(self) -> set[str]:
        """The keys of a map, those that are not known among them."""
        return {key for part in (self.value, self.unknown) if isinstance(part, dict) for key in part}

    def items(self) -> list[_Value]:
        """The elements of a list."""
        return [self[index] for index in range(len(self.value or ()))]


class Differ:
    """Compares the redacted values of one resource."""

    def __init__(self, replace_paths: Sequence[Path] = ()) -> None:
        """`replace_paths` are those of a change: what forces the replacement."""
        self._replace_paths = replace_paths

    def changes(self, change: Change, name: str = "") -> list[AttributeChange]:
        """The attributes in which `before` and `after` of a change differ. `name` is that of an output."""
        return list(self._compare(name, (), _Value(change.before), _Value(change.after, change.after_unknown)))

    def _compare(self, path: str, raw: Path, before: _Value, after: _Value) -> Iterator[AttributeChange]:
        if before.is_absent and after.is_absent:
            return
        if before.is_marked or after.is_marked:
            if before.value != after.value or any_unknown(after.unknown):
                yield self._changed(path, raw, before, after)
        elif after.unknown is True:
            yield self._changed(path, raw, before, after)
        elif _are(dict, before, after):
            for key in sorted(before.keys() | after.keys()):
                yield from self._compare(_joined(path, key), (*raw, key), before[key], after[key])
        elif _are(list, before, after):
            yield from self._compare_lists(path, raw, before, after)
        elif before.value != after.value:
            yield self._changed(path, raw, before, after)

    def _compare_lists(self, path: str, raw: Path, before: _Value, after: _Value) -> Iterator[AttributeChange]:
        old, new = before.items(), after.items()
        is_plain = not any(item.is_container for item in (*old, *new))
        if is_plain and (before.value is None or after.value is None):
            yield self._changed(path, raw, before, after)
            return
        pairs = list(_pairs(old, new))
        for label, index, one, other in pairs:
            where, inner = f"{path}[{label}]" if label else path, (*raw, index)
            value_key = _only_value(one, other)
            if value_key:  # environment variables, tags and parameters
                yield from self._compare(where, inner, one[value_key], other[value_key])
            else:
                yield from self._compare(where, inner, one, other)
        if not pairs and before.value != after.value:  # another order
            yield self._changed(path, raw, before, after)

    def _changed(self, path: str, raw: Path, before: _Value, after: _Value) -> AttributeChange:
        is_marked = before.is_marked or after.is_marked
        return AttributeChange(
            path=printable(path),
            before=HIDDEN if is_marked else _shown(before),
            after=HIDDEN if is_marked else _shown(after),
            forces_replacement=any(_leads_to(raw, forced) for forced in self._replace_paths),
        )


def path_of(raw: Path) -> str:
    """A path of Terraform as it is shown."""
    text = ""
    for part in raw:
        text = _joined(text, part)
    return printable(text)


def _shown(value: _Value) -> str | None:
    """A value as JSON, short enough for a line."""
    if value.is_absent:
        return None
    shown = _plain(value)
    if shown in (HIDDEN, UNKNOWN):
        return str(shown)
    text = printable(json.dumps(shown, ensure_ascii=False, sort_keys=True))
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def _plain(value: _Value) -> Any:
    """The value with words in the place of what is hidden, or not known."""
    if value.unknown is True:
        return UNKNOWN
    if isinstance(value.value, Hidden):
        return value.value.text
    if isinstance(value.value, dict):
        return {key: _plain(value[key]) for key in sorted(value.keys())}
    if isinstance(value.value, list):
        return [_plain(item) for item in value.items()]
    return value.value


def _part(whole: Any, key: str | int) -> Any:
    """A part of a value, or of a mask, which may be true for the whole."""
    if whole is True:
        return True
    if isinstance(whole, dict):
        return whole.get(key)
    if isinstance(whole, list) and isinstance(key, int) and key < len(whole):
        return whole[key]
    return None


def _are(kind: type, before: _Value, after: _Value) -> bool:
    """Whether one is of a kind, and the other too or absent."""
    values = before.value, after.value
    return any(isinstance(value, kind) for value in values) and all(
        value is None or isinstance(value, kind) for value in values
    )


def _pairs(before: list[_Value], after: list[_Value]) -> Iterator[tuple[str, int, _Value, _Value]]:
    """The elements of two lists that differ: a label, the index, and both; the same ones are left out."""
    old = list(enumerate(before))
    new = []
    for index, item in enumerate(after):
        same = next((each for each in old if each[1].value == item.value and not any_unknown(item.unknown)), None)
        if same:
            old.remove(same)
        else:
            new.append((index, item))
    identity = next((key for key in _IDENTITIES if _tells_apart(key, old) and _tells_apart(key, new)), None)
    if identity and (old or new):
        old_by_id = {item.value[identity]: (index, item) for index, item in old}
        new_by_id = {item.value[identity]: (index, item) for index, item in new}
        for key in sorted(old_by_id.keys() | new_by_id.keys(), key=str):
            index, one = old_by_id.get(key, (0, _Value()))
            index, other = new_by_id.get(key, (index, _Value()))
            yield str(key), index, one, other
        return
    for one_of, other_of in zip_longest(old, new):
        index, one = one_of or (0, _Value())
        index, other = other_of or (index, _Value())
        yield str(index) if one.is_container or other.is_container else "", index, one, other


def _tells_apart(key: str, items: list[tuple[int, _Value]]) -> bool:
    """Whether the values under a key differ in all elements, and nothing of them is hidden."""
    values = [item[key].value for _, item in items if isinstance(item.value, dict)]
    return len(set(map(str, values))) == len(items) and all(isinstance(value, str | int) for value in values)


def _only_value(before: _Value, after: _Value) -> str | None:
    """The key of the value, where elements consist of a name and a value only."""
    pair = pair_of(after.value or before.value) if isinstance(after.value or before.value, dict) else None
    return pair[1] if pair and len(before.keys() | after.keys()) == 2 else None


def _joined(path: str, part: str | int) -> str:
    if isinstance(part, int):
        return f"{path}[{part}]"
    return f"{path}.{part}" if path else part


def _leads_to(raw: Path, forced: Path) -> bool:
    """Whether one path is the other, or lies above it."""
    shorter = min(len(raw), len(forced))
    return shorter > 0 and raw[:shorter] == forced[:shorter]
