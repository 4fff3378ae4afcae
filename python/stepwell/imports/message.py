"""A message of protocol buffers without its schema: the fields by their numbers."""

from __future__ import annotations

from stepwell.imports import wire


class Message:
    """A message. A field that is not there has the value that protocol buffers give it.

    Parameters
    ----------
    data
        Its bytes.

    Raises
    ------
    WireError
        If they are no message, or a field is read as what it is not.
    """

    def __init__(self, data: bytes) -> None:
        self._fields: dict[int, list[int | bytes]] = {}
        for number, value in wire.fields(data):
            self._fields.setdefault(number, []).append(value)

    def __contains__(self, number: int) -> bool:
        return number in self._fields

    def integer(self, number: int) -> int:
        """Return an int64 or int32."""
        return wire.signed(self._last(number, 0))

    def sint(self, number: int) -> int:
        """Return a sint64."""
        value = wire.whole(self._last(number, 0))
        return (value >> 1) ^ -(value & 1)

    def flag(self, number: int) -> bool:
        """Return a bool."""
        return bool(self._last(number, 0))

    def double(self, number: int) -> float:
        """Return a double."""
        return wire.double(self._last(number, bytes(8)))

    def text(self, number: int) -> str:
        """Return a string."""
        return wire.text(self._last(number, b""))

    def texts(self, number: int) -> list[str]:
        """Return the strings of a repeated field."""
        return [wire.text(each) for each in self._fields.get(number, [])]

    def message(self, number: int) -> Message:
        """Return a message; parts of it that come one by one are merged."""
        return Message(b"".join(each for each in self._fields.get(number, []) if isinstance(each, bytes)))

    def messages(self, number: int) -> list[Message]:
        """Return the messages of a repeated field."""
        return [Message(each) for each in self._fields.get(number, []) if isinstance(each, bytes)]

    def _last(self, number: int, default: int | bytes) -> int | bytes:
        return self._fields.get(number, [default])[-1]
