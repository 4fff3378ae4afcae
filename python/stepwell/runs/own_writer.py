"""The writer of a run in this process: opened when it is first used, and anew in a forked child."""

from __future__ import annotations

import copyreg
import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from stepwell import _native
from stepwell.process import process_end, session
from stepwell.settings.strictness import is_strict, tell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stepwell._native import Writer
    from stepwell.process.terminal import Terminal
    from stepwell.writing.options import WriterOptions


_TOO_LARGE = "8 MiB, or that does not compress to 4 MiB"
# What is kept of a text, and of tags, that are too large.
_KEPT: dict[type, int] = {str: 100_000, list: 10_000}
_PARTS: dict[type, str] = {str: "characters", list: "tags"}


class LogRow(Protocol):
    """The signature of `log`."""

    def __call__(  # noqa: D102  see `Run.log`
        self, data: Mapping[str, Any], step: int | None = None, commit: bool | None = None, sync: bool | None = None
    ) -> None: ...


class OwnWriter:
    """Opens the writer of one run.

    Parameters
    ----------
    options
        Who writes, to which run, and where to.
    terminal
        Where to tell the user.
    is_child
        Whether another process began the run.

    Attributes
    ----------
    options
        Those of the writer, which in a child has a label of its own.
    is_inherited
        Whether the run came here by a fork.
    """

    def __init__(self, options: WriterOptions, terminal: Terminal, is_child: bool) -> None:
        self.options = options
        self.is_child = is_child
        self.is_inherited = False
        self._terminal = terminal
        self._open: Writer | None = None
        # Writers of the process that this one was forked from. They are never used again, and never freed:
        # their threads and files are the parent's.
        self._inherited: list[Writer] = []
        self._opening = threading.Lock()

    @property
    def if_open(self) -> Writer | None:
        """The writer, None as long as it was not used."""
        return self._open

    def live(self) -> Writer:
        """Return the writer; open it if it was not used yet."""
        if self._open is None:
            with self._opening:
                if self._open is None:
                    self._open = self._opened()
        return self._open

    def become_child(self) -> None:
        """After a fork, in the child: let go of the parent's writer; the first use makes the child's own.

        The child writes to the same run under the label `<label>.<pid>` (`pid-<pid>` where the parent has
        none), with steps of its own, and never decides how the run ended.
        """
        if self._open is not None:
            self._inherited.append(self._open)
        self._open = None
        self._opening = threading.Lock()
        self.is_child = self.is_inherited = True

    def stored(self, key: str, value: Any) -> Any:
        """Return what is stored of a value, large arrays and media as files that are handed to the writer."""
        if type(value) not in {bool, int, float, str}:  # which need no import
            from stepwell.values.tensor import with_tensors

            value = with_tensors(value, key)
        return self.live().convert(key, value)

    def set_config(self, values: Mapping[str, Any], deleted: Sequence[str]) -> None:
        """Write values of the config; one that is too large is left out, which is told."""
        _send_what_fits(self.live().set_config, values, deleted)

    def set_summary(self, values: Mapping[str, Any], deleted: Sequence[str]) -> None:
        """Write values of the summary; one that is too large is left out, which is told."""
        _send_what_fits(self.live().set_summary, values, deleted)

    def set_info(self, **said: Any) -> dict[str, Any]:
        """Write name, notes, tags, group and job type, and return what is kept: what is too large is cut."""
        try:
            self.live().set_info(**said)
        except _native.LimitError:
            for what, value in said.items():
                if value is not None and len(value) > (most := _KEPT[type(value)]):
                    kept = f"the first {most:,} {_PARTS[type(value)]} are kept"
                    tell(self.options.run, f"was given {what} of more than {_TOO_LARGE}", kept)
                    said[what] = value[:most]
            self.live().set_info(**said)
        return said

    def _opened(self) -> Writer:
        if self.is_child:
            base, pid = self.options.label.partition(".")[0], os.getpid()
            label = f"{base}.{pid}" if base and not base.startswith("pid-") else f"pid-{pid}"
            self.options = replace(self.options, label=label, rank=None, primary=False, start_step=0)
            process_end.finish_with_multiprocessing_child()
        return self.options.open(self._terminal.silent, self._terminal.warn)


def _send_what_fits(
    send: Callable[[Mapping[str, Any], Sequence[str]], None], values: Mapping[str, Any], deleted: Sequence[str]
) -> None:
    """Send values in one piece, or those of them that are not too large one by one."""
    try:
        send(values, deleted)
    except _native.LimitError:
        if len(values) == 1 or is_strict():
            largest = max(values, key=lambda key: len(repr(values[key])))
            tell(largest, f"has a value of more than {_TOO_LARGE}", "it is not stored")
        if deleted:
            send({}, deleted)
        for key, value in values.items() if len(values) > 1 else ():
            _send_what_fits(send, {key: value}, ())


def _reduce(writer: _native.Writer) -> Any:
    """Pickle a writer as its run: who holds `stepwell.log` finds the `log` of the run elsewhere."""
    for run in session.unfinished():
        if getattr(run.log, "__self__", None) is writer:
            return run.__reduce__()
    raise TypeError("the writer of a run that is over cannot be pickled")


copyreg.pickle(_native.Writer, _reduce)
