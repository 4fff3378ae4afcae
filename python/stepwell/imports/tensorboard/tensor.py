"""Tensors of event files (`tensorflow.TensorProto`) as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell.imports import wire

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

# numpy's names of TensorFlow's numbers for types.
_TYPES = {
    1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 8: "complex64", 9: "int64", 10: "bool",
    17: "uint16", 18: "complex128", 19: "float16", 22: "uint32", 23: "uint64",
}  # fmt: skip
_STRING, _BFLOAT16 = 7, 14
# Fields of a tensor that hold single values, and how they are packed; None: as varints.
_VALUES = {5: "f", 6: "d", 7: None, 9: "f", 10: None, 11: None, 12: "d", 13: None, 16: None, 17: None}
_COMPLEX_FIELDS = (9, 12)
# More elements than memory is worth for a log.
MAX_ELEMENTS = 1 << 28


def read_tensor(data: bytes) -> npt.NDArray[Any] | None:
    """Return the tensor of a message as an array, of `object` (bytes) for text; None for a type that numpy lacks.

    Raises
    ------
    WireError
        If the bytes are no tensor.
    """
    import numpy as np

    kind, shape, content = 0, list[int](), b""
    values: list[Any] = []
    texts: list[bytes] = []
    paired = False
    for number, value in wire.fields(data):
        if number == 1:
            kind = wire.whole(value)
        elif number == 2:
            shape = _shape(wire.raw(value))
        elif number == 4:
            content = wire.raw(value)
        elif number == 8:
            texts.append(wire.raw(value))
        elif number in _VALUES:
            code = _VALUES[number]
            values += [wire.signed(each) for each in wire.varints(value)] if code is None else wire.numbers(value, code)
            paired = paired or number in _COMPLEX_FIELDS
    size = 1
    for length in shape:
        size *= length
    if size < 0 or size > MAX_ELEMENTS:
        raise wire.WireError(f"a tensor says that its shape is {shape}")
    if kind == _STRING:
        return _filled(np.array(texts, dtype=object), shape, size)
    if kind not in _TYPES and kind != _BFLOAT16:
        return None
    if content:
        return _of_content(content, kind, shape, size)
    if paired:
        values = [complex(*pair) for pair in zip(values[::2], values[1::2], strict=False)]
    if kind in (19, _BFLOAT16):  # their bits, in integers
        return _filled(_of_bits(np.array(values, dtype=np.uint16), kind), shape, size)
    # Integers come as 64 bits with a sign; astype wraps them into the type that was written.
    exact = np.array(values, dtype=np.int64) if values and isinstance(values[0], int) else np.array(values)
    return _filled(exact.astype(_TYPES[kind]), shape, size)


def _of_content(content: bytes, kind: int, shape: list[int], size: int) -> npt.NDArray[Any]:
    import numpy as np

    stored = np.dtype("uint16" if kind == _BFLOAT16 else _TYPES[kind])
    if len(content) != size * stored.itemsize:
        raise wire.WireError(f"a tensor of the shape {shape} has {len(content)} bytes")
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
        raise wire.WireError(f"a tensor of the shape {shape} has {len(array)} values")
    if len(array) < size:
        last = array[-1:] if len(array) else np.zeros(1, array.dtype) if array.dtype != object else np.array([b""], "O")
        array = np.concatenate([array, np.repeat(last, size - len(array))])
    return array.reshape(shape)


def _shape(data: bytes) -> list[int]:
    sizes = []
    for number, value in wire.fields(data):
        if number == 2:
            size = 0
            for inner, length in wire.fields(wire.raw(value)):
                size = wire.signed(length) if inner == 1 else size
            if size < 0:
                raise wire.WireError("a tensor has a dimension of unknown size")
            sizes.append(size)
    return sizes
