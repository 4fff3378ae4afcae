"""A run, as the process that writes it sees it."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepwell.client import process_end, session
from stepwell.client.config import Config
from stepwell.client.ending import Ending
from stepwell.client.manifest import Manifest
from stepwell.client.metric import Metric
from stepwell.client.naming import check_tags
from stepwell.client.summary import Summary
from stepwell.client.writer import DisabledWriter, LogRow, Writer, WriterOptions

if TYPE_CHECKING:
    from types import TracebackType

    from stepwell.client.settings import Settings
    from stepwell.client.terminal import Terminal


class Run:
    """One experiment. `init` makes it; it is also a context manager that ends the run.

    Parameters
    ----------
    options
        Who writes, to which run, and where to.
    settings
        The settings of the run.
    terminal
        Where to tell the user.

    Attributes
    ----------
    log
        `log(data, step=None, commit=None)` writes values of a step. It is the native method itself.

        `data` maps keys to values: numbers, text, bool, None, lists, nested dicts, arrays and tensors (of more than 32
        elements: a histogram), `Histogram`. Without `step` the row is written at the current step and the next call
        begins the next one; `commit=False` keeps collecting. With `step`, calls of the same step are merged; any step
        is accepted, also a smaller one. It never blocks on a disk or a network. It raises TypeError, and keeps nothing
        of the call, for keys or values that cannot be stored.
    """

    log: LogRow

    def __init__(self, options: WriterOptions, settings: Settings, terminal: Terminal) -> None:
        self._options = options
        self._settings = settings
        self._terminal = terminal
        self._disabled = settings.mode == "disabled"
        self._name = settings.name
        self._notes = settings.notes
        self._tags = settings.tags or ()
        self._finished = False
        # Writers of the process that this one was forked from. They are never used again, and never freed:
        # their threads and files are the parent's.
        self._inherited: list[Writer] = []
        self._opening = threading.Lock()
        self._is_child = False
        self._writer: Writer | None = None
        self._config = Config(self._send_config, settings.allow_val_change)
        self._summary = Summary(self._send_summary, self._last_values, self._stored)
        self.log = self._live_writer().log

    @property
    def id(self) -> str:
        """Id of the run within its project."""
        return self._options.run

    @property
    def entity(self) -> str:
        """Owner of the project."""
        return self._options.entity

    @property
    def project(self) -> str:
        """Project of the run."""
        return self._options.project

    @property
    def path(self) -> str:
        """`entity/project/id`."""
        return f"{self.entity}/{self.project}/{self.id}"

    @property
    def url(self) -> str | None:
        """Address of the run's page on the server; None for a local run."""
        if not self._options.destination:
            return None
        from urllib.parse import quote

        entity, project, run = (quote(part, safe="") for part in (self.entity, self.project, self.id))
        return f"{self._options.destination}/{entity}/{project}/runs/{run}/charts"

    @property
    def dir(self) -> str:
        """Directory that keeps what is logged."""
        return self._options.directory

    @property
    def label(self) -> str:
        """What tells this writer apart from the run's others; empty for the only one."""
        return self._options.label

    @property
    def rank(self) -> int | None:
        """Rank of this process; None outside of a distributed job."""
        return self._options.rank

    @property
    def group(self) -> str | None:
        """Group of runs that this one belongs to."""
        return self._settings.group

    @property
    def job_type(self) -> str | None:
        """What the run does."""
        return self._settings.job_type

    @property
    def settings(self) -> Settings:
        """Settings of the run."""
        return self._settings

    @property
    def disabled(self) -> bool:
        """Whether nothing is kept."""
        return self._disabled

    @property
    def resumed(self) -> bool:
        """Whether it goes on with an earlier run."""
        return self._options.start_step > 0

    @property
    def is_finished(self) -> bool:
        """Whether `finish` was called."""
        return self._finished

    @property
    def connection(self) -> str:
        """The connection to the server in words; empty in local mode when all is well."""
        return self._live_writer().status()["connection"]

    @property
    def step(self) -> int:
        """The current step: the one that the next `log` without a step writes to."""
        return self._live_writer().step

    @property
    def start_time(self) -> float:
        """When this process began to write, in seconds since 1970."""
        return self._live_writer().start_time

    @property
    def name(self) -> str | None:
        """Display name."""
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        self._live_writer().set_info(name=str(value))
        self._name = str(value)

    @property
    def notes(self) -> str | None:
        """Notes on the run."""
        return self._notes

    @notes.setter
    def notes(self, value: str) -> None:
        self._live_writer().set_info(notes=str(value))
        self._notes = str(value)

    @property
    def tags(self) -> tuple[str, ...]:
        """Tags of the run, 1 to 64 characters each. Set a new tuple to change them."""
        return self._tags

    @tags.setter
    def tags(self, values: Sequence[str]) -> None:
        check_tags(values)
        self._live_writer().set_info(tags=list(values))
        self._tags = tuple(values)

    @property
    def config(self) -> Config:
        """The configuration."""
        return self._config

    @property
    def summary(self) -> Summary:
        """One value per key: the last one logged, or one set by hand."""
        return self._summary

    def define_metric(
        self,
        name: str,
        step_metric: str | Metric | None = None,
        step_sync: bool | None = None,
        hidden: bool | None = None,
        summary: str | Sequence[str] | None = None,
        goal: str | None = None,
        overwrite: bool | None = None,
    ) -> Metric:
        r"""Say how a metric is to be shown and summed up.

        Parameters
        ----------
        name
            Key of the metric; a `*` at its end stands for any rest, and `\\.` for a dot in a name.
        step_metric
            Key that is its x axis.
        step_sync
            Whether rows without the step metric get its last value; by default if there is a `step_metric`.
        hidden
            Whether it has no chart of its own.
        summary
            What its summary holds: of `min max mean last first best copy none`, as a sequence or separated by commas.
        goal
            `minimize` or `maximize`.
        overwrite
            Replace earlier definitions of `name` instead of adding to them.

        Raises
        ------
        UsageError
            If the definition makes no sense.
        """
        metric = Metric.checked(name, step_metric, step_sync, hidden, summary, goal)
        self._live_writer().define_metric(
            metric.name,
            metric.step_metric,
            metric.step_sync,
            metric.hidden,
            metric.summary,
            metric.goal,
            bool(overwrite),
        )
        return metric

    def flush(self, timeout: float) -> bool:
        """Wait until everything logged survives the death of the process; False if `timeout` s are not enough."""
        return self._live_writer().flush("spooled", timeout)

    def describe(self, default_name: str, first: bool) -> None:
        """Write what the settings say of the run: name, notes, tags, group and job type.

        Parameters
        ----------
        default_name
            Its name, if none was given.
        first
            Whether this is the first writer of the run; only that one gives it the default name.
        """
        settings = self._settings
        name = settings.name or (default_name if first else None)
        tags = None if settings.tags is None else list(settings.tags)
        said: dict[str, Any] = {"notes": settings.notes, "group": settings.group, "job_type": settings.job_type}
        said.update(name=name, tags=tags)
        if any(value is not None for value in said.values()):
            self._live_writer().set_info(**said)
        self._name = name or default_name

    def finish(self, exit_code: int | None = None, quiet: bool | None = None) -> None:
        """End the run: everything logged is on disk when this returns, and at the server if it was reached in time.

        It takes at most `finish_timeout` seconds (30 by default) and never raises for a disk or a network: what could
        not be sent is said on the terminal, and `stepwell sync` sends it later. A second call does nothing.

        Parameters
        ----------
        exit_code
            0 for success; any other makes the run `failed`.
        quiet
            Write only warnings to the terminal.
        """
        if self._finished:
            return
        self._finished = True
        session.leave(self)
        self.log = self._log_finished
        if self._writer is not None:
            ending = Ending(self._writer, self._options, self._name or self.id, self._settings.finish_timeout)
            ending.run(exit_code or 0, replace(self._terminal, quiet=self._is_quiet(quiet)))
        if self._options.primary and not self._disabled and not self._is_child and not exit_code:
            Manifest(Path(self.dir)).end(self.entity, self.project, self.id)

    def become_child(self) -> None:
        """After a fork, in the child: let go of the parent's writer. The first use makes a writer of the child's own.

        The child writes to the same run under the label `<label>.<pid>` (`pid-<pid>` where the parent has none), with
        steps of its own, and never decides how the run ended.
        """
        if self._writer is not None:
            self._inherited.append(self._writer)
        self._writer = None
        self._opening = threading.Lock()
        self._is_child = True
        self.log = self._log_in_child

    def _live_writer(self) -> Writer:
        if self._writer is None:
            with self._opening:
                if self._writer is None:
                    self._writer = self._open_writer()
        return self._writer

    def _open_writer(self) -> Writer:
        if self._disabled:
            return DisabledWriter(self._options.start_step)
        if self._is_child:
            base, pid = self._options.label.partition(".")[0], os.getpid()
            self._options = replace(
                self._options,
                label=f"{base}.{pid}" if base and not base.startswith("pid-") else f"pid-{pid}",
                rank=None,
                primary=False,
                start_step=0,
            )
            process_end.finish_with_multiprocessing_child()
        return self._options.open()

    def _log_in_child(self, data: Mapping[str, Any], step: int | None = None, commit: bool | None = None) -> None:
        self.log = self._live_writer().log
        session.bind()
        self.log(data, step, commit)

    def _log_finished(self, data: Mapping[str, Any], step: int | None = None, commit: bool | None = None) -> None:
        raise session.finished_error(self.id)

    def _is_quiet(self, quiet: bool | None) -> bool:
        # A child, and a rank that is not the primary one, has nothing to say that the primary does not.
        return self._terminal.quiet or bool(quiet) or not self._options.primary

    def _send_config(self, values: Mapping[str, Any], deleted: Sequence[str]) -> None:
        self._live_writer().set_config(values, deleted)

    def _send_summary(self, values: Mapping[str, Any], deleted: Sequence[str]) -> None:
        self._live_writer().set_summary(values, deleted)

    def _last_values(self) -> dict[str, Any]:
        return self._live_writer().last_values()

    def _stored(self, value: Any) -> Any:
        """Return what is stored of a value."""
        from stepwell import _native

        return _native.decode(_native.encode(value))

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.finish(exit_code=0 if kind is None else 1)

    def __repr__(self) -> str:
        return f"<Run {self.path} ({self._name})>"
