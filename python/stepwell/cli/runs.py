"""`stepwell runs`: lists runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from stepwell.cli.arguments import add_command
from stepwell.errors import UsageError
from stepwell.values.json_form import to_json

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from stepwell.api import Run
    from stepwell.cli.arguments import Commands

_COLUMNS = ("run", "name", "state", "rows", "last step", "created")


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "runs", "list runs", runs)
    parser.add_argument("dir", nargs="?", metavar="DIR", help="a directory (default: STEPWELL_DIR or ./stepwell)")
    parser.add_argument("--url", help="a server instead of a directory")
    parser.add_argument("--project", help="only the runs of this project: project or entity/project")
    parser.add_argument("--filters", metavar="JSON", help='which ones, as for Api.runs: \'{"state": "failed"}\'')
    parser.add_argument("--order", metavar="FIELD", help="rising +FIELD or falling -FIELD (default: -created_at)")
    parser.add_argument("--json", action="store_true", help="print JSON, one run per line")


def runs(parsed: argparse.Namespace) -> int:
    """Print the runs of a directory or a server, the newest of each project first."""
    if parsed.dir is not None and parsed.url is not None:
        raise UsageError("name a directory or --url, not both")
    from stepwell.api import Api

    chosen = _filters(parsed.filters)
    with Api(parsed.url or parsed.dir) as api:
        projects = [parsed.project] if parsed.project else [f"{each.entity}/{each.name}" for each in api.projects()]
        found = [run for each in projects for run in api.runs(each, chosen, parsed.order or "")]
        if parsed.json:
            for run in found:
                print(json.dumps(_as_json(run), allow_nan=False))
        elif found:
            _print_table(found)
        else:
            such = "such runs" if parsed.filters else "runs"
            print(f"there are no {such} in {api.directory or api.url}")
    return 0


def _filters(text: str | None) -> dict[str, Any] | None:
    """Return the filters of a JSON text."""
    if text is None:
        return None
    try:
        found = json.loads(text)
    except ValueError as error:
        raise UsageError(f"--filters is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise UsageError(f'--filters is {text}; expected an object like {{"config.lr": {{"$gt": 0.1}}}}')
    return found


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
        "config": to_json(run.config),
        "summary": to_json(run.summary.flat()),
    }
