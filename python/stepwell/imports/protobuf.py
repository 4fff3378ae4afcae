"""Messages of protocol buffers, by classes that name the fields: `step = integer(2)`.

Only what is needed of a schema is written down; other fields are passed over. A field that is not there has
the value that protocol buffers give it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

from stepwell.errors import Error

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

T = TypeVar("T")
M = TypeVar("M", bound="Message")
# What a field holds, each time that it occurs: an int for a varint, bytes for everything else.
Raw = list[int | bytes]
_NOTHING: Raw = []


class WireError(Error, ValueError):
    """Bytes that are no message."""


class Message:
    """A message. Classes derived from it name the fields.

    Parameters
    ----------
    data
        Its bytes.

    Raises
    ------
    WireError
        If they are no message; a field that is not what its class says raises it when it is read.
    """

    def __init__(self, data: bytes) -> None:
        self._raw = _fields(data) if data else {}

    def __contains__(self, field: Field[Any]) -> bool:
        return field.number in self._raw

    def raw(self, number: int) -> Raw:
        """Return what is there of a field."""
        return self._raw.get(number, _NOTHING)


class Field(Generic[T]):
    """A field of a message.

    Parameters
    ----------
    number
        Its number.
    read
        Turns what is there of it into its value.
    """

    def __init__(self, number: int, read: Callable[[Raw], T]) -> None:
        self.number = number
        self._read = read

    @overload
    def __get__(self, message: None, kind: type) -> Field[T]: ...
    @overload
    def __get__(self, message: Message, kind: type) -> T: ...
    def __get__(self, message: Message | None, kind: type) -> Field[T] | T:
        return self if message is None else self._read(message.raw(self.number))


def integer(number: int) -> Field[int]:
    """Declare an int64, int32 or enum."""
    return Field(number, lambda found: _signed(_whole(found[-1])) if found else 0)


def sint(number: int) -> Field[int]:
    """Declare a sint64."""

    def read(found: Raw) -> int:
        value = _whole(found[-1]) if found else 0
        return (value >> 1) ^ -(value & 1)

    return Field(number, read)


def integers(number: int) -> Field[list[int]]:
    """Declare repeated integers, packed or not."""
    return Field(number, lambda found: [_signed(each) for value in found for each in _varints(value)])


def flag(number: int) -> Field[bool]:
    """Declare a bool."""
    return Field(number, lambda found: bool(_whole(found[-1])) if found else False)


def double(number: int) -> Field[float]:
    """Declare a double."""
    return Field(number, lambda found: float(_unpacked(found[-1], "d")[0]) if found else 0.0)


def doubles(number: int) -> Field[list[float]]:
    """Declare repeated doubles, packed or not."""
    return Field(number, lambda found: [each for value in found if value != b"" for each in _unpacked(value, "d")])


def floats(number: int) -> Field[list[float]]:
    """Declare repeated floats, packed or not."""
    return Field(number, lambda found: [each for value in found if value != b"" for each in _unpacked(value, "f")])


def data(number: int) -> Field[bytes]:
    """Declare bytes."""
    return Field(number, lambda found: _bytes(found[-1]) if found else b"")


def repeated_data(number: int) -> Field[list[bytes]]:
    """Declare repeated bytes."""
    return Field(number, lambda found: [_bytes(each) for each in found])


def text(number: int) -> Field[str]:
    """Declare a string."""
    return Field(number, lambda found: _text(found[-1]) if found else "")


def texts(number: int) -> Field[list[str]]:
    """Declare repeated strings."""
    return Field(number, lambda found: [_text(each) for each in found])


def message(number: int, kind: type[M]) -> Field[M]:
    """Declare a message; parts of it that come one by one are merged."""
    return Field(number, lambda found: kind(b"".join(_bytes(each) for each in found)))


def messages(number: int, kind: type[M]) -> Field[list[M]]:
    """Declare repeated messages."""
    return Field(number, lambda found: [kind(_bytes(each)) for each in found])


def _fields(data: bytes) -> dict[int, Raw]:
    """Return what each field holds, by number; fixed numbers are 8 or 4 bytes."""
    found: dict[int, Raw] = {}
    at, end = 0, len(data)
    while at < end:
        key, at = _varint(data, at)
        kind = key & 7
        value: int | bytes
        if kind == _VARINT:
            value, at = _varint(data, at)
        else:
            if kind == _BYTES:
                size, at = _varint(data, at)
            elif kind in (_FIXED64, _FIXED32):
                size = 8 if kind == _FIXED64 else 4
            else:
                raise WireError(f"a message has a field of the unknown kind {kind} at byte {at}")
            if at + size > end:
                raise WireError(f"a field of {size} bytes ends behind its message of {end}")
            value, at = data[at : at + size], at + size
        if key >> 3 in found:
            found[key >> 3].append(value)
        else:
            found[key >> 3] = [value]
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the unsigned varint at a place, and the place behind it."""
    if at < len(data) and data[at] < 0x80:  # most are short
        return data[at], at + 1
    value = shift = 0
    while at < len(data) and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise WireError(f"a varint has no end at byte {at}")


def _varints(value: int | bytes) -> list[int]:
    if isinstance(value, int):
        return [value]
    found, at = [], 0
    while at < len(value):
        number, at = _varint(value, at)
        found.append(number)
    return found


def _signed(number: int) -> int:
    return number - (1 << 64) if number >= 1 << 63 else number


def _whole(value: int | bytes) -> int:
    if not isinstance(value, int):
        raise WireError("a field that must be a varint is none")
    return value


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise WireError("a field that must be bytes is a varint")
    return value


def _text(value: int | bytes) -> str:
    return _bytes(value).decode("utf-8", "replace")


def single(value: bytes) -> float:
    """Return the float of a field that was read as it is there."""
    return float(_unpacked(value, "f")[0])


def _unpacked(value: int | bytes, code: str) -> tuple[float, ...]:
    """Return fixed-size numbers; `code` is that of `struct`."""
    data, size = _bytes(value), struct.calcsize(f"<{code}")
    if not data or len(data) % size:
        raise WireError(f"a field of {len(data)} bytes holds no numbers of {size} bytes")
    return struct.unpack(f"<{len(data) // size}{code}", data)
