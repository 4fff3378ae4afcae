"""`stepwell import-wandb` and `import-tensorboard`: take over what other programs logged."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from stepwell.cli.arguments import add_command
from stepwell.errors import Error
from stepwell.process.terminal import Terminal
from stepwell.settings.settings_file import local_directory

if TYPE_CHECKING:
    import argparse

    from stepwell.cli.arguments import Commands
    from stepwell.imports.tensorboard.importer import Imported as ImportedDirectory
    from stepwell.imports.wandb.importer import Imported

_DONE, _FAILED = 0, 1


def add_to(commands: Commands) -> None:
    """Add the commands."""
    wandb = add_command(commands, "import-wandb", "take over what wandb logged offline", import_wandb)
    wandb.add_argument("source", metavar="SOURCE", help="a directory wandb or offline-run-…, or a file run-….wandb")
    wandb.add_argument("--dir", help="directory to write to (default: STEPWELL_DIR or ./stepwell)")
    wandb.add_argument("--entity", help="entity of the runs (default: what wandb said, or local)")
    wandb.add_argument("--project", help="project of the runs (default: what wandb said)")
    wandb.add_argument("--replace", action="store_true", help="delete and import anew runs that are there already")
    wandb.add_argument("--json", action="store_true", help="print what was imported as JSON, one run per line")

    board = add_command(
        commands, "import-tensorboard", "take over log directories of TensorBoard, one run for each", import_tensorboard
    )
    board.add_argument("root", metavar="DIR", help="the log directory; every directory in it with event files counts")
    board.add_argument("--project", help="project of the runs (default: the name of DIR)")
    board.add_argument("--dir", help="directory to write to (default: STEPWELL_DIR or ./stepwell)")
    board.add_argument("--url", help="address of a server to send to (default: STEPWELL_URL, or none)")
    board.add_argument("--json", action="store_true", help="print JSON, one line per directory")


def import_wandb(parsed: argparse.Namespace) -> int:
    """Import every log that the arguments name; 1 if a log, or a part of one, could not be read or stored."""
    from stepwell.imports.wandb.importer import WandbImport, find_logs

    terminal = Terminal(silent=parsed.json)
    directory = local_directory(parsed.dir)
    failed = False
    for log in find_logs(Path(parsed.source)):

        def progress(done: int, total: int, name: str = log.parent.name) -> None:
            terminal.progress(done, total, f"rows of {name}", "importing")

        try:
            done = WandbImport(directory, parsed.entity, parsed.project, parsed.replace, progress).run(log)
        except (Error, OSError, RuntimeError, ValueError) as error:
            failed = True
            terminal.clear_progress()
            terminal.warn(f"{log} was not imported: {error}")
            if parsed.json:
                print(json.dumps({"log": str(log), "error": str(error)}))
            continue
        terminal.clear_progress()
        _report_wandb(terminal, done)
        failed = failed or bool(done.left_out or done.damaged_bytes)
        if parsed.json:
            print(json.dumps(asdict(done) | {"log": str(log)}))
    return _FAILED if failed else _DONE


def _report_wandb(terminal: Terminal, done: Imported) -> None:
    if not done.is_new:
        terminal.say(f"{done.path} is there already; nothing was done (--replace imports it anew)")
        return
    terminal.say(f"{done.path} has {done.rows:,} rows and {done.files:,} files")
    if done.missing_files:
        terminal.warn(f"{done.path}: {done.missing_files:,} files are named by the log and not beside it")
    if not done.has_end:
        terminal.warn(f"{done.path}: the log has no end, so the run counts as failed")
    if done.damaged_bytes:
        terminal.warn(f"{done.path}: {done.damaged_bytes:,} bytes of {done.log} are damaged; what they held is missing")
    for sentence in done.left_out:
        terminal.warn(sentence)


def import_tensorboard(parsed: argparse.Namespace) -> int:
    """Import every directory with event files; 1 if a file is damaged or a value could not be stored."""
    from stepwell.imports.tensorboard.importer import import_directories

    terminal = Terminal(silent=parsed.json)
    damaged = False
    for each in import_directories(Path(parsed.root), parsed.project, parsed.dir, parsed.url):
        damaged = damaged or bool(each.damage)
        if parsed.json:
            print(json.dumps(_as_json(each)), flush=True)
        if each.run:
            terminal.say(
                f"{each.directory} → {each.run}: " + (f"{each.events:,} events" if each.events else "nothing new")
            )
        for why, count in each.left_out.items():
            terminal.say(f"  left out: {count:,} × {why}")
        for sentence in each.damage:
            terminal.warn(sentence)
    return _FAILED if damaged else _DONE


def _as_json(imported: ImportedDirectory) -> dict[str, object]:
    return {
        "directory": str(imported.directory),
        "run": imported.run,
        "events": imported.events,
        "void": imported.void,
        "left_out": dict(imported.left_out),
        "damage": imported.damage,
    }
