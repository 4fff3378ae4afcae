"""Tensors of event files (`tensorflow.TensorProto`) as arrays."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from stepwell.imports import protobuf

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


class _Dimension(protobuf.Message):
    size = protobuf.integer(1)


class _Shape(protobuf.Message):
    dim = protobuf.messages(2, _Dimension)


class _Tensor(protobuf.Message):
    dtype = protobuf.integer(1)
    tensor_shape = protobuf.message(2, _Shape)
    tensor_content = protobuf.data(4)
    float_val = protobuf.floats(5)
    double_val = protobuf.doubles(6)
    int_val = protobuf.integers(7)
    string_val = protobuf.repeated_data(8)
    scomplex_val = protobuf.floats(9)
    int64_val = protobuf.integers(10)
    bool_val = protobuf.integers(11)
    dcomplex_val = protobuf.doubles(12)
    half_val = protobuf.integers(13)
    uint32_val = protobuf.integers(16)
    uint64_val = protobuf.integers(17)


def read_tensor(data: bytes) -> npt.NDArray[Any] | None:
    """Return the tensor of a message as an array, of `object` (bytes) for text; None for a type that numpy lacks.

    Raises
    ------
    WireError
        If the bytes are no tensor.
    """
    import numpy as np

    said = _Tensor(data)
    kind, content, shape = said.dtype, said.tensor_content, [each.size for each in said.tensor_shape.dim]
    if any(length < 0 for length in shape):
        raise protobuf.WireError("a tensor has a dimension of unknown size")
    size = math.prod(shape)
    if size > MAX_ELEMENTS:
        raise protobuf.WireError(f"a tensor says that its shape is {shape}")
    if kind == _STRING:
        return _filled(np.array(said.string_val, dtype=object), shape, size)
    if kind not in _TYPES and kind != _BFLOAT16:
        return None
    if content:
        return _of_content(content, kind, shape, size)
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
        raise protobuf.WireError(f"a tensor of the shape {shape} has {len(content)} bytes")
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
        raise protobuf.WireError(f"a tensor of the shape {shape} has {len(array)} values")
    if len(array) < size:
        last = array[-1:] if len(array) else np.zeros(1, array.dtype) if array.dtype != object else np.array([b""], "O")
        array = np.concatenate([array, np.repeat(last, size - len(array))])
    return array.reshape(shape)
