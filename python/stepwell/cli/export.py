"""`stepwell export`: writes runs to files that other programs read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepwell.cli.arguments import add_command
from stepwell.errors import UsageError
from stepwell.process.terminal import Terminal

if TYPE_CHECKING:
    import argparse

    from stepwell.api import Api, Run
    from stepwell.cli.arguments import Commands


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "export", "write runs to Parquet, CSV or JSON lines", export)
    parser.add_argument("run_path", nargs="?", metavar="RUN", help="project/id or entity/project/id")
    parser.add_argument("--project", help="every run of this project, each to a file in the directory of --output")
    parser.add_argument("--format", choices=("parquet", "csv", "jsonl"), help="(default: as FILE ends; parquet)")
    parser.add_argument("-o", "--output", metavar="FILE", help="the file; with --project a directory (default: the id)")
    parser.add_argument("--keys", help="only these keys, with commas between them")
    parser.add_argument("--label", help="only the rows of this label (default: of all)")
    parser.add_argument("--files", metavar="DIR", help="also download media and other files to DIR")
    parser.add_argument("--dir", help="a directory (default: STEPWELL_DIR or ./stepwell)")
    parser.add_argument("--url", help="a server instead of a directory")
    parser.add_argument("--json", action="store_true", help="print what was written as JSON, one run per line")


def export(parsed: argparse.Namespace) -> int:
    """Write one run to a file, or every run of a project to a file of its own in a directory."""
    from stepwell.api import Api

    if (parsed.run_path is None) == (parsed.project is None):
        raise UsageError("name a run (project/id), or all runs of a project with --project")
    if parsed.url and parsed.dir:
        raise UsageError("name a directory or a server, not both")
    terminal = Terminal(silent=parsed.json)
    with Api(parsed.url or parsed.dir) as api:
        written = [_export(parsed, terminal, run, path) for run, path in _chosen(api, parsed)]
    if parsed.json:
        for each in written:
            print(json.dumps(each))
    elif not written:
        terminal.warn(f"the project {parsed.project} has no runs; nothing was written")
    return 0


def _chosen(api: Api, parsed: argparse.Namespace) -> list[tuple[Run, Path]]:
    """Return the runs and the files that they go to."""
    if parsed.run_path is not None:
        run = api.run(parsed.run_path)
        return [(run, Path(parsed.output or f"{run.id}.{parsed.format or 'parquet'}"))]
    folder = Path(parsed.output or parsed.project.rpartition("/")[2])
    if folder.is_file():
        raise UsageError(f"{folder} is a file; --project writes a file per run into a directory")
    return [(run, folder / f"{run.id}.{parsed.format or 'parquet'}") for run in api.runs(parsed.project)]


def _export(parsed: argparse.Namespace, terminal: Terminal, run: Run, path: Path) -> dict[str, Any]:
    from stepwell.export import export_run

    def progress(done: int) -> None:
        terminal.progress(min(done, run.rows), run.rows, f"rows of {run.id}", "exporting")

    keys = parsed.keys.split(",") if parsed.keys else None
    done = export_run(run, path, parsed.format, keys, parsed.label, progress)
    terminal.clear_progress()
    files = 0
    if parsed.files:
        # Runs of a project may have files of the same name.
        root = Path(parsed.files) / run.id if parsed.project else Path(parsed.files)
        for file in run.files():
            if not file.is_present:
                terminal.warn(f"{file.name} of run {run.id} has not come yet; it was left out")
                continue
            file.download(root, replace=True).close()
            files += 1
    more = f", and {files:,} files" if parsed.files else ""
    terminal.say(f"{path} has {done.rows:,} rows of {'/'.join(run.path)}{more}")
    return {"run": "/".join(run.path), "file": str(path), "rows": done.rows, "bytes": done.bytes, "files": files}
