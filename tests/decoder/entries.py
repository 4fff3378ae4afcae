"""Entries: the payload of a frame, as rust/codec/src/payload.rs and payload/statement.rs describe it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgpack

from tests.decoder.frame import Violation

WTF8 = 1  # the msgpack extension of text with lone surrogates


@dataclass(frozen=True)
class Row:
    """The values that one writer logged for one step."""

    step: int
    time_us: int
    sampled: bool
    cells: dict[str, Any]


@dataclass(frozen=True)
class Config:
    """Configuration values set and deleted."""

    time_us: int
    set: dict[str, Any]
    deleted: list[str]


@dataclass(frozen=True)
class SummaryValues:
    """Summary values set by hand and deleted; `until_logged`: what is logged later takes their place."""

    time_us: int
    set: dict[str, Any]
    deleted: list[str]
    until_logged: bool = False


@dataclass(frozen=True)
class Metric:
    """What `define_metric` said."""

    time_us: int
    said: dict[str, Any]


@dataclass(frozen=True)
class Info:
    """Name, notes, tags, group, job type."""

    time_us: int
    said: dict[str, Any]


@dataclass(frozen=True)
class File:
    """What a path of the run holds from now on."""

    time_us: int
    path: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Lost:
    """Rows that found no room."""

    time_us: int
    rows: int
    kept: int
    reason: str


@dataclass(frozen=True)
class Exit:
    """The writer's orderly end."""

    time_us: int
    code: int


@dataclass(frozen=True)
class Open:
    """Who writes, to which run: entry number 1 of every stream."""

    time_us: int
    said: dict[str, Any]


Entry = Row | Config | SummaryValues | Metric | Info | File | Lost | Exit | Open


def _extension(code: int, data: bytes) -> Any:
    return data.decode("utf-8", "surrogatepass") if code == WTF8 else msgpack.ExtType(code, data)


def unpack(data: bytes) -> Any:
    """Decode one msgpack value that fills `data`."""
    return msgpack.unpackb(data, raw=False, strict_map_key=True, ext_hook=_extension)


def read_payload(raw: bytes, count: int) -> list[Entry]:
    """Decode the `count` entries of a payload."""
    try:
        keys, shapes, entries = unpack(raw)
    except ValueError as error:
        raise Violation(f"the payload is not [keys, shapes, entries]: {error}") from error
    if len(entries) != count:
        raise Violation(f"{len(entries)} entries where the header says {count}")
    if len(set(keys)) != len(keys):
        raise Violation("a key is written twice")
    return [_entry(fields, keys, shapes) for fields in entries]


def _entry(fields: list[Any], keys: list[str], shapes: list[list[int]]) -> Entry:
    match fields:
        case [0 | 9 as kind, int(step), int(time_us), int(shape), *values]:
            names = [keys[index] for index in shapes[shape]]
            if len(names) != len(values):
                raise Violation(f"{len(values)} values for the keys {names}")
            return Row(step, time_us, kind == 9, dict(zip(names, values, strict=True)))
        case [1, int(time_us), dict(said), list(deleted)]:
            return Config(time_us, said, deleted)
        case [2, int(time_us), dict(said), list(deleted)]:
            return SummaryValues(time_us, said, deleted)
        case [2, int(time_us), dict(said), list(deleted), True]:
            return SummaryValues(time_us, said, deleted, until_logged=True)
        case [3, int(time_us), {"name": str(), **_said}]:
            return Metric(time_us, fields[2])
        case [4, int(time_us), dict(said)]:
            return Info(time_us, said)
        case [5, int(time_us), {"path": str(path), "sha256": bytes(sha256), "size": int(size), **_said}]:
            if len(sha256) != 32 or size < 0 or not all(part not in {"", ".", ".."} for part in path.split("/")):
                raise Violation(f"a file of no sound form: {fields!r}")
            return File(time_us, path, sha256.hex(), size)
        case [6, int(time_us), {"rows": int(rows), "kept": int(kept), "reason": str(reason), **_said}]:
            return Lost(time_us, rows, kept, reason)
        case [7, int(time_us), int(code)]:
            return Exit(time_us, code)
        case [8, int(time_us), {"entity": str(), "project": str(), "run": str(), **_said}]:
            return Open(time_us, fields[2])
    raise Violation(f"an entry of no known form: {fields!r}")


def leaves(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the series of a value: nested dicts joined with `.`; typed objects and empty dicts are leaves."""
    if isinstance(value, Mapping) and value and not isinstance(value.get("_type"), str):
        for name, inner in value.items():
            yield from leaves(f"{key}.{name}", inner)
    else:
        yield key, value


def merged_rows(entries: Iterable[Entry]) -> dict[int, dict[str, Any]]:
    """Merge the rows of one stream by step, in step order: of one key in one step the later value wins."""
    merged: dict[int, dict[str, Any]] = {}
    for entry in entries:
        if isinstance(entry, Row):
            row = merged.setdefault(entry.step, {})
            for key, value in entry.cells.items():
                row.update(leaves(key, value))
    return dict(sorted(merged.items()))
