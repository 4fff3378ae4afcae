"""`stepwell sync`: sends what a server has not acknowledged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from stepwell.cli.ui import local_directory
from stepwell.client.settings_file import settings_of_process
from stepwell.client.terminal import Terminal
from stepwell.errors import Error, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from stepwell._native import SpooledStream

_DONE, _INCOMPLETE = 0, 3


def sync(directory: str | None, url: str | None, timeout: float | None, as_json: bool) -> int:
    """Send every stream to its server, or all of them to `url`; 0 if nothing is left, 3 otherwise."""
    from stepwell import _native

    path = local_directory(directory)
    if not path.is_dir():
        raise Error(f"there is no directory {path}; name the one that runs were written to")
    given = {} if url is None else {"url": url}
    address = settings_of_process(given).url
    found = _native.spooled_streams(str(path))
    terminal = Terminal(silent=as_json)
    after: list[SpooledStream] = []
    files = 0
    for server, streams in _by_server(found, address).items():
        bars = _Bars(terminal)
        sent = _native.sync(str(path), server, streams=streams, progress=bars.show, timeout=timeout)
        terminal.clear_progress()
        after += sent
        files += bars.files
        _tell(terminal, server, sent)
    if not found:
        terminal.say(f"there is nothing to send in {path}")
    if as_json:
        print(json.dumps(_as_json(path, files, after)))
    return _INCOMPLETE if any(_left(each) or each["files"] or each["damage"] for each in after) else _DONE


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


def _by_server(found: list[SpooledStream], address: str | None) -> dict[str, list[str]]:
    """Return the ids of the streams by the server that they go to."""
    servers: dict[str, list[str]] = {}
    for each in found:
        server = address or each["destination"]
        if not server:
            raise UsageError(
                f"run {each['project']}/{each['run']} was written without a server; say where to with --url http://host:port"
            )
        servers.setdefault(server, []).append(each["stream"])
    return servers


def _left(stream: SpooledStream) -> int:
    return max(stream["last"] - stream["acked"], 0)


def _tell(terminal: Terminal, server: str, streams: list[SpooledStream]) -> None:
    left, files = sum(map(_left, streams)), sum(each["files"] for each in streams)
    runs = len({(each["entity"], each["project"], each["run"]) for each in streams})
    for each in streams:
        path = f"{each['project']}/{each['run']}" + (f" ({each['label']})" if each["label"] else "")
        if each["damage"]:
            terminal.warn(f"{path}: {each['damage']}")
        if each["rejected"]:
            refused = f"{each['rejected']:,} entries"
            terminal.warn(f"{path}: {server} refused {refused}; they are kept in the folder rejected/")
    if left or files:
        what = f"{left:,} entries" + (f" and {files:,} files" if files else "")
        terminal.warn(f"{what} have not reached {server}; they are kept. Run the same command again.")
    else:
        terminal.say(f"{runs:,} {'run is' if runs == 1 else 'runs are'} complete on {server}")


def _as_json(path: Path, files: int, streams: list[SpooledStream]) -> dict[str, Any]:
    return {
        "directory": str(path),
        "unsent": sum(map(_left, streams)),
        "files": files,
        "unsent_files": sum(each["files"] for each in streams),
        "streams": [dict(each) for each in streams],
    }
