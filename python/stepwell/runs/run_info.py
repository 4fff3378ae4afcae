"""Properties of a run that are neither rows nor files: path, name, tags, writer, state."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import TYPE_CHECKING, Any

from stepwell.errors import UsageError
from stepwell.settings.naming import checked_tags, clean, page

if TYPE_CHECKING:
    from stepwell.runs.attachment import Attachment
    from stepwell.runs.config import Config
    from stepwell.runs.own_writer import OwnWriter
    from stepwell.runs.run_status import RunStatus
    from stepwell.settings.settings import Settings
    from stepwell.startup.resume import ResumableRun
    from stepwell.writing.options import WriterOptions


class RunInfo:
    """The part of a run that is neither rows nor files.

    Parameters
    ----------
    writer
        The run's writer in this process.
    settings
        The settings of the run.
    """

    _config: Config
    _resumed_summary: dict[str, Any]
    _resumed_metrics: list[dict[str, Any]]

    def __init__(self, writer: OwnWriter, settings: Settings) -> None:
        self._writer = writer
        self._settings = settings
        self._name = settings.name or writer.options.run
        self._notes = settings.notes or ""
        self._tags = settings.tags or ()
        self._group = settings.group or ""
        self._job_type = settings.job_type or ""
        self._resumed = False
        self._finished = False

    @property
    def options(self) -> WriterOptions:
        """Who writes, to which run, and where to."""
        return self._writer.options

    @property
    def is_inherited(self) -> bool:
        """Whether another process began it, from which this one was forked."""
        return self._writer.is_inherited

    @property
    def id(self) -> str:
        """Id of the run within its project."""
        return self.options.run

    @property
    def entity(self) -> str:
        """Owner of the project."""
        return self.options.entity

    @property
    def project(self) -> str:
        """Project of the run."""
        return self.options.project

    @property
    def path(self) -> str:
        """`entity/project/id`."""
        return f"{self.entity}/{self.project}/{self.id}"

    @property
    def project_url(self) -> str | None:
        """Address of the project's page on the server; None for a local run."""
        return page(self.options.destination, self.entity, self.project)

    @property
    def url(self) -> str | None:
        """Address of the run's page on the server; None for a local run."""
        return page(self.options.destination, self.entity, self.project, "runs", self.id, "charts")

    @property
    def directory(self) -> str:
        """Directory that keeps what is logged: the `dir` of `init`."""
        return self.options.directory

    @property
    def label(self) -> str:
        """What tells this writer apart from the run's others; empty for the only one."""
        return self.options.label

    @property
    def rank(self) -> int | None:
        """Rank of this process; None outside of a distributed job."""
        return self.options.rank

    @property
    def group(self) -> str:
        """Group of runs that this one belongs to; empty if there is none."""
        return self._group

    @property
    def job_type(self) -> str:
        """What the run does; empty if nobody said."""
        return self._job_type

    @property
    def settings(self) -> Settings:
        """Settings of the run."""
        return self._settings

    @property
    def disabled(self) -> bool:
        """Whether nothing is kept."""
        return self.options.discard

    @property
    def offline(self) -> bool:
        """Whether it stays in its directory."""
        return not self.disabled and not self.options.destination

    @property
    def resumed(self) -> bool:
        """Whether it goes on with an earlier run."""
        return self._resumed

    @property
    def is_finished(self) -> bool:
        """Whether `finish` was called."""
        return self._finished

    @property
    def sweep_id(self) -> str | None:
        """None: there are no sweeps."""
        return None

    @property
    def sweep_url(self) -> str | None:
        """None: there are no sweeps."""
        return None

    @property
    def connection(self) -> str:
        """The connection to the server in words; empty in local mode when all is well."""
        return self._writer.live().status()["connection"]

    @property
    def step(self) -> int:
        """The current step: the one that the next `log` without a step writes to."""
        return self._writer.live().step

    @property
    def starting_step(self) -> int:
        """The step that this process began with: 0, or the one after the last of the run that is resumed."""
        return self.options.start_step

    @property
    def config_static(self) -> Config:
        """A copy of the config, which is kept nowhere else."""
        return copy(self._config)

    # Names of wandb's own.
    sync_dir = directory
    _step = step
    _is_finished = is_finished

    @property
    def start_time(self) -> float:
        """When this process began to write, in seconds since 1970."""
        return self._writer.live().start_time

    @property
    def name(self) -> str:
        """Display name."""
        return self._name

    @name.setter
    def name(self, value: str) -> None:
        self._name = self._writer.set_info(name=clean(str(value)))["name"]

    @property
    def notes(self) -> str:
        """Notes on the run; empty if there are none."""
        return self._notes

    @notes.setter
    def notes(self, value: str) -> None:
        self._notes = self._writer.set_info(notes=clean(str(value)))["notes"]

    @property
    def tags(self) -> tuple[str, ...]:
        """Tags of the run, 1 to 64 characters each; a new tuple changes them: `run.tags += ("more",)`."""
        return self._tags

    @tags.setter
    def tags(self, values: Sequence[str]) -> None:
        try:
            tags = checked_tags((values,) if isinstance(values, str) else values)
        except (TypeError, UsageError):
            if self.disabled:  # nothing that it is given is wrong
                return
            raise
        self._tags = tuple(self._writer.set_info(tags=list(tags))["tags"])

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
        said |= {"name": name, "tags": tags}
        written = {what: value for what, value in said.items() if value is not None}
        if written:
            written = self._writer.set_info(**written)
        self._notes, self._group = written.get("notes", self._notes), written.get("group", self._group)
        self._job_type, name = written.get("job_type", self._job_type), written.get("name")
        if name or self._name == self.id:  # which stands for no name
            self._name = name or default_name

    def resume(self, found: ResumableRun) -> None:
        """Take over what an earlier life of the run has written of it; settings go before it."""
        settings = self._settings
        self._resumed = settings.resumed = found.has_begun
        self._name = settings.name or found.name or self._name
        self._notes = found.notes if settings.notes is None else settings.notes
        self._tags = found.tags if settings.tags is None else settings.tags
        self._group = found.group if settings.group is None else settings.group
        self._job_type = found.job_type if settings.job_type is None else settings.job_type
        self._config.remember(found.config)
        self._resumed_summary = dict(found.summary)
        for said in found.metrics:  # which this process sums up by, too
            self._writer.live().define_metric(**said)
        self._resumed_metrics = found.metrics

    def remember(self, attachment: Attachment) -> None:
        """Take over what another process has written of the run, without writing it again."""
        self._name, self._notes, self._tags = attachment.name, attachment.notes, attachment.tags
        self._group, self._job_type = attachment.group, attachment.job_type
        self._config.remember(attachment.config)

    def status(self) -> RunStatus:
        """Return how far the sending is."""
        from stepwell.runs.run_status import RunStatus

        status = self._writer.live().status()
        total = status["accepted"]
        done = status["acked"] if self.options.destination else status["spooled"]
        return RunStatus(total, max(total - done, 0))

    def project_name(self) -> str:
        """Return the project."""
        return self.project

    def get_url(self) -> str | None:
        """Return the address of the run's page."""
        return self.url

    def get_project_url(self) -> str | None:
        """Return the address of the project's page."""
        return self.project_url

    def get_sweep_url(self) -> str | None:
        """Return None: there are no sweeps."""
        return self.sweep_url

    def pin_config_keys(self, keys: Sequence[str] = ()) -> None:
        """Do nothing: the page of a run shows every key of its config."""

    def mark_preempting(self) -> None:
        """Do nothing: what was logged is on disk already when a machine is taken away."""

    def to_html(self, height: int = 420, hidden: bool = False) -> str:
        """Return HTML that shows the run's page in a frame of `height` pixels; for a local run, its name."""
        from stepwell.process.notebook import framed

        return framed(self.url, self._name, self.path, height, hidden)

    def display(self, height: int = 420, hidden: bool = False) -> bool:
        """Show the run's page in a notebook; False outside of one."""
        from stepwell.process.notebook import show

        return show(self.to_html(height, hidden))

    def _repr_html_(self) -> str:
        return self.to_html()

    def __repr__(self) -> str:
        return f"<Run {self.path} ({self._name})>"
