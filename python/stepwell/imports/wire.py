"""The wire format of protocol buffers, without a schema: fields one after the other, each with a number."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from stepwell.errors import Error

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class WireError(Error, ValueError):
    """Bytes that are no message."""


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Iterate over the fields of a message.

    Yields
    ------
    tuple
        The field's number and its value: an int for a varint, bytes for everything else (8 or 4 of a fixed number).

    Raises
    ------
    WireError
        If the bytes are no message.
    """
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        kind = key & 7
        if kind == _VARINT:
            value, at = varint(data, at)
            yield key >> 3, value
            continue
        if kind == _BYTES:
            size, at = varint(data, at)
        elif kind in (_FIXED64, _FIXED32):
            size = 8 if kind == _FIXED64 else 4
        else:
            raise WireError(f"a message has a field of the unknown kind {kind} at byte {at}")
        if at + size > len(data):
            raise WireError(f"a field of {size} bytes ends behind its message of {len(data)}")
        yield key >> 3, data[at : at + size]
        at += size


def varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the unsigned varint at a place, and the place behind it."""
    value = shift = 0
    while at < len(data) and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise WireError(f"a varint has no end at byte {at}")


def signed(value: int | bytes) -> int:
    """Return a varint as the signed 64-bit integer that it stands for."""
    number = whole(value)
    return number - (1 << 64) if number >= 1 << 63 else number


def whole(value: int | bytes) -> int:
    """Return the value of a field that must be a varint."""
    if not isinstance(value, int):
        raise WireError("a field that must be a varint is none")
    return value


def raw(value: int | bytes) -> bytes:
    """Return the value of a field that must be bytes."""
    if isinstance(value, int):
        raise WireError("a field that must be bytes is a varint")
    return value


def text(value: int | bytes) -> str:
    """Return the value of a field that must be text."""
    return raw(value).decode("utf-8", "replace")


def double(value: int | bytes) -> float:
    """Return the value of a field that must be a double."""
    return float(numbers(value, "d")[0])


def single(value: int | bytes) -> float:
    """Return the value of a field that must be a float."""
    return float(numbers(value, "f")[0])


def numbers(value: int | bytes, code: str) -> tuple[float, ...]:
    """Return the packed fixed-size numbers of a field; `code` is that of `struct`."""
    data, size = raw(value), struct.calcsize(f"<{code}")
    if not data or len(data) % size:
        raise WireError(f"a field of {len(data)} bytes holds no numbers of {size} bytes")
    return struct.unpack(f"<{len(data) // size}{code}", data)


def varints(value: int | bytes) -> list[int]:
    """Return the varints of a field, packed or a single one."""
    if isinstance(value, int):
        return [value]
    found, at = [], 0
    while at < len(value):
        number, at = varint(value, at)
        found.append(number)
    return found
