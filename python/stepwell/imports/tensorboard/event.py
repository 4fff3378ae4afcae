"""Events of TensorBoard (`tensorflow.Event`): a time, a step, and values by tag."""

from __future__ import annotations

from dataclasses import dataclass, field

from stepwell.imports import protobuf

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
        The message of that kind; for a scalar its four bytes.
    plugin
        Part of TensorBoard that shows it; writers may say it with the first value of a tag only.
    plugin_data
        What the writer tells that part.
    """

    tag: str
    kind: str
    data: bytes
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


class _PluginData(protobuf.Message):
    plugin_name = protobuf.text(1)
    content = protobuf.data(2)


class _SummaryMetadata(protobuf.Message):
    plugin_data = protobuf.message(1, _PluginData)


class _Value(protobuf.Message):
    tag = protobuf.text(1)
    simple_value = protobuf.data(2)
    image = protobuf.data(4)
    histogram = protobuf.data(5)
    audio = protobuf.data(6)
    tensor = protobuf.data(8)
    metadata = protobuf.message(9, _SummaryMetadata)


class _Summary(protobuf.Message):
    value = protobuf.messages(1, _Value)


class _SessionLog(protobuf.Message):
    status = protobuf.integer(1)


class _Event(protobuf.Message):
    wall_time = protobuf.double(1)
    step = protobuf.integer(2)
    file_version = protobuf.text(3)
    summary = protobuf.message(5, _Summary)
    session_log = protobuf.message(7, _SessionLog)


_KINDS = {
    "scalar": _Value.simple_value,
    "image": _Value.image,
    "histogram": _Value.histogram,
    "audio": _Value.audio,
    "tensor": _Value.tensor,
}


def read_event(data: bytes, source: str = "") -> Event:
    """Return the event of a record, read from the file `source`.

    Raises
    ------
    WireError
        If the bytes are no event.
    """
    said = _Event(data)
    values = [_value(each) for each in said.summary.value]
    return Event(said.wall_time, said.step, values, said.session_log.status == _START, said.file_version, source)


def _value(said: _Value) -> Value:
    tag, plugin = said.tag, said.metadata.plugin_data
    kind, content = next(((kind, known) for kind, known in _KINDS.items() if known in said), ("", None))
    data = b"" if content is None else content.__get__(said, _Value)
    return Value(tag, kind, data, plugin.plugin_name, plugin.content)
