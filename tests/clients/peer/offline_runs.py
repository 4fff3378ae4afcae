"""Reads the runs that wandb left offline: `offline_runs.py DIRECTORY` prints them as JSON.

It runs beside the real wandb, whose messages it decodes with wandb's own classes, and imports nothing of
Stepwell's. The framing is read as LevelDB's document of its log format describes it: blocks of 32 KiB, in
them parts with checksum, length and kind.
"""

import json
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wandb.proto import wandb_internal_pb2

BLOCK_BYTES = 32 * 1024
START_BYTES = 7  # wandb's mark at the start of the first block
FULL, LAST = 1, 4


def records(log: Path) -> Iterator[wandb_internal_pb2.Record]:
    """Yield the messages of a log."""
    content, at, parts = log.read_bytes(), START_BYTES, b""
    while at + 7 <= len(content):
        if BLOCK_BYTES - at % BLOCK_BYTES < 7:
            at += BLOCK_BYTES - at % BLOCK_BYTES
            continue
        _, length, kind = struct.unpack_from("<IHB", content, at)
        parts += content[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (FULL, LAST):
            yield wandb_internal_pb2.Record.FromString(parts)
            parts = b""


def put(values: dict[str, Any], items: Any) -> None:
    """Set what items say, each below the keys that it names."""
    for item in items:
        *above, last = list(item.nested_key) or [item.key]
        inner = values
        for key in above:
            inner = inner.setdefault(key, {})
        inner[last] = json.loads(item.value_json)


def take(values: dict[str, Any], items: Any) -> None:
    """Remove what items name."""
    for item in items:
        *above, last = list(item.nested_key) or [item.key]
        inner = values
        for key in above:
            inner = inner.get(key, {})
        inner.pop(last, None)


def read(log: Path) -> dict[str, Any]:
    """Return what a log says of its run; rows are those of the log, each with its step."""
    run: dict[str, Any] = {"config": {}, "summary": {}, "rows": [], "artifacts": [], "exit_code": None}
    run["files"] = str(log.parent / "files")
    for record in records(log):
        kind = record.WhichOneof("record_type")
        if kind == "run":
            run["id"], run["project"], run["name"] = record.run.run_id, record.run.project, record.run.display_name
            run["started"] = record.run.start_time.ToNanoseconds()
        changed = {"run": record.run.config, "config": record.config, "summary": record.summary}.get(kind)
        if changed is not None:
            values = run["summary" if kind == "summary" else "config"]
            put(values, changed.update)
            take(values, changed.remove)
        elif kind == "history":
            row: dict[str, Any] = {}
            put(row, record.history.item)
            run["rows"].append({**row, "_step": record.history.step.num})
        elif kind == "artifact":
            run["artifacts"].append([record.artifact.type, record.artifact.name, sorted(record.artifact.aliases)])
        elif kind == "exit":
            run["exit_code"] = record.exit.exit_code
    return run


if __name__ == "__main__":
    found = map(read, Path(sys.argv[1]).rglob("offline-run-*/run-*.wandb"))
    print(json.dumps(sorted(found, key=lambda run: run["started"])))
