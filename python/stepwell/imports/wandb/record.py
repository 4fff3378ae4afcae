"""A run, put together from the records of wandb's log."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stepwell._native import name_problem
from stepwell.imports.protobuf import parsed
from stepwell.imports.refusals import Refusals, is_time
from stepwell.proto.foreign import wandb_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable

_GOALS = {1: "minimize", 2: "maximize"}


@dataclass
class WandbRow:
    """A row: values by path of keys."""

    step: int
    values: dict[str, Any]


@dataclass
class WandbRun:
    """What the records say of a run.

    Attributes
    ----------
    id, entity, project, name, notes, group, job_type, tags
        As `init` was told; empty where nothing was said.
    start
        When it began, in seconds since 1970.
    config, summary
        As they were at the end; nested.
    private
        What wandb keeps for itself in the config: classes, and the definitions of charts.
    rows
        Rows in the order in which they were logged.
    metrics
        Arguments of `define_metric`.
    files
        Paths of files, each once.
    exit_code
        None if the run did not end in order.
    refused
        What could not be read, or is no value; the importer adds what could not be stored.
    """

    id: str = ""
    entity: str = ""
    project: str = ""
    name: str = ""
    notes: str = ""
    group: str = ""
    job_type: str = ""
    tags: list[str] = field(default_factory=list)
    start: float = 0.0
    config: dict[str, Any] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    private: dict[str, Any] = field(default_factory=dict)
    rows: list[WandbRow] = field(default_factory=list)
    metrics: list[dict[str, Any]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    exit_code: int | None = None
    refused: Refusals = field(default_factory=Refusals)
    _source: str = ""

    @classmethod
    def read(cls, records: Iterable[bytes], source: str = "") -> WandbRun:
        """Put a run together; what is wrong with the records of the file `source` is noted in `refused`."""
        run = cls(_source=source)
        for number, data in enumerate(records, 1):
            run._take_or_note(number, data)
        private = run.config.pop("_wandb", None)
        run.private = private if isinstance(private, dict) else {}
        run.summary.pop("_wandb", None)
        run.files = list(dict.fromkeys(run.files))
        return run

    def _take_or_note(self, number: int, data: bytes) -> None:
        try:
            record = parsed(wandb_pb2.Record, data)
            if content := record.WhichOneof("content"):
                getattr(self, f"_take_{content}")(getattr(record, content))
        except Exception as error:  # noqa: BLE001  a record costs itself only, whichever part of it is wrong
            self.refused.note(self._source, f"record {number}", error)

    def _take_summary(self, said: wandb_pb2.Update) -> None:
        self._change(self.summary, said)

    def _take_config(self, said: wandb_pb2.Update) -> None:
        self._change(self.config, said)

    def _take_files(self, said: wandb_pb2.SavedFiles) -> None:
        self.files += [each.path for each in said.files]

    def _take_exit(self, said: wandb_pb2.ExitRecord) -> None:
        self.exit_code = said.exit_code

    def _take_run(self, said: wandb_pb2.RunRecord) -> None:
        self.id, self.entity, self.project = said.run_id, said.entity, said.project
        self.name, self.notes, self.tags = said.display_name, said.notes, []
        for tag in said.tags:
            if problem := name_problem("tag", tag):
                self.refused.note(self._source, "tags", f"a tag {problem}")
            else:
                self.tags.append(tag)
        self.group, self.job_type = said.run_group, said.job_type
        seconds = said.start_time.seconds + said.start_time.nanos / 1e9
        self.start = seconds if is_time(seconds) else 0.0
        self._change(self.config, said.config)
        self._change(self.summary, said.summary)

    def _take_history(self, said: wandb_pb2.HistoryRow) -> None:
        values: dict[str, Any] = {}
        for item in said.item:
            self._set(values, item)
        step = values.pop("_step", None)
        # Logs of older versions say the step in the row only.
        chosen = said.step.num if said.HasField("step") else step or 0
        if isinstance(chosen, bool) or not isinstance(chosen, (int, float)) or chosen != chosen // 1:
            raise ValueError(f"the row has the step {chosen!r:.60}, which is no integer")
        self.rows.append(WandbRow(int(chosen), values))

    def _set(self, values: dict[str, Any], item: wandb_pb2.Item) -> None:
        """Set the value of an item; what is none is noted."""
        path = _path(item)
        try:
            value = _value(item)
        except (ValueError, RecursionError) as error:
            self.refused.note(self._source, ".".join(path), error)
        else:
            _set(values, path, value)

    def _change(self, values: dict[str, Any], said: wandb_pb2.Update) -> None:
        """Apply an update of config or summary: changed items, then those that are removed."""
        for item in said.update:
            self._set(values, item)
        for item in said.remove:
            *above, last = _path(item)
            inner: Any = values
            for key in above:
                inner = inner.get(key) if isinstance(inner, dict) else None
            if isinstance(inner, dict):
                inner.pop(last, None)

    def _take_metric(self, said: wandb_pb2.MetricRecord) -> None:
        if said.expanded_from_glob:  # the glob is a record of its own
            return
        self.metrics.append(
            {
                "name": said.name or said.glob_name,
                "step_metric": said.step_metric or None,
                "step_sync": True if said.options.step_sync else None,
                "hidden": True if said.options.hidden else None,
                "summary": [kind.name for kind, _ in said.summary.ListFields()],
                "goal": _GOALS.get(said.goal),
                "overwrite": said.control.overwrite,
            }
        )


def _path(item: wandb_pb2.Item) -> tuple[str, ...]:
    return tuple(item.nested_key) or (item.key,)


def _value(item: wandb_pb2.Item) -> Any:
    """Return the value of an item, None without one. Text that is no JSON is a ValueError."""
    for name in ("value_json", "boolean", "integer", "number", "text", "json"):
        if item.HasField(name):
            found = getattr(item, name)
            return json.loads(found) if name.endswith("json") else found
    return None


def _set(values: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    *above, last = path
    for key in above:
        inner = values.get(key)
        if not isinstance(inner, dict):
            inner = values[key] = {}
        values = inner
    values[last] = value
