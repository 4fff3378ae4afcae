"""Hyperparameters, as TensorBoard's plugin `hparams` keeps them."""

from __future__ import annotations

from typing import Any

from stepwell.imports import protobuf


class _Value(protobuf.Message):
    """A `google.protobuf.Value`; lists and structures are not written by anybody."""

    number_value = protobuf.double(2)
    string_value = protobuf.text(3)
    bool_value = protobuf.flag(4)

    def plain(self) -> float | str | bool | None:
        if _Value.number_value in self:
            return self.number_value
        if _Value.string_value in self:
            return self.string_value
        return self.bool_value if _Value.bool_value in self else None


class _Entry(protobuf.Message):
    key = protobuf.text(1)
    value = protobuf.message(2, _Value)


class _SessionStartInfo(protobuf.Message):
    hparams = protobuf.messages(1, _Entry)


class _PluginData(protobuf.Message):
    session_start_info = protobuf.message(3, _SessionStartInfo)


def hyperparameters(data: bytes) -> dict[str, Any]:
    """Return the hyperparameters by name that a message of the plugin tells; most tell none.

    Raises
    ------
    WireError
        If the bytes are no message.
    """
    return {entry.key: entry.value.plain() for entry in _PluginData(data).session_start_info.hparams}
