"""Hyperparameters, as TensorBoard's plugin `hparams` keeps them."""

from __future__ import annotations

from typing import Any

from stepwell.imports.protobuf import parsed
from stepwell.proto.foreign import tensorboard_pb2


def hyperparameters(data: bytes) -> dict[str, Any]:
    """Return the hyperparameters by name that a message of the plugin tells; most tell none.

    Raises
    ------
    WireError
        If the bytes are no message.
    """
    found = parsed(tensorboard_pb2.Hparams, data).session_start_info.hparams
    kinds = {name: value.WhichOneof("kind") for name, value in found.items()}
    return {name: None if kind is None else getattr(found[name], kind) for name, kind in kinds.items()}
