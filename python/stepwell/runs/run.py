"""A run in the process that writes it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepwell.process import process_end, session
from stepwell.process.terminal import Terminal
from stepwell.runs.config import Config
from stepwell.runs.finish import Finish, whole_exit_code
from stepwell.runs.own_writer import OwnWriter
from stepwell.runs.run_files import RunFiles
from stepwell.runs.summary import Summary
from stepwell.runs.writing_methods import lenient, refusing
from stepwell.settings.strictness import set_strict
from stepwell.writing.manifest import Manifest

if TYPE_CHECKING:
    from types import TracebackType

    from stepwell.runs.alert import AlertLevel, Alerts
    from stepwell.runs.attachment import Attachment
    from stepwell.runs.history import History
    from stepwell.runs.metric import Metric
    from stepwell.runs.own_writer import LogRow
    from stepwell.runs.watch import Watch, What
    from stepwell.settings.settings import Settings
    from stepwell.writing.options import WriterOptions

# Longest wait for the server when `init` fails.
_ABANDON_SECONDS = 2.0


class Run(RunFiles):
    """One experiment. `init` makes it; it is also a context manager that ends the run.

    It can be pickled: in another process it becomes a writer of its own to the same run, as in a forked
    child.

    Parameters
    ----------
    options
        Who writes, to which run, and where to.
    settings
        The settings of the run.
    terminal
        Where to tell the user.
    is_child
        Whether another process began the run; the first use makes a writer of this one's own.

    Attributes
    ----------
    log
        `log(data, step=None, commit=None)` writes values of a step. It is the native method itself.

        `data` maps keys to values: numbers, text, bool, None, lists, nested dicts, arrays and tensors (of
        more than 32 elements: a histogram), media. Without `step` the row is written at the current step and
        the next call begins the next one; `commit=False` keeps collecting. With `step`, calls of the same
        step are merged; any step is accepted, also a smaller one. It never blocks on a disk or a network. It
        raises TypeError, and keeps nothing of the call, for keys or values that cannot be stored. (A fourth
        parameter `sync` is accepted and ignored.)
    """

    log: LogRow
    _history: History | None
    _watch: Watch | None
    _alerts: Alerts | None

    def __init__(self, options: WriterOptions, settings: Settings, terminal: Terminal, is_child: bool = False) -> None:
        super().__init__(OwnWriter(options, terminal, is_child), settings)
        self._terminal = terminal
        self._config = Config(self._send_config, settings.allow_val_change, self._stored_config)
        self._summary = Summary(self._send_summary, self._summed_up, self._writer.stored)
        # What earlier lives left: the summary, as far as this one has not changed it, and definitions.
        self._resumed_summary: dict[str, Any] = {}
        self._resumed_metrics: list[dict[str, Any]] = []
        self._forget_conveniences()
        self.log = self._log_in_child if is_child else self._writer.live().log
        if self.disabled:
            vars(self).update(lenient(self))

    @property
    def config(self) -> Config:
        """The configuration."""
        return self._config

    @property
    def summary(self) -> Summary:
        """One value per key: the last one logged, or one set by hand."""
        return self._summary

    @property
    def history(self) -> History:
        """The row that is being collected: `history.row` and `history.add`."""
        if self._history is None:
            from stepwell.runs.history import History

            self._history = History(self)
        return self._history

    def collected(self) -> dict[str, Any]:
        """Return what was logged for the current step so far; nested dicts as keys joined by dots."""
        return self._writer.live().collected()

    def log_columns(self, columns: Mapping[str, Any], steps: Any = None) -> None:
        """Log many rows in one call: row i has the i-th element of every column. The same as a loop of `log`.

        With `on_full="sample"` it waits for the disk as long as that takes rows; only rows that come while
        the disk is stuck give way to a sample.

        Parameters
        ----------
        columns
            One-dimensional arrays, tensors or lists of real numbers or bools by key, all of one length.
        steps
            Steps of the rows, integers. By default the current step and those after it.

        Raises
        ------
        ValueError
            If lengths differ (it names the key and both lengths) or a column has not one dimension.
        TypeError
            If a column holds no real numbers, or `steps` no integers. Nothing of the call is kept.
        RuntimeError
            With `on_full="raise"`, if the queue is full; it says how many rows were kept.
        """
        from stepwell.media.encoding.arrays import to_array

        arrays = {key: to_array(repr(key), column) for key, column in columns.items()}
        self._writer.live().log_columns(arrays, None if steps is None else to_array("steps", steps))

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
            What its summary holds: of `min max mean last first best copy none`, as a sequence or separated by
            commas.
        goal
            `minimize` or `maximize`.
        overwrite
            Replace earlier definitions of `name` instead of adding to them.

        Raises
        ------
        UsageError
            If the definition makes no sense.
        """
        from stepwell.runs.metric import Metric

        metric = Metric.checked(name, step_metric, step_sync, hidden, summary, goal)
        self._writer.live().define_metric(
            metric.name,
            metric.step_metric,
            metric.step_sync,
            metric.hidden,
            metric.summary,
            metric.goal,
            bool(overwrite),
        )
        return metric

    def watch(
        self,
        models: Any,
        criterion: Any = None,
        log: What | None = "gradients",
        log_freq: int = 1000,
        idx: int | None = None,
        log_graph: bool = False,
    ) -> None:
        """Log histograms of the gradients or parameters of torch models, each `log_freq` passes.

        Their keys are `gradients/NAME` and `parameters/NAME`; those of a second model
        `gradients/graph_1NAME`. They join the row that is being collected. What cannot be logged is told.

        Parameters
        ----------
        models
            A `torch.nn.Module`, or a list of them.
        criterion, log_graph
            Accepted for scripts written for wandb; the graph of a model is not logged.
        log
            `gradients` (counted in backward passes), `parameters` (in forward passes while training), `all`,
            or None.
        log_freq
            Every how many passes.
        idx
            Number of the model, where it is not the number of those watched before.

        Raises
        ------
        TypeError
            If a model is no `torch.nn.Module`.
        UsageError
            If a parameter makes no sense, or the model is watched already.
        """
        if self.disabled:  # a model is as quick then as if it were not watched
            return
        if self._watch is None:
            from stepwell.runs.watch import Watch

            self._watch = Watch(self)
        self._watch.add(models, log, log_freq, idx, log_graph)

    def unwatch(self, models: Any = None) -> None:
        """Take back what `watch` did to these models, or to all."""
        if self._watch is not None:
            self._watch.remove(models)

    def alert(
        self, title: str, text: str = "", level: AlertLevel | str | None = None, wait_duration: Any = None
    ) -> None:
        """Log and print a message that somebody should see. It joins the row that is being collected.

        The key `_alerts` of that row holds the alerts of its step: `[{"title", "text", "level", "time"}, …]`.

        Parameters
        ----------
        title
            What it is about.
        text
            What happened.
        level
            `INFO` (default), `WARN` or `ERROR`, as text or `AlertLevel`.
        wait_duration
            For how long alerts with the same title are dropped after this one: seconds, or a timedelta; by
            default a minute.
        """
        if self._alerts is None:
            from stepwell.runs.alert import Alerts

            self._alerts = Alerts(self)
        self._alerts.send(title, text, level, wait_duration)

    def flush(self, timeout: float) -> bool:
        """Wait until all that was logged survives the process; False if `timeout` s are not enough."""
        return self._writer.live().flush("spooled", timeout)

    def finish(self, exit_code: int | None = None, quiet: bool | None = None) -> None:
        """End the run: all that was logged is on disk then, and at the server if it was reached in time.

        It takes at most `finish_timeout` seconds (30 by default) and never raises for a disk, a network,
        memory or descriptors: what could not be sent is said on the terminal, and `stepwell sync` sends it
        later. A second call does nothing.

        Parameters
        ----------
        exit_code
            0 for success; any other makes the run `failed`.
        quiet
            Write only warnings to the terminal.
        """
        self._end(whole_exit_code(exit_code), quiet, self._settings.finish_timeout)

    def abandon(self) -> None:
        """End a run whose `init` has failed half way: it is `failed`, and no server is waited for."""
        self._end(1, True, min(_ABANDON_SECONDS, self._settings.finish_timeout))

    def _end(self, exit_code: int, quiet: bool | None, timeout: float) -> None:
        if self._finished:
            return
        terminal = replace(self._terminal, quiet=self._is_quiet(quiet))
        self._settle(self._config.persist, terminal)
        self._settle(self.unwatch, terminal)
        self._settle(self._settle_tensorboard, terminal)
        self._settle(lambda: self._settle_files(terminal), terminal)
        self._finished = True
        session.leave(self)
        if not self.disabled:
            vars(self).update(refusing(self))
        try:
            writer = self._writer.if_open
            if writer is not None and self.disabled:
                writer.finish(exit_code, 0.0)
            elif writer is not None:
                finish = Finish(writer, self.options, self._name, timeout)
                finish.run(exit_code, terminal, self._summed_up)
        finally:  # also when Ctrl-C came meanwhile
            if self.options.primary and not self.disabled and not self._writer.is_child and not exit_code:
                with contextlib.suppress(Exception):
                    Manifest(Path(self.directory)).end(self.entity, self.project, self.id)

    def _settle(self, what: Callable[[], None], terminal: Terminal) -> None:
        try:
            what()
        except Exception as error:  # noqa: BLE001  a training that is over must not fail for its logger
            terminal.warn(f"the end of run {self._name} is not whole: {type(error).__name__}: {error}")

    def _settle_tensorboard(self) -> None:
        if self._settings.sync_tensorboard:
            from stepwell import tensorboard

            tensorboard.settle()

    def _settle_files(self, terminal: Terminal) -> None:
        if self._writer.if_open is not None:
            self._finish_files(terminal)

    def _label(self, repo: str | None = None, code: str | None = None, **_: object) -> None:
        """Take what wandb's clients say of themselves for its statistics; there are none here."""

    def become_child(self) -> None:
        """After a fork, in the child: let go of the parent's writer; the first use makes the child's own."""
        self._writer.become_child()
        self._forget_conveniences()
        self.log = self._log_in_child

    def _forget_conveniences(self) -> None:
        """Forget what is made on first use. Models that a parent watches log to this process's writer."""
        self._history = None
        self._watch = None
        self._alerts = None
        self._forget_files()

    def _log_in_child(
        self, data: Mapping[str, Any], step: int | None = None, commit: bool | None = None, sync: bool | None = None
    ) -> None:
        self.log = self._writer.live().log
        session.bind()
        self.log(data, step, commit)

    def _is_quiet(self, quiet: bool | None) -> bool:
        # A child, and a rank that is not the primary one, has nothing to say that the primary does not.
        return self._terminal.quiet or bool(quiet) or not self.options.primary

    def _send_config(self, values: Mapping[str, Any], deleted: Sequence[str]) -> None:
        self._writer.set_config(values, deleted)

    def _stored_config(self, value: Any) -> Any:
        return self._writer.stored("config", value)

    def _send_summary(self, values: Mapping[str, Any], deleted: Sequence[str]) -> None:
        self._writer.set_summary(values, deleted)
        for key in deleted:
            self._resumed_summary.pop(key, None)

    def _summed_up(self) -> dict[str, Any]:
        found = {**self._resumed_summary, **self._writer.live().summary()}
        if self._resumed_metrics:
            from stepwell.runs.metric import over_lives

            earlier = {k: v for k, v in self._resumed_summary.items() if k not in self._summary.set_by_hand}
            found |= over_lives(self._resumed_metrics, earlier, found)
        return found

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.finish(exit_code=0 if error is None else process_end.exit_code_of(error))

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        from stepwell.runs.attachment import Attachment

        return Run.joined, (Attachment.of(self),)

    @classmethod
    def joined(cls, attachment: Attachment) -> Run:
        """Return the run of another process: this one's if it has it, else a writer, opened on first use."""
        options, settings = attachment.options, attachment.settings
        set_strict(settings.strict)
        path = f"{options.entity}/{options.project}/{options.run}"
        for each in reversed(session.unfinished()):
            if (each.path, each.directory) == (path, options.directory):
                return each
        run = cls(options, settings, Terminal(silent=settings.silent, quiet=settings.quiet), is_child=True)
        run.remember(attachment)
        if attachment.finished:
            run.finish()
        else:
            session.enter(run)
            process_end.watch()
        return run
