"""Arrays and tensors of any library as numpy arrays of types that the native encoder knows.

Libraries are recognised by the module of a value's type and never imported: a value of theirs is proof that
they are imported already.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Mapping, Sequence, Set, ValuesView
from contextlib import suppress
from datetime import date, time, timedelta
from itertools import islice
from types import GeneratorType
from typing import Any

# A generator may have no end; a list of so many numbers is as large as a row may be.
MAX_ELEMENTS = 1_000_000

ITERABLES = (Set, range, GeneratorType, map, filter, zip, deque, ValuesView)

# Where arrays come from that have no `__array__`.
_PACKAGES = ("array", "cupy")
# numpy's number for types that other libraries add to it, such as bfloat16.
_ADDED_TYPE = 2


def is_array(value: Any) -> bool:
    """Whether it is an array, a tensor or a scalar of any library; a class is none, and a table is more."""
    kind = type(value)
    if not (hasattr(kind, "__array__") or is_torch(value) or _package(value) in _PACKAGES):
        return False
    return not issubclass(kind, type) and not has(value, "columns")


def has(value: Any, name: str) -> bool:
    """Whether a value has an attribute; it has none where asking raises, as proxies and lazy objects may."""
    try:
        return hasattr(value, name)
    except Exception:  # noqa: BLE001  whatever the library raises
        return False


def is_torch(value: Any) -> bool:
    """Whether it is a tensor of torch, or of a class that extends it."""
    return any(base.__name__ == "Tensor" and base.__module__ == "torch" for base in type(value).__mro__)


def array_of(value: Any) -> Any:
    """Return a numpy array for an array, a tensor or a scalar of any library, None for anything else.

    Times are text in it; one that is missing is None. What is masked stays so.
    """
    if not is_array(value):
        return None
    if is_torch(value):
        return _from_torch(value)
    package = _package(value)
    if package == "cupy":
        return value.get()
    return _known_type(value.numpy() if package == "tensorflow" and hasattr(value, "numpy") else value)


def to_array(key: str, values: Any) -> Any:
    """Return a numpy array of real numbers for an array, a tensor, a sequence or another iterable.

    NaN stands for what is masked, and for what is missing among numbers.

    Raises
    ------
    TypeError
        If the values are no real numbers.
    ValueError
        If an iterable has more than a million elements.
    """
    array = array_of(values)
    if array is None:
        if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, (*ITERABLES, Sequence)):
            raise not_loggable(key, values)
        array = _known_type([_array_or_self(value) for value in elements_of(key, values)])
    array = without_mask(_without_missing(array) if array.dtype.kind == "O" else array)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{key} holds {array.dtype.name} values; expected real numbers")
    return array


def without_mask(array: Any) -> Any:
    """Return an array with NaN where it is masked."""
    import numpy

    if not is_masked(array):
        return array
    return array.astype(numpy.float64).filled(numpy.nan) if array.mask.any() else array.data


def is_masked(array: Any) -> bool:
    """Whether a numpy array has a mask."""
    return hasattr(array, "filled") and hasattr(array, "mask")


def elements_of(key: str, values: Any) -> list[Any]:
    """Return the elements of an iterable, at most a million."""
    elements = list(islice(values, MAX_ELEMENTS + 1))
    if len(elements) > MAX_ELEMENTS:
        raise ValueError(f"{key!r} has more than {MAX_ELEMENTS:,} elements; nothing of this call was kept")
    if isinstance(values, Set):
        # The order of a set changes from one process to the next; what is stored must not.
        elements.sort(key=lambda element: (str(type(element)), str(element)))
    return elements


def time_text(value: date | time | timedelta) -> str:
    """Return a time or a span of time in the form of ISO 8601: `2024-02-29T12:30:01`, `P1DT90.5S`."""
    if not isinstance(value, timedelta):
        return value.isoformat()
    sign, value = ("-", -value) if value < timedelta(0) else ("", value)
    days = f"{value.days}D" if value.days else ""
    seconds = (
        f"{value.seconds}.{value.microseconds:06}".rstrip("0").rstrip(".") if value.microseconds else value.seconds
    )
    return f"{sign}P{days}" if days and not seconds else f"{sign}P{days}T{seconds}S"


def not_loggable(key: str, value: Any) -> TypeError:
    """Return the error of a value for which nothing can stand."""
    return TypeError(
        f"{key!r} has a value of type {type_name(value)}, which cannot be logged; nothing of this call was kept. "
        "Log numbers, text, lists, dicts, arrays or media, or convert it first."
    )


def type_name(value: Any) -> str:
    """Return the name of a value's type, with its module."""
    return f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")


