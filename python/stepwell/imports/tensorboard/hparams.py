"""Hyperparameters, as TensorBoard's plugin `hparams` keeps them."""

from __future__ import annotations

from typing import Any

from stepwell.imports import wire


def hyperparameters(data: bytes) -> dict[str, Any]:
    """Return the hyperparameters by name that a message of the plugin tells; most tell none.

    Raises
    ------
    WireError
        If the bytes are no message.
    """
    found: dict[str, Any] = {}
    for number, session in wire.fields(data):
        if number != 3:  # session_start_info
            continue
        for inner, entry in wire.fields(wire.raw(session)):
            if inner == 1:
                pair = dict(wire.fields(wire.raw(entry)))
                found[wire.text(pair.get(1, b""))] = _value(wire.raw(pair.get(2, b"")))
    return found


def _value(data: bytes) -> float | str | bool | None:
    """Return a `google.protobuf.Value`; lists and structures are not written by anybody."""
    for number, value in wire.fields(data):
        if number == 2:
            return wire.double(value)
        if number == 3:
            return wire.text(value)
        if number == 4:
            return bool(wire.whole(value))
    return None
