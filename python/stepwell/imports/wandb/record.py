"""The records of wandb's log that make up a run, by the field numbers of its public protocol."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stepwell._native import name_problem
from stepwell.imports.message import Message
from stepwell.imports.refusals import Refusals, is_time

if TYPE_CHECKING:
    from collections.abc import Iterable

# Record.
_HISTORY, _SUMMARY, _CONFIG, _FILES, _METRIC, _RUN, _EXIT = 2, 3, 5, 6, 12, 17, 18
# RunRecord.
_ID, _ENTITY, _PROJECT, _RUN_CONFIG, _RUN_SUMMARY, _GROUP, _JOB_TYPE, _NAME, _NOTES, _TAGS, _START = (
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 17,
)  # fmt: skip
# Items of config, summary and history: a key or a path of keys, and a value as JSON; newer logs have typed values.
_KEY, _NESTED_KEY, _VALUE_JSON = 1, 2, 16
_BOOLEAN, _INTEGER, _NUMBER, _TEXT, _JSON = 4, 5, 6, 7, 8
_SUMMARIES = {1: "min", 2: "max", 3: "mean", 4: "best", 5: "last", 6: "none", 7: "copy", 8: "first"}
_GOALS = {1: "minimize", 2: "maximize"}

Path = tuple[str, ...]


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
            self._take(Message(data))
        except Exception as error:  # noqa: BLE001  a record costs itself only, whichever part of it is wrong
            self.refused.note(self._source, f"record {number}", error)

    def _take(self, record: Message) -> None:
        if _HISTORY in record:
            self._take_history(record.message(_HISTORY))
        elif _SUMMARY in record:
            self._change(self.summary, record.message(_SUMMARY))
        elif _CONFIG in record:
            self._change(self.config, record.message(_CONFIG))
        elif _FILES in record:
            self.files += [each.text(1) for each in record.message(_FILES).messages(1)]
        elif _METRIC in record:
            self._take_metric(record.message(_METRIC))
        elif _RUN in record:
            self._take_run(record.message(_RUN))
        elif _EXIT in record:
            self.exit_code = record.message(_EXIT).integer(1)

    def _take_run(self, said: Message) -> None:
        self.id, self.entity, self.project = said.text(_ID), said.text(_ENTITY), said.text(_PROJECT)
        self.name, self.notes, self.tags = said.text(_NAME), said.text(_NOTES), []
        for tag in said.texts(_TAGS):
            if problem := name_problem("tag", tag):
                self.refused.note(self._source, "tags", f"a tag {problem}")
            else:
                self.tags.append(tag)
        self.group, self.job_type = said.text(_GROUP), said.text(_JOB_TYPE)
        start = said.message(_START)
        seconds = start.integer(1) + start.integer(2) / 1e9
        self.start = seconds if is_time(seconds) else 0.0
        self._change(self.config, said.message(_RUN_CONFIG))
        self._change(self.summary, said.message(_RUN_SUMMARY))

    def _take_history(self, said: Message) -> None:
        values: dict[str, Any] = {}
        for item in said.messages(1):
            self._set(values, item)
        step = values.pop("_step", None)
        # Logs of older versions say the step in the row only.
        chosen = said.message(2).integer(1) if 2 in said else step or 0
        if isinstance(chosen, bool) or not isinstance(chosen, (int, float)) or chosen != chosen // 1:
            raise ValueError(f"the row has the step {chosen!r:.60}, which is no integer")
        self.rows.append(WandbRow(int(chosen), values))

    def _set(self, values: dict[str, Any], item: Message) -> None:
        """Set the value of an item; what is none is noted."""
        path = _path(item)
        try:
            value = _value(item)
        except (ValueError, RecursionError) as error:
            self.refused.note(self._source, ".".join(path), error)
        else:
            _set(values, path, value)

    def _change(self, values: dict[str, Any], said: Message) -> None:
        """Apply an update of config or summary: changed items, then those that are removed."""
        for item in said.messages(1):
            self._set(values, item)
        for item in said.messages(2):
            *above, last = _path(item)
            inner: Any = values
            for key in above:
                inner = inner.get(key) if isinstance(inner, dict) else None
            if isinstance(inner, dict):
                inner.pop(last, None)

    def _take_metric(self, said: Message) -> None:
        if said.flag(10):  # made from a glob, which is a record of its own
            return
        options, summary = said.message(6), said.message(7)
        self.metrics.append(
            {
                "name": said.text(1) or said.text(2),
                "step_metric": said.text(4) or None,
                "step_sync": True if options.flag(1) else None,
                "hidden": True if options.flag(2) else None,
                "summary": [name for number, name in _SUMMARIES.items() if summary.flag(number)],
                "goal": _GOALS.get(said.integer(8)),
                "overwrite": said.message(9).flag(1),
            }
        )


def _path(item: Message) -> Path:
    return tuple(item.texts(_NESTED_KEY)) or (item.text(_KEY),)


def _value(item: Message) -> Any:
    if _VALUE_JSON in item:
        return json.loads(item.text(_VALUE_JSON))
    if _BOOLEAN in item:
        return item.flag(_BOOLEAN)
    if _INTEGER in item:
        return item.sint(_INTEGER)
    if _NUMBER in item:
        return item.double(_NUMBER)
    if _TEXT in item:
        return item.text(_TEXT)
    return json.loads(item.text(_JSON)) if _JSON in item else None


def _set(values: dict[str, Any], path: Path, value: Any) -> None:
    *above, last = path
    for key in above:
        inner = values.get(key)
        if not isinstance(inner, dict):
            inner = values[key] = {}
        values = inner
    values[last] = value
