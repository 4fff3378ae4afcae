"""A run that is read back and changed."""

from __future__ import annotations

import copy
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from stepwell.api import payload
from stepwell.api.artifacts.run_artifacts import RunArtifacts
from stepwell.api.change import changes
from stepwell.api.change_writer import change_writer
from stepwell.api.media import read_media
from stepwell.api.summary import Summary
from stepwell.errors import UsageError, WaitTimeoutError
from stepwell.process.notebook import framed, show
from stepwell.proto.v1 import manage_pb2, model_pb2, query_pb2
from stepwell.settings.naming import checked_tags, clean, file_name
from stepwell.values.json_form import to_json
from stepwell.writing.artifact_notes import split

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stepwell.api.file import File
    from stepwell.api.files import Files
    from stepwell.api.server.connection import Connection

_LOOK_SECONDS = 1.0
# Values of a summary that come along in a list.
LISTED_VALUES = 1_000


class Run(RunArtifacts):
    """What a server knows of a run when it was asked; `load` asks again.

    `config`, `summary`, `name`, `notes`, `tags`, `group` and `job_type` can be changed; `update` writes the
    changes.

    Parameters
    ----------
    connection
        The server.
    reply
        What it said.
    is_listed
        Whether it said so in a list, where long summaries are cut.
    """

    def __init__(self, connection: Connection, reply: query_pb2.Run, is_listed: bool = False) -> None:
        super().__init__(connection, reply)
        self._summary: Summary | None = None
        self._has_a_part = False
        self._take(reply)
        self._has_a_part = is_listed and reply.summary_keys > LISTED_VALUES

    def _take(self, reply: query_pb2.Run) -> None:
        self._reply = reply
        self._has_a_part = False
        self._read = {
            "name": reply.name,
            "notes": reply.notes,
            "tags": list(reply.tags),
            "group": reply.group,
            "job_type": reply.job_type,
        }
        self._attributes: dict[str, Any] = copy.deepcopy(self._read)
        self._config: dict[str, Any] | None = None
        self._read_config: dict[str, Any] = {}
        if self._summary is not None:
            self._summary.refill(self._read_summary())

    def said(self) -> dict[str, Any]:
        """Return what the run says of itself, as it was written: the form in which a writer takes it up."""
        reply = self._reply
        return {
            **self._read,
            "name": "" if reply.name == self.id else reply.name,
            "tags": tuple(reply.tags),
            "config": split(payload.unpack(reply.config) or {})[0],
            "summary": payload.unpack(reply.summary) or {},
            "metrics": payload.unpack(reply.metrics) or [],
        }

    def load(self, force: bool = False) -> Run:
        """Ask the server for the newest state. What was changed and not written is dropped.

        Parameters
        ----------
        force
            Ignored: it always asks.
        """
        self._connection.catch_up()
        self._files.forget()
        self._take(self._connection.call("GetRun", query_pb2.GetRunRequest(path=self._reply.path)))
        return self

    load_full_data = load

    def wait_until_finished(self, timeout: float | None = None) -> Run:
        """Wait until the run is not running any more.

        Parameters
        ----------
        timeout
            Longest wait, in s; by default there is none.

        Raises
        ------
        WaitTimeoutError
            If it runs on.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while self.load().state == "running":
            if deadline is not None and time.monotonic() >= deadline:
                raise WaitTimeoutError(f"run {'/'.join(self.path)} still runs after {timeout:g} s")
            time.sleep(_LOOK_SECONDS if deadline is None else min(_LOOK_SECONDS, max(deadline - time.monotonic(), 0)))
        return self

    # What can be changed.

    @property
    def config(self) -> dict[str, Any]:
        """Configuration. `update` writes what was changed in it."""
        if self._config is None:
            found, _ = split(payload.unpack(self._reply.config) or {})
            self._config = {key: self._files.completed(each) for key, each in found.items()}
            self._read_config = copy.deepcopy(self._config)
        return self._config

    @config.setter
    def config(self, values: Mapping[str, Any]) -> None:
        kept = self.config
        kept.clear()
        kept.update(values)

    @property
    def rawconfig(self) -> dict[str, Any]:
        """The same as `config`: nothing is added to what was set."""
        return self.config

    @property
    def json_config(self) -> str:
        """The configuration as wandb writes it in JSON: `{"lr": {"value": 0.1, "desc": null}}`."""
        return json.dumps({key: {"value": to_json(each), "desc": None} for key, each in self.config.items()})

    @property
    def summary(self) -> Summary:
        """One value per key: set by hand, or the last one logged. `summary.update()` writes changes of it."""
        if self._summary is None:
            self._summary = Summary(self._read_summary(), self._write_summary)
        return self._summary

    def _read_summary(self) -> dict[str, Any]:
        if self._has_a_part:
            # A list has the first values only; whoever asks for the summary gets all of it.
            whole: Any = self._connection.call("GetRun", query_pb2.GetRunRequest(path=self._reply.path))
            self._reply.summary = whole.summary
            self._has_a_part = False
        found = payload.unpack(self._reply.summary) or {}
        return {key: self._files.completed(each) for key, each in found.items()}

    @property
    def summary_metrics(self) -> dict[str, Any]:
        """A copy of the summary: what is changed in it stays in it."""
        return Summary(self.summary.flat(), lambda _changed, _deleted: None)

    @property
    def name(self) -> str:
        """Display name; the id if it has none."""
        return str(self._attributes["name"])

    @name.setter
    def name(self, name: str) -> None:
        self._attributes["name"] = _text("name", name)

    display_name = displayName = name  # noqa: N815  wandb's name

    @property
    def notes(self) -> str:
        """Notes."""
        return str(self._attributes["notes"])

    @notes.setter
    def notes(self, notes: str) -> None:
        self._attributes["notes"] = _text("notes", notes)

    @property
    def tags(self) -> list[str]:
        """Tags; the list may be changed in place."""
        tags: list[str] = self._attributes["tags"]
        return tags

    @tags.setter
    def tags(self, tags: Sequence[str]) -> None:
        if isinstance(tags, str):
            raise UsageError(f"tags must be a sequence of str, not the str {tags!r}")
        self._attributes["tags"] = list(checked_tags(tags))

    @property
    def group(self) -> str:
        """Group of runs that it belongs to."""
        return str(self._attributes["group"])

    @group.setter
    def group(self, group: str) -> None:
        self._attributes["group"] = _text("group", group)

    @property
    def job_type(self) -> str:
        """What it does."""
        return str(self._attributes["job_type"])

    @job_type.setter
    def job_type(self, job_type: str) -> None:
        self._attributes["job_type"] = _text("job_type", job_type)

    def update(self) -> None:
        """Write everything that was changed since the run was loaded, and load it again.

        Raises
        ------
        TypeError
            If a value cannot be stored; it names the key.
        CommError
            If it could not be written in time.
        """
        self.tags[:] = checked_tags(self.tags)
        config = changes(self._read_config, self.config)
        summary = self.summary.changes()
        attributes, _ = changes(self._read, self._attributes)
        if any(config) or any(summary) or attributes:
            with change_writer(self._connection, self._reply.path, self._label) as writer:
                writer.config(*config)
                writer.attributes(attributes)
                writer.summary(*summary)
        self.load()

    def save(self) -> None:
        """Do the same as `update`."""
        self.update()

    def delete(self, delete_artifacts: bool = False) -> None:
        """Remove the run and everything that belongs to it.

        Parameters
        ----------
        delete_artifacts
            Ignored: there are none.

        Raises
        ------
        CommError
            If the server cannot be reached, or the run is in a directory and one of its writers lives.
        """
        self._connection.manage("DeleteRun", manage_pb2.DeleteRunRequest(path=self._reply.path))

    def _write_summary(self, changed: Mapping[str, Any], deleted: Sequence[str]) -> None:
        with change_writer(self._connection, self._reply.path, self._label) as writer:
            writer.summary(changed, deleted)
        unwritten = (self._config, self._read_config, self._attributes)
        self.load()
        self._config, self._read_config, self._attributes = unwritten

    # Its files.

    def files(self, names: Sequence[str] | None = None, pattern: str | None = None, per_page: int = 50) -> Files:
        """Return the files: media, tables, arrays, and what was saved by hand.

        Parameters
        ----------
        names
            Only those of these names.
        pattern
            Only those whose names match: `media/images/*`.
        per_page
            Ignored: all are listed at once.

        Raises
        ------
        ValueError
            If both names and a pattern are given.
        CommError
            If the server cannot be reached.
        """
        return self._files.choose(names, pattern)

    def file(self, name: str) -> File:
        """Return one file by its path within the run.

        Raises
        ------
        CommError
            If there is no such file, or the server cannot be reached.
        """
        return self._files.named(name)

    def upload_file(self, path: str | os.PathLike[str], root: str | os.PathLike[str] = ".") -> File:
        """Store a file with the run, under its path from `root`.

        Raises
        ------
        ValueError
            If it does not lie below `root`.
        OSError
            If it cannot be read.
        CommError
            If it could not be written in time.
        """
        name = file_name(Path(path).absolute().relative_to(Path(root).absolute()).as_posix())
        with change_writer(self._connection, self._reply.path, self._label) as writer:
            writer.file(name, Path(path))
        self._files.forget()
        return self.file(name)

    def media(self, record: Mapping[str, Any]) -> Any:
        """Return what a media record stands for, its content read.

        Parameters
        ----------
        record
            A dict with `_type`, from a row, the summary, or a cell of a table.

        Returns
        -------
        object
            A PIL image; a `TableContent`, for a table or a chart; a numpy array, for an array or a point
            cloud; `(counts, edges)`, for a histogram; a dict, for a Plotly figure or a scene; text, for HTML;
            bytes, for any other file; and a list of these for a list of media.

        Raises
        ------
        ValueError
            If it is no record.
        CommError
            If its content is not there.
        ImportError
            If Pillow or numpy is needed and not installed.
        """
        return read_media(record, self._files)

    @property
    def attrs(self) -> dict[str, Any]:
        """What the run is called, how it went and what it says of itself, by name."""
        names = ("id", "displayName", "state", "createdAt", "heartbeatAt", "tags", "notes", "group", "config")
        said = {name: getattr(self, name) for name in names}
        return {**said, "jobType": self.job_type, "summaryMetrics": dict(self.summary)}

    def to_html(self, height: int = 420, hidden: bool = False) -> str:
        """Return HTML that shows the run's page in a frame of `height` pixels; for a directory, its name."""
        return framed(self.url, self.name, "/".join(self.path), height, hidden)

    def display(self, height: int = 420, hidden: bool = False) -> bool:
        """Show the run's page in a notebook; False outside of one."""
        return show(self.to_html(height, hidden))

    def _repr_html_(self) -> str:
        return self.to_html()

    def __repr__(self) -> str:
        return f"<Run {'/'.join(self.path)} ({self.state})>"


def run_path(path: str, entity: str) -> model_pb2.RunPath:
    """Return the path of `project/id`, `entity/project/id` or the address of a run's page.

    Raises
    ------
    ValueError
        If it is neither.
    """
    parts = path.strip("/").split("/")
    if "://" in path:
        parts = [unquote(part) for part in urlsplit(path).path.strip("/").split("/")[:4]]
    if len(parts) == 4 and parts[2] == "runs":  # as in the address of a page
        del parts[2]
    if len(parts) not in {2, 3} or not all(parts):
        raise ValueError(f"{path!r} is no path of a run; expected project/id or entity/project/id")
    *owner, project, run = parts
    return model_pb2.RunPath(entity=owner[0] if owner else entity, project=project, run=run)


def _text(name: str, given: object) -> str:
    if not isinstance(given, str):
        raise UsageError(f"{name} must be a str, not {type(given).__name__}")
    return clean(given)
