"""Messages of other programs, parsed by the generated classes of `stepwell.proto.foreign`."""

from __future__ import annotations

from typing import TypeVar

from google.protobuf.message import DecodeError, Message

from stepwell.errors import Error

M = TypeVar("M", bound=Message)


class WireError(Error, ValueError):
    """Bytes that are no message, or one that contradicts itself."""


def parsed(kind: type[M], data: bytes) -> M:
    """Return the message that bytes are; `WireError` if they are none."""
    try:
        return kind.FromString(data)
    except (DecodeError, ValueError) as error:  # a ValueError for text that is none
        raise WireError(f"the bytes are no {kind.DESCRIPTOR.name}: {error}") from None
