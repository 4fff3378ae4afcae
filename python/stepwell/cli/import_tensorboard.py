"""`stepwell import-tensorboard`: takes over log directories of TensorBoard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from stepwell.process.terminal import Terminal

if TYPE_CHECKING:
    from stepwell.imports.tensorboard.importer import Imported

_DONE, _DAMAGED = 0, 1


def import_tensorboard(root: str, project: str | None, directory: str | None, url: str | None, as_json: bool) -> int:
    """Import every directory with event files; 0 if all of what they hold was taken over, else 1."""
    from stepwell.imports.tensorboard.importer import import_directories

    terminal = Terminal(silent=as_json)
    damaged = False
    for each in import_directories(Path(root), project, directory, url):
        damaged = damaged or bool(each.damage)
        if as_json:
            print(json.dumps(_as_json(each)), flush=True)
        if each.run:
            terminal.say(
                f"{each.directory} → {each.run}: " + (f"{each.events:,} events" if each.events else "nothing new")
            )
        for why, count in each.left_out.items():
            terminal.say(f"  left out: {count:,} × {why}")
        for sentence in each.damage:
            terminal.warn(sentence)
    return _DAMAGED if damaged else _DONE


def _as_json(imported: Imported) -> dict[str, object]:
    return {
        "directory": str(imported.directory),
        "run": imported.run,
        "events": imported.events,
        "void": imported.void,
        "left_out": dict(imported.left_out),
        "damage": imported.damage,
    }
