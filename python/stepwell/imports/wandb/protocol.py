"""Records of wandb's log by its public protocol, as far as they make up a run."""

from __future__ import annotations

import json
from typing import Any

from stepwell.imports.protobuf import Message, double, flag, integer, message, messages, sint, text, texts

GOALS = {1: "minimize", 2: "maximize"}


class Item(Message):
    """An item of config, summary or history: a key or a path of keys, and a value, as JSON or in newer logs typed."""

    key = text(1)
    nested_key = texts(2)
    boolean = flag(4)
    integer = sint(5)
    number = double(6)
    string = text(7)
    json = text(8)
    value_json = text(16)

    @property
    def path(self) -> tuple[str, ...]:
        """Keys that lead to the value."""
        return tuple(self.nested_key) or (self.key,)

    def value(self) -> Any:
        """Return the value, None without one. Text that is no JSON is a ValueError."""
        if Item.value_json in self:
            return json.loads(self.value_json)
        for field in (Item.boolean, Item.integer, Item.number, Item.string):
            if field in self:
                return field.__get__(self, Item)
        return json.loads(self.json) if Item.json in self else None


class Update(Message):
    """Changes of config or summary."""

    update = messages(1, Item)
    remove = messages(2, Item)


class HistoryStep(Message):
    """Step of a row."""

    num = integer(1)


class History(Message):
    """A row."""

    item = messages(1, Item)
    step = message(2, HistoryStep)


class File(Message):
    """A file of the run."""

    path = text(1)


class Files(Message):
    """Files of the run."""

    files = messages(1, File)


class MetricOptions(Message):
    """How a metric is shown."""

    step_sync = flag(1)
    hidden = flag(2)


class MetricSummary(Message):
    """What the summary holds of a metric, by our names."""

    min = flag(1)
    max = flag(2)
    mean = flag(3)
    best = flag(4)
    last = flag(5)
    none = flag(6)
    copy = flag(7)
    first = flag(8)

    def kinds(self) -> list[str]:
        """Return the names that are set."""
        return [name for name in ("min", "max", "mean", "best", "last", "none", "copy", "first") if getattr(self, name)]


class MetricControl(Message):
    """How a definition meets earlier ones."""

    overwrite = flag(1)


class Metric(Message):
    """A definition of a metric."""

    name = text(1)
    glob_name = text(2)
    step_metric = text(4)
    options = message(6, MetricOptions)
    summary = message(7, MetricSummary)
    goal = integer(8)
    control = message(9, MetricControl)
    expanded_from_glob = flag(10)


class Timestamp(Message):
    """A time since 1970."""

    seconds = integer(1)
    nanos = integer(2)


class Run(Message):
    """What `init` was told."""

    run_id = text(1)
    entity = text(2)
    project = text(3)
    config = message(4, Update)
    summary = message(5, Update)
    run_group = text(6)
    job_type = text(7)
    display_name = text(8)
    notes = text(9)
    tags = texts(10)
    start_time = message(17, Timestamp)


class Exit(Message):
    """The end of the run."""

    exit_code = integer(1)


class Record(Message):
    """A record; one of these."""

    history = message(2, History)
    summary = message(3, Update)
    config = message(5, Update)
    files = message(6, Files)
    metric = message(12, Metric)
    run = message(17, Run)
    exit = message(18, Exit)
