"""Reduces what two loggers kept of one program to the same words, so that they can be compared with `==`.

A reading of a run has `config`, `summary`, `rows` (each with its step) and `artifacts`. Media are their
contents: pixels and captions, columns and cells, numbers and how many of them. What only one logger has, and
no program gave, is left out: times, what wandb notes for itself, the graph of a watched model.
"""

import hashlib
import io
import json
import math
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from PIL import Image

Files = Callable[[str], bytes]
# Artifacts that wandb makes of tables, histories and code by itself.
OWN_ARTIFACTS = ("run_table", "wandb-history", "code", "job")


def of_wandb(run: dict[str, Any]) -> dict[str, Any]:
    """Return the reading of a run from `offline_runs.py`."""

    def content(path: str) -> bytes:
        return (Path(run["files"]) / path).read_bytes()

    charts = run["config"].get("_wandb", {}).get("visualize", {})
    reading = {
        "config": plain(run["config"], content),
        "summary": plain(run["summary"], content),
        "rows": [plain(row, content) | {"_step": row["_step"]} for row in run["rows"]],
        "artifacts": versions(
            (kind, name.replace(run["id"], "ID"), set(aliases))
            for kind, name, aliases in run["artifacts"]
            if kind not in OWN_ARTIFACTS
        ),
    }
    for values in (reading["summary"], *reading["rows"]):
        for key, chart in charts.items():
            if f"{key}_table" in values:
                panel, (_, columns, data) = chart["panel_config"], values.pop(f"{key}_table")
                values[key] = ("chart", panel["panelDefId"], panel["fieldSettings"], columns, data)
    return reading


def of_stepwell(run: Any, folder: Path) -> dict[str, Any]:
    """Return the reading of a run of `Api`; its files are brought into a folder."""

    def content(path: str) -> bytes:
        found = run.file(path).download(root=str(folder), replace=True)
        return Path(found.name).read_bytes()

    return {
        "config": plain(dict(run.config), content),
        "summary": plain(dict(run.summary), content),
        "rows": [plain(row, content) | {"_step": row["_step"]} for row in run.scan_history()],
        "artifacts": versions(
            (made.type, made.name.rpartition(":")[0].replace(run.id, "ID"), set(made.aliases) - {made.version})
            for made in run.logged_artifacts()
        ),
    }


def versions(made: Iterable[tuple[str, str, set[str]]]) -> list[tuple[str, str, list[str]]]:
    """Return the artifacts that were made, an alias with the last that it was given to."""
    found: list[tuple[str, str, set[str]]] = []
    for kind, name, aliases in made:
        for _, earlier, theirs in found:
            if earlier == name:
                theirs -= aliases
        found.append((kind, name, aliases))
    return sorted((kind, name, sorted(aliases)) for kind, name, aliases in found)


def plain(values: dict[str, Any], content: Files) -> dict[str, Any]:
    """Return what the program gave of a config, a summary or a row, nested keys joined by dots."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        if key.startswith("_"):
            continue
        reduced = reduce(value, content)
        if isinstance(reduced, dict):
            found.update({f"{key}.{name}": inner for name, inner in reduced.items()} if reduced else {key: {}})
        elif reduced is not None or value is None:
            found[key] = reduced
    return found


def reduce(value: Any, content: Files) -> Any:
    """Return a value as both loggers would name it; None for what one of them alone has."""
    if isinstance(value, dict):
        return medium(value, content) if "_type" in value else plain(value, content)
    if isinstance(value, list | tuple):
        return [reduce(item, content) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    return value


def medium(value: dict[str, Any], content: Files) -> Any:
    """Return what a medium shows."""
    kind = value["_type"]
    if kind == "histogram":
        edges = value.get("bins")
        if edges is None:
            start, size, count = (value["packedBins"][name] for name in ("min", "size", "count"))
            edges = [start + size * i for i in range(count + 1)]
        filled = [(round((a + b) / 2, 5), n) for a, b, n in zip(edges, edges[1:], value["values"], strict=False) if n]
        if len(filled) == 1:  # one number only, whose bin is as wide as each logger likes
            filled = [(round((edges[0] + edges[-1]) / 2, 5), filled[0][1])]
        return ("histogram", *filled)
    if kind in ("table-file", "table"):
        table = json.loads(content(value["path"]))
        return ("table", [str(column) for column in table["columns"]], reduce(table["data"], content))
    if kind == "chart":
        table = json.loads(content(value["table"]["path"]))
        return ("chart", value["preset"], value["fields"], table["columns"], reduce(table["data"], content))
    if kind == "images/separated":
        captions = value.get("captions") or [None] * value["count"]
        return (
            "images",
            *((pixels(content(path)), text) for path, text in zip(value["filenames"], captions, strict=True)),
        )
    if kind == "image-file":
        items = value.get("items") or [value]
        return ("images", *((pixels(content(item["path"])), item.get("caption")) for item in items))
    if kind == "graph-file":
        return None
    items = value.get("items") or [value]
    return (kind, *(hashlib.sha256(content(item["path"])).hexdigest() for item in items if "path" in item))


def pixels(picture: bytes) -> str:
    """Return the size and a digest of the pixels of a picture."""
    opened = Image.open(io.BytesIO(picture)).convert("RGBA")
    return f"{opened.size} {hashlib.sha256(opened.tobytes()).hexdigest()[:16]}"


def differences(theirs: dict[str, Any], ours: dict[str, Any], measured: str) -> list[str]:
    """Return where two readings differ, one line each.

    Of keys that match `measured`, which are times, rates and the like, only that they are there is compared.
    """

    def compare(part: str, one: dict[str, Any], other: dict[str, Any]) -> list[str]:
        return [
            f"{part}, {key!r}: wandb {one.get(key, 'nothing')!r}, Stepwell {other.get(key, 'nothing')!r}"
            for key in sorted(one.keys() | other.keys())
            if key not in one or key not in other or (one[key] != other[key] and not re.search(measured, key))
        ]

    found = compare("config", theirs["config"], ours["config"])
    found += compare("summary", theirs["summary"], ours["summary"])
    if theirs["artifacts"] != ours["artifacts"]:
        found.append(f"artifacts: wandb {theirs['artifacts']}, Stepwell {ours['artifacts']}")
    rows = {row["_step"]: row for row in ours["rows"]}
    for row in theirs["rows"]:
        found += compare(f"row {row['_step']}", row, rows.pop(row["_step"], {}))
    return found + [f"row {step}: only in Stepwell: {row}" for step, row in rows.items()]
