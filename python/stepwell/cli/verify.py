"""`stepwell verify`: checks every checksum and count of a directory."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from stepwell.cli.arguments import add_command, add_directory
from stepwell.cli.verification import Verification
from stepwell.process.terminal import Terminal
from stepwell.settings.settings_file import local_directory

if TYPE_CHECKING:
    import argparse

    from stepwell.cli.arguments import Commands
    from stepwell.cli.verification import Finding

_SOUND, _WRONG = 0, 1


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "verify", "check every checksum and count of a directory", verify)
    add_directory(parser)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument(
        "--repair",
        action="store_true",
        help="set a damaged store aside and make it anew: of the spools, or of what can be read of it",
    )


def verify(parsed: argparse.Namespace) -> int:
    """Print what is wrong in a directory, and repair its store if asked to; 0 if nothing is wrong, else 1."""
    terminal = Terminal(silent=parsed.json)

    def progress(done: int, total: int, what: str) -> None:
        terminal.progress(done, total, what, "checking")

    check = Verification(local_directory(parsed.dir), progress, parsed.repair)
    try:
        findings: list[Finding] = check.run()
    finally:
        terminal.clear_progress()
    if parsed.json:
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
