"""Arrays and tensors of any library as numpy arrays of types that the native encoder knows.

Libraries are recognised by the module of a value's type and never imported: a value of theirs is proof that
they are imported already.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Set, ValuesView
from itertools import islice
from types import GeneratorType
from typing import Any

# A generator may have no end; a list of so many numbers is as large as a row may be.
MAX_ELEMENTS = 1_000_000

ITERABLES = (Set, range, GeneratorType, map, filter, zip, deque, ValuesView)


def array_of(value: Any) -> Any:
    """Return a numpy array or scalar for an array or tensor of any library, None for anything else."""
    package = type(value).__module__.partition(".")[0]
    if package == "torch" and hasattr(value, "detach"):
        return _from_torch(value)
    if package == "cupy" and hasattr(value, "get"):
        return value.get()
    if isinstance(value, type) or not (hasattr(value, "__array__") or package == "array"):
        return None
    if hasattr(value, "columns"):  # a table is more than its numbers
        return None
    import numpy

    array = value.numpy() if package == "tensorflow" and hasattr(value, "numpy") else numpy.asarray(value)
    return _known_dtype(array)


def to_array(key: str, values: Any) -> Any:
    """Return a numpy array of real numbers for an array, a tensor, a sequence or another iterable.

    Raises
    ------
    TypeError
        If the values are no real numbers.
    ValueError
        If an iterable has more than a million elements.
    """
    import numpy

    if not isinstance(values, numpy.ndarray):
        array = array_of(values)
        if array is None:
            if isinstance(values, ITERABLES):
                values = elements_of(key, values)
            elif not isinstance(values, (list, tuple)):
                raise not_loggable(key, values)
            array = numpy.asarray([_array_or_self(value) for value in values] if values else [])
        values = _known_dtype(array)
    if values.dtype.kind not in "biuf":
        raise TypeError(f"{key} holds {values.dtype.name} values; expected real numbers")
    return values


def elements_of(key: str, values: Any) -> list[Any]:
    """Return the elements of an iterable, at most a million."""
    elements = list(islice(values, MAX_ELEMENTS + 1))
    if len(elements) > MAX_ELEMENTS:
        raise ValueError(f"{key!r} has more than {MAX_ELEMENTS:,} elements; nothing of this call was kept")
    if isinstance(values, Set):
        # The order of a set changes from one process to the next; what is stored must not.
        elements.sort(key=lambda element: (str(type(element)), str(element)))
    return elements


def not_loggable(key: str, value: Any) -> TypeError:
    """Return the error of a value for which nothing can stand."""
    kind = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
    return TypeError(
        f"{key!r} has a value of type {kind}, which cannot be logged; nothing of this call was kept. "
        "Log numbers, text, lists, dicts, arrays or media, or convert it first."
    )


def _from_torch(tensor: Any) -> Any:
    tensor = tensor.detach()
    if getattr(tensor, "is_quantized", False):
        tensor = tensor.dequantize()
    if str(getattr(tensor, "layout", "torch.strided")) != "torch.strided":
        tensor = tensor.to_dense()
    tensor = tensor.cpu()
    try:
        return tensor.numpy()
    except (TypeError, RuntimeError):  # numpy has no bfloat16 and no 8-bit floats; a copy resolves lazy views
        return tensor.float().numpy()


def _known_dtype(array: Any) -> Any:
    """Return the array in a type that the native encoder knows."""
    import numpy

    array = numpy.asarray(array)
    kind = array.dtype.kind
    if kind in "mM":
        array = numpy.datetime_as_string(array) if kind == "M" else array.astype(str)
    if kind == "V" and array.dtype.names is None:  # bfloat16 and the like, as ml_dtypes gives them to JAX
        return array.astype(numpy.float32)
    return array


def _array_or_self(value: Any) -> Any:
    array = array_of(value)
    return value if array is None else array
