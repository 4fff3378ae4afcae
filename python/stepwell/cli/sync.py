"""`stepwell sync`: sends what a server has not acknowledged."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from stepwell.cli.arguments import add_command, add_directory
from stepwell.errors import Error, UsageError
from stepwell.process.terminal import Terminal
from stepwell.settings.settings_file import local_directory, settings_of_process

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from stepwell._native import SpooledStream, SpoolOpening
    from stepwell.cli.arguments import Commands

_DONE, _INCOMPLETE = 0, 3
# Streams of which it is said one by one what is wrong.
_TOLD = 20


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands, "sync", "send what a server has not acknowledged; may be repeated and interrupted", sync
    )
    add_directory(parser)
    parser.add_argument("--url", help="address of the server (default: STEPWELL_URL, or where each run was to go)")
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="give up after so long (default: never)")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def sync(parsed: argparse.Namespace) -> int:
    """Send every stream to its server, or all of them to `--url`; 0 if nothing is left, 3 otherwise."""
    from stepwell import _native

    deadline = None if parsed.timeout is None else time.monotonic() + parsed.timeout
    path = local_directory(parsed.dir)
    if not path.is_dir():
        raise Error(f"there is no directory {path}; name the one that runs were written to")
    given = {} if parsed.url is None else {"url": parsed.url}
    address = settings_of_process(given).url
    terminal = Terminal(silent=parsed.json)
    outcome = _Outcome(path)
    for server, streams in _by_server(_native.spool_openings(str(path)), address).items():
        bars = _Bars(terminal)
        left = None if deadline is None else max(deadline - time.monotonic(), 0.0)
        outcome.add(server, _native.sync(str(path), server, streams=streams, progress=bars.show, timeout=left))
        terminal.clear_progress()
        outcome.files += bars.files
    if deadline is not None:
        outcome.is_late = time.monotonic() >= deadline
    outcome.tell(terminal)
    if parsed.json:
        print(json.dumps(outcome.as_json()))
    return _DONE if outcome.is_done else _INCOMPLETE


class _Bars:
    """The progress of a sync to one server: of the entries, then of the files."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.files = 0
        """Contents of files that there were to send."""

    def show(self, sent: int, total: int, files_sent: int, files: int) -> None:
        """Show how far it is."""
        self.files = files
        if sent < total or not files:
            self.terminal.progress(sent, total, "entries")
        else:
            self.terminal.progress(files_sent, files, "files")


def _by_server(found: list[SpoolOpening], address: str | None) -> dict[str, list[str]]:
    """Return the ids of the streams by the server that they go to."""
    servers: dict[str, list[str]] = {}
    unknown = [each["stream"] for each in found if not each["is_known"]]
    for each in found:
        server = address or each["destination"]
        if each["is_known"] and not server:
            raise UsageError(
                f"run {each['project']}/{each['run']} was written without a server; say where to with --url http://host:port"
            )
        if each["is_known"]:
            servers.setdefault(server, []).append(each["stream"])
    if unknown:
        # They go nowhere, but what is wrong with them is to be said; no server is asked for that.
        servers.setdefault(address or next(iter(servers), ""), []).extend(unknown)
    return servers


class _Outcome:
    """What became of the streams, and how to say it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.servers: list[str] = []
        self.streams: list[SpooledStream] = []
        self.files = 0
        """Contents of files that there were to send."""
        self.is_late = False

    def add(self, server: str, streams: list[SpooledStream]) -> None:
        """Take in what was sent to one server."""
        if server:
            self.servers.append(server)
        self.streams += streams

    @property
    def _here(self) -> list[SpooledStream]:
        """The streams that have something which is not on its server."""
        return [
            each for each in self.streams if _left(each) or each["files"] or (each["damage"] and not each["complete"])
        ]

    @property
    def is_done(self) -> bool:
        """Whether everything is on its server as it was written."""
        return not self._here and not any(each["damage"] or each["lost"] or each["rejected"] for each in self.streams)

    def tell(self, terminal: Terminal) -> None:
        """Say what is wrong with each stream, and in the last line what is still here."""
        told = [each for each in self.streams if each["damage"] or each["rejected"]]
        for each in told[:_TOLD]:
            problems = [each["damage"]] if each["damage"] else []
            if each["rejected"]:
                problems.append(f"the server refused {each['rejected']:,} entries")
            terminal.warn(f"{_place(each)}: {'; '.join(problems)}")
        if len(told) > _TOLD:
            terminal.warn(f"{len(told) - _TOLD:,} more streams have something wrong; --json names them all")
        if self.is_done:
            terminal.say(self._all_there())
        else:
            terminal.warn(self._still_here())

    def _all_there(self) -> str:
        if not any(each["last"] for each in self.streams):
            kept = len(list((self.path / "spool" / "rejected").glob("*.seg")))
            words = f"there is nothing to send in {self.path}"
            return f"{words}; {kept:,} files that could not be sent are kept in its spool/rejected/" if kept else words
        runs = _runs(self.streams)
        return f"{runs} {'is' if runs.startswith('1 ') else 'are'} complete on {' and '.join(self.servers)}"

    def _still_here(self) -> str:
        sentences = []
        if here := self._here:
            left, files = sum(map(_left, here)), sum(each["files"] for each in here)
            counts = [*([f"{left:,} entries"] if left else []), *([f"{files:,} files"] if files else [])]
            what = " and ".join(counts) or "some entries"
            reason = next((each["damage"] for each in here if each["damage"]), "")
            why = "the time was over" if self.is_late else reason or "they were not acknowledged"
            where = " or ".join(self.servers) or "a server"
            sentences.append(f"{what} of {_runs(here)} have not reached {where} and are kept in {self.path} ({why})")
        if lost := sum(each["lost"] for each in self.streams):
            words = f"{lost:,} entries are damaged or missing and were reported to the server as lost"
            sentences.append(f"{words}; what is left of them is kept in {self.path / 'spool' / 'rejected'}")
        if rejected := sum(each["rejected"] for each in self.streams):
            place = self.path / "spool" / "rejected"
            sentences.append(f"{rejected:,} entries were refused by the server and are kept in {place}")
        if not sentences:
            damaged = [each for each in self.streams if each["damage"]]
            words = "something is wrong here, and the server has the rest"
            sentences.append(f"{_runs(damaged)}: {words}: {damaged[0]['damage']}")
        return ". ".join(sentences)

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON can hold it."""
        return {
            "directory": str(self.path),
            "unsent": sum(map(_left, self.streams)),
            "lost": sum(each["lost"] for each in self.streams),
            "rejected": sum(each["rejected"] for each in self.streams),
            "files": self.files,
            "unsent_files": sum(each["files"] for each in self.streams),
            "streams": [dict(each) for each in self.streams],
        }


def _left(stream: SpooledStream) -> int:
    return 0 if stream["complete"] else max(stream["last"] - stream["acked"], 0)


def _place(stream: SpooledStream) -> str:
    if not stream["run"]:
        return f"stream {stream['stream']}"
    return f"{stream['project']}/{stream['run']}" + (f" ({stream['label']})" if stream["label"] else "")


def _runs(streams: list[SpooledStream]) -> str:
    number = len({(each["entity"], each["project"], each["run"]) for each in streams})
    return f"{number:,} {'run' if number == 1 else 'runs'}"
