"""Protocol buffers without a schema: the fields of a message by their numbers."""

from __future__ import annotations

import struct

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class Message:
    """A message. A field that is not there has the value that protocol buffers give it.

    Parameters
    ----------
    data
        Its bytes.

    Raises
    ------
    ValueError
        If they are no message.
    """

    def __init__(self, data: bytes) -> None:
        self._fields: dict[int, list[int | bytes]] = {}
        place = 0
        while place < len(data):
            key, place = _varint(data, place)
            number, kind = key >> 3, key & 7
            value: int | bytes
            if kind == _VARINT:
                value, place = _varint(data, place)
            elif kind in {_FIXED64, _FIXED32, _BYTES}:
                length = {_FIXED64: 8, _FIXED32: 4}.get(kind, -1)
                if length < 0:
                    length, place = _varint(data, place)
                value, place = data[place : place + length], place + length
                if place > len(data):
                    raise ValueError("a field goes beyond the end of its message")
            else:
                raise ValueError(f"a field has the wire type {kind}")
            self._fields.setdefault(number, []).append(value)

    def __contains__(self, number: int) -> bool:
        return number in self._fields

    def integer(self, number: int) -> int:
        """Return an int64 or int32."""
        value = self._last(number, 0)
        if not isinstance(value, int):
            raise ValueError(f"field {number} is no integer")
        return value - (1 << 64) if value >= 1 << 63 else value

    def sint(self, number: int) -> int:
        """Return a sint64."""
        value = self._last(number, 0)
        if not isinstance(value, int):
            raise ValueError(f"field {number} is no integer")
        return (value >> 1) ^ -(value & 1)

    def flag(self, number: int) -> bool:
        """Return a bool."""
        return bool(self._last(number, 0))

    def double(self, number: int) -> float:
        """Return a double."""
        data = self._last(number, bytes(8))
        if not isinstance(data, bytes) or len(data) != 8:
            raise ValueError(f"field {number} is no double")
        value: float = struct.unpack("<d", data)[0]
        return value

    def text(self, number: int) -> str:
        """Return a string."""
        return _text(number, self._last(number, b""))

    def texts(self, number: int) -> list[str]:
        """Return the strings of a repeated field."""
        return [_text(number, each) for each in self._fields.get(number, [])]

    def message(self, number: int) -> Message:
        """Return a message; parts of it that come one by one are merged."""
        return Message(b"".join(each for each in self._fields.get(number, []) if isinstance(each, bytes)))

    def messages(self, number: int) -> list[Message]:
        """Return the messages of a repeated field."""
        return [Message(each) for each in self._fields.get(number, []) if isinstance(each, bytes)]

    def _last(self, number: int, default: int | bytes) -> int | bytes:
        return self._fields.get(number, [default])[-1]


def _text(number: int, data: int | bytes) -> str:
    if not isinstance(data, bytes):
        raise ValueError(f"field {number} is no text")
    return data.decode("utf-8", "replace")


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if place >= len(data) or shift > 63:
            raise ValueError("a number goes beyond the end of its message")
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place += 1
        if byte < 0x80:
            return value & ((1 << 64) - 1), place
        shift += 7
