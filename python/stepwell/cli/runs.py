"""`stepwell runs`: lists runs."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from stepwell.api import Api
from stepwell.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stepwell.api import Run

_COLUMNS = ("run", "name", "state", "rows", "last step", "created")


def runs(directory: str | None, url: str | None, project: str | None, as_json: bool) -> int:
    """Print the runs of a directory or a server, the newest of each project first."""
    if directory is not None and url is not None:
        raise UsageError("name a directory or --url, not both")
    with Api(url or directory) as api:
        projects = [project] if project else [f"{each.entity}/{each.name}" for each in api.projects()]
        found = [run for each in projects for run in api.runs(each)]
        if as_json:
            for run in found:
                print(json.dumps(_as_json(run), allow_nan=False))
        elif found:
            _print_table(found)
        else:
            print(f"there are no runs in {api.directory or api.url}")
    return 0


def _print_table(found: Iterable[Run]) -> None:
    lines = [_COLUMNS]
    for run in found:
        last = "" if run.last_step() is None else f"{run.last_step():,}"
        path = "/".join(run.path).removeprefix("local/")
        lines.append((path, run.name, run.state, f"{run.rows:,}", last, run.created_at))
    widths = [max(len(line[column]) for line in lines) for column in range(len(_COLUMNS))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _as_json(run: Run) -> dict[str, Any]:
    return {
        "entity": run.entity,
        "project": run.project,
        "id": run.id,
        "name": run.name,
        "state": run.state,
        "exit_code": run.exit_code,
        "created_at": run.created_at,
        "rows": run.rows,
        "last_step": run.last_step(),
        "labels": run.labels,
        "tags": run.tags,
        "lost_rows": run.lost_rows,
        "sampled_rows": run.sampled_rows,
        "config": json_value(run.config),
        "summary": json_value(run.summary),
    }


def json_value(value: Any) -> Any:
    """Return a value as docs/http-api.md writes it in JSON, which knows no NaN, no infinity and no bytes."""
    if isinstance(value, float) and not math.isfinite(value):
        name = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        return {"_type": "float", "value": name}
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
        return {"_type": "int", "value": str(value)}
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, dict):
        return {str(key): json_value(inner) for key, inner in value.items()}
    return [json_value(inner) for inner in value] if isinstance(value, list) else value
