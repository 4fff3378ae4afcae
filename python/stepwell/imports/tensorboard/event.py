"""Events of TensorBoard (`tensorflow.Event`): a time, a step, and values by tag."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from stepwell.imports.protobuf import parsed
from stepwell.proto.foreign import tensorboard_pb2
from stepwell.settings.naming import clean

# `SessionLog.START`: a writer began, at the step of the event; what an earlier one wrote from there on is
# void.
_START = 1


@dataclass(frozen=True)
class Value:
    """One value of a summary, its content not decoded yet.

    Attributes
    ----------
    tag
        Name.
    kind
        `scalar`, `image`, `histogram`, `audio`, `tensor`, or empty for what nobody logs any more.
    data
        The bytes of the message of that kind; for a scalar the number.
    plugin
        Part of TensorBoard that shows it; writers may say it with the first value of a tag only.
    plugin_data
        What the writer tells that part.
    """

    tag: str
    kind: str
    data: Any
    plugin: str = ""
    plugin_data: bytes = b""


@dataclass(frozen=True)
class Event:
    """One event.

    Attributes
    ----------
    time
        When it was written, in seconds since 1970.
    step
        Step that the program gave.
    values
        What it holds.
    is_start
        Whether a writer began here.
    version
        Version of the format, in the first event of a file; else empty.
    source
        The file that it was read from; empty for one that was not.
    """

    time: float = 0.0
    step: int = 0
    values: list[Value] = field(default_factory=list)
    is_start: bool = False
    version: str = ""
    source: str = field(default="", compare=False)


def read_event(data: bytes, source: str = "") -> Event:
    """Return the event of a record, read from the file `source`.

    Raises
    ------
    WireError
        If the bytes are no event.
    """
    said = parsed(tensorboard_pb2.Event, data)
    values = [_value(each) for each in said.summary.value]
    return Event(said.wall_time, said.step, values, said.session_log.status == _START, said.file_version, source)


def _value(said: tensorboard_pb2.SummaryValue) -> Value:
    kind, plugin = said.WhichOneof("content"), said.metadata.plugin_data
    data = b"" if kind is None else getattr(said, kind)
    tag = clean(said.tag.decode("utf-8", "surrogateescape"))
    return Value(tag, kind or "", data, plugin.plugin_name, plugin.content)
