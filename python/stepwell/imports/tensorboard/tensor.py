"""Tensors of event files (`tensorflow.TensorProto`) as arrays."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from stepwell.imports.protobuf import WireError, parsed
from stepwell.proto.foreign import tensorboard_pb2

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

# numpy's names of TensorFlow's numbers for types.
_TYPES = {
    1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 8: "complex64", 9: "int64", 10: "bool",
    17: "uint16", 18: "complex128", 19: "float16", 22: "uint32", 23: "uint64",
}  # fmt: skip
_STRING, _BFLOAT16 = 7, 14
# More elements than memory is worth for a log.
MAX_ELEMENTS = 1 << 28


def read_tensor(data: bytes) -> npt.NDArray[Any] | None:
    """Return the tensor of a message as an array, `object` (bytes) for text; None for a type numpy lacks.

    Raises
    ------
    WireError
        If the bytes are no tensor.
    """
    import numpy as np

    said = parsed(tensorboard_pb2.Tensor, data)
    kind, shape = said.dtype, [each.size for each in said.shape.dim]
    if any(length < 0 for length in shape):
        raise WireError("a tensor has a dimension of unknown size")
    size = math.prod(shape)
    if size > MAX_ELEMENTS:
        raise WireError(f"a tensor says that its shape is {shape}")
    if kind == _STRING:
        return _filled(np.array(said.string_val, dtype=object), shape, size)
    if kind not in _TYPES and kind != _BFLOAT16:
        return None
    if said.content:
        return _of_content(said.content, kind, shape, size)
    values: list[Any] = [
        *said.float_val, *said.double_val, *said.int_val, *said.int64_val, *said.bool_val, *said.half_val,
        *said.uint32_val, *said.uint64_val,
    ]  # fmt: skip
    pairs = [*said.scomplex_val, *said.dcomplex_val]
    values += [complex(*pair) for pair in zip(pairs[::2], pairs[1::2], strict=False)]
    if kind in (19, _BFLOAT16):  # their bits, in integers
        return _filled(_of_bits(np.array(values, dtype=np.uint16), kind), shape, size)
    # Integers come as 64 bits with a sign; astype wraps them into the type that was written.
    exact = np.array(values, dtype=np.int64) if values and isinstance(values[0], int) else np.array(values)
    return _filled(exact.astype(_TYPES[kind]), shape, size)


def _of_content(content: bytes, kind: int, shape: list[int], size: int) -> npt.NDArray[Any]:
    import numpy as np

    stored = np.dtype("uint16" if kind == _BFLOAT16 else _TYPES[kind])
    if len(content) != size * stored.itemsize:
        raise WireError(f"a tensor of the shape {shape} has {len(content)} bytes")
    array = np.frombuffer(content, dtype=stored.newbyteorder("<")).astype(stored)
    return (_of_bits(array, kind) if kind == _BFLOAT16 else array).reshape(shape)


def _of_bits(bits: npt.NDArray[np.uint16], kind: int) -> npt.NDArray[Any]:
    import numpy as np

    if kind == 19:
        return bits.view(np.float16)
    return (bits.astype(np.uint32) << np.uint32(16)).view(np.float32)


def _filled(array: npt.NDArray[Any], shape: list[int], size: int) -> npt.NDArray[Any]:
    """Bring values to their shape; fewer values than elements mean that the last one is repeated."""
    import numpy as np

    if len(array) > size:
        raise WireError(f"a tensor of the shape {shape} has {len(array)} values")
    if len(array) < size:
        last = array[-1:] if len(array) else np.zeros(1, array.dtype) if array.dtype != object else np.array([b""], "O")
        array = np.concatenate([array, np.repeat(last, size - len(array))])
    return array.reshape(shape)