def _package(value: Any) -> str:
    return type(value).__module__.partition(".")[0]


def _from_torch(tensor: Any) -> Any:
    tensor = tensor.detach()
    if getattr(tensor, "is_quantized", False):
        tensor = tensor.dequantize()
    if str(getattr(tensor, "layout", "torch.strided")) != "torch.strided":
        tensor = tensor.to_dense()
    tensor = tensor.cpu()
    if getattr(tensor, "is_conj", bool)():  # bits that stand for a computation that was put off
        tensor = tensor.resolve_conj()
    if getattr(tensor, "is_neg", bool)():
        tensor = tensor.resolve_neg()
    if getattr(tensor, "dtype", None) is getattr(sys.modules.get("torch"), "bfloat16", False):
        return _read_torch(tensor.float())  # the common one of those below, spared the error
    try:
        return _read_torch(tensor)
    except (TypeError, RuntimeError, BufferError):  # numpy has no 8-bit floats and no complex of 32 bits
        is_complex = hasattr(tensor, "is_complex") and tensor.is_complex()
        return _read_torch(tensor.cfloat() if is_complex else tensor.float())


def _read_torch(tensor: Any) -> Any:
    """Return a tensor's numbers.

    Within a transform of `torch.func` its own `numpy` fails or is noise; those of `vmap` are the whole batch.
    """
    try:
        has_address = tensor.data_ptr() != 0
    except (AttributeError, RuntimeError):
        has_address = False
    if has_address:
        return tensor.numpy()
    unwrap = getattr(getattr(sys.modules.get("torch"), "func", None), "debug_unwrap", None)
    unwrapped = tensor if unwrap is None else unwrap(tensor)
    if unwrapped is tensor:
        return tensor.numpy()
    import numpy

    return numpy.from_dlpack(unwrapped)


def _known_type(array: Any) -> Any:
    """Return an array of a type that the native encoder knows."""
    import numpy

    array = array if is_masked(array) else numpy.asarray(array)
    if array.dtype.kind in "mM":
        return numpy.array([_time(each) for each in array.ravel()], dtype=object).reshape(array.shape)
    if array.dtype.isbuiltin == _ADDED_TYPE:  # bfloat16 and small integers, as ml_dtypes gives them to JAX
        return array.astype(numpy.int8 if "int" in array.dtype.name else numpy.float32)
    return array


def _time(value: Any) -> str | None:
    """Return the text of a time or a span of time of numpy."""
    import numpy

    if value is numpy.ma.masked or numpy.isnat(value):
        return None
    found = value.item()
    if isinstance(found, int):  # nanoseconds, for example
        with suppress(TypeError):  # months have no fixed length
            rounded = value.astype(f"{value.dtype.kind}8[us]")
            found = rounded.item() if rounded == value else found
    return str(value) if isinstance(found, int) else time_text(found)


def _without_missing(array: Any) -> Any:
    """Return an array of numbers for one of objects, with NaN for None, NA and masked elements."""
    import numpy

    values = array.ravel().tolist()
    if all(map(_is_missing, values)) or any(isinstance(each, (str, bytes)) for each in values):
        return array
    with suppress(TypeError, ValueError):
        numbers = [numpy.nan if _is_missing(each) else float(each) for each in values]
        return numpy.array(numbers).reshape(array.shape)
    return array


def _is_missing(value: Any) -> bool:
    return value is None or type(value).__name__ in {"NAType", "MaskedConstant"}


def _array_or_self(value: Any) -> Any:
    array = array_of(value)
    return value if array is None else array
