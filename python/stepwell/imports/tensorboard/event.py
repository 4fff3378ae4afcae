"""Events of TensorBoard (`tensorflow.Event`): a time, a step, and values by tag."""

from __future__ import annotations

from dataclasses import dataclass, field

from stepwell.imports import wire

# `SessionLog.START`: a writer began, at the step of the event; what an earlier one wrote from there on is void.
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


_KINDS = {2: "scalar", 4: "image", 5: "histogram", 6: "audio", 8: "tensor"}


def read_event(data: bytes, source: str = "") -> Event:
    """Return the event of a record, read from the file `source`.

    Raises
    ------
    WireError
        If the bytes are no event.
    """
    time, step, version, is_start = 0.0, 0, "", False
    values: list[Value] = []
    for number, value in wire.fields(data):
        if number == 1:
            time = wire.double(value)
        elif number == 2:
            step = wire.signed(value)
        elif number == 3:
            version = wire.text(value)
        elif number == 5:
            values += [_value(wire.raw(each)) for inner, each in wire.fields(wire.raw(value)) if inner == 1]
        elif number == 7:
            is_start = any(inner == 1 and each == _START for inner, each in wire.fields(wire.raw(value)))
    return Event(time, step, values, is_start, version, source)


def _value(data: bytes) -> Value:
    tag, kind, content, plugin, plugin_data = "", "", b"", "", b""
    for number, value in wire.fields(data):
        if number == 1:
            tag = wire.text(value)
        elif number == 9:
            plugin, plugin_data = _plugin(wire.raw(value))
        elif number in _KINDS:
            kind, content = _KINDS[number], wire.raw(value)
    return Value(tag, kind, content, plugin, plugin_data)


def _plugin(metadata: bytes) -> tuple[str, bytes]:
    name, content = "", b""
    for number, value in wire.fields(metadata):
        if number == 1:
            for inner, each in wire.fields(wire.raw(value)):
                if inner == 1:
                    name = wire.text(each)
                elif inner == 2:
                    content = wire.raw(each)
    return name, content
