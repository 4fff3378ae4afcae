"""`stepwell import-wandb`: takes over what wandb logged offline."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from stepwell.errors import Error
from stepwell.process.terminal import Terminal
from stepwell.settings.settings_file import local_directory

if TYPE_CHECKING:
    import argparse

    from stepwell.imports.wandb.importer import Imported

_DONE, _FAILED = 0, 1


def import_wandb(parsed: argparse.Namespace) -> int:
    """Import every log that the arguments name; 1 if something of them could not be read or stored."""
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
        _tell(terminal, done)
        failed = failed or bool(done.left_out or done.damaged_bytes)
        if parsed.json:
            print(json.dumps(asdict(done) | {"log": str(log)}))
    return _FAILED if failed else _DONE


def _tell(terminal: Terminal, done: Imported) -> None:
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
