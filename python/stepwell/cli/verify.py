"""`stepwell verify`: checks every checksum and count of a directory."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from stepwell.cli.verification import Verification
from stepwell.process.terminal import Terminal
from stepwell.settings.settings_file import local_directory

if TYPE_CHECKING:
    from stepwell.cli.verification import Finding

_SOUND, _WRONG = 0, 1


def verify(directory: str | None, as_json: bool, repair: bool) -> int:
    """Print what is wrong in a directory, and repair its store if asked to; 0 if nothing is wrong, 1 otherwise."""
    terminal = Terminal(silent=as_json)

    def progress(done: int, total: int, what: str) -> None:
        terminal.progress(done, total, what, "checking")

    check = Verification(local_directory(directory), progress, repair)
    try:
        findings: list[Finding] = check.run()
    finally:
        terminal.clear_progress()
    if as_json:
        print(json.dumps(check.as_json()))
        return _WRONG if findings else _SOUND
    for each in [*check.notes, *findings]:
        print(f"{each.place}: {each.problem}")
    terminal.say(
        f"{check.directory}: {check.streams:,} streams with {check.entries:,} entries, {check.runs:,} runs with "
        f"{check.rows:,} rows, {check.files:,} files, {check.blobs:,} contents: "
        + (f"{len(findings):,} problems" if findings else "all sound")
    )
    return _WRONG if findings else _SOUND
