"""Conversion of values that the native encoder does not know, by the table in the documentation of `log`.

The native encoder handles float, int, str, bool, None, bytes, dict, list, tuple, and scalars and arrays of numpy; it
calls `convert` for everything else, so nothing here is in the way of a plain metric. Other libraries are recognised by
the module of a value's type and never imported: a value of theirs is proof that they are imported already.
"""

from __future__ import annotations

import dataclasses
import functools
import sys
from collections import deque
from collections.abc import Mapping, Set, ValuesView
from datetime import date, datetime, time
from enum import Enum
from itertools import islice
from pathlib import PurePath
from types import GeneratorType
from typing import Any

from stepwell.media.records.media import Media, sequence

# A generator may have no end; a list of so many numbers is as large as a row may be.
MAX_ELEMENTS = 1_000_000

# What is logged most often of all that comes here is a loss that is still a tensor.
_TENSORS = frozenset({"torch", "jax", "jaxlib", "tensorflow"})
_ITERABLES = (Set, range, GeneratorType, map, filter, zip, deque, ValuesView)


def convert(key: str, value: Any) -> Any:
    """Return something that the native encoder knows and that stands for `value`.

    Parameters
    ----------
    key
        Where the value was logged; it is named in errors.
    value
        What was logged.

    Raises
    ------
    TypeError
        If nothing does; it names the key and the type.
    ValueError
        If an iterable has more than a million elements.
    """
    if isinstance(value, Media):
        return value.record(key)
    if isinstance(value, (list, tuple)):
        return _list_of_media(key, value)
    medium = as_media(value)
    if medium is not None:
        return medium.record(key)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, PurePath) or _is_any(value, ("decimal", "Decimal"), ("uuid", "UUID")):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    if isinstance(value, _ITERABLES):
        return _list(key, value)
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    array = array_of(value)
    if array is not None:
        return _scalar(array) if array.ndim == 0 else array
    name = _callable_name(value)
    if name is not None:
        return name
    kind = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
    raise TypeError(
        f"{key!r} has a value of type {kind}, which cannot be logged; nothing of this call was kept. "
        "Log numbers, text, lists, dicts, arrays or media, or convert it first."
    )


def _list_of_media(key: str, values: list[Any] | tuple[Any, ...]) -> Any:
    """Return the record of a list of media of one kind, and any other list as it is."""
    media = [as_media(value) for value in values]
    if not any(media):
        return values
    for index, (value, medium) in enumerate(zip(values, media, strict=True)):
        if medium is None:
            raise TypeError(
                f"{key!r} has a list of {type(next(filter(None, media))).__name__} with a value of type "
                f"{type(value).__name__} at index {index}; nothing of this call was kept. "
                "A list of media holds one kind only."
            )
    return sequence(key, [medium for medium in media if medium is not None])


def as_media(value: Any) -> Media | None:
    """Return what is logged of media and of the values of other libraries that are some; None for everything else."""
    if isinstance(value, Media):
        return value
    if type(value).__module__.partition(".")[0] in _TENSORS:
        return None
    # What is imported here is so only once a value may need it: `init` is quick.
    if hasattr(value, "columns"):
        from stepwell.media.records.frame import is_frame
        from stepwell.media.table import Table

        return Table(dataframe=value, allow_mixed_types=True) if is_frame(value) else None
    if hasattr(value, "to_plotly_json") and type(value).__module__.startswith("plotly."):
        from stepwell.media.plotly import Plotly

        return Plotly(value)
    if _is_any(value, ("PIL.Image", "Image")):
        from stepwell.media.image import Image

        return Image(value)
    if "matplotlib" in sys.modules:
        from stepwell.media.encoding.figure import figure_of

        if figure_of(value) is not None:
            from stepwell.media.plotly import from_matplotlib

            return from_matplotlib(value)
    return None


def _is_any(value: Any, *types: tuple[str, str]) -> bool:
    """Whether a value is of a type that is named by module and name, without importing the module."""
    found = (getattr(sys.modules.get(module), name, None) for module, name in types)
    return any(isinstance(value, kind) for kind in found if kind is not None)


def _list(key: str, values: Any) -> list[Any]:
    elements = list(islice(values, MAX_ELEMENTS + 1))
    if len(elements) > MAX_ELEMENTS:
        raise ValueError(f"{key!r} has more than {MAX_ELEMENTS:,} elements; nothing of this call was kept")
    if isinstance(values, Set):
        # The order of a set changes from one process to the next; what is stored must not.
        elements.sort(key=lambda element: (str(type(element)), str(element)))
    return elements


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


def _scalar(array: Any) -> Any:
    """Return the Python value of an array without dimensions; a long double has none and becomes a float."""
    return float(array) if array.dtype.kind == "f" else array.item()


def _from_torch(tensor: Any) -> Any:
    tensor = tensor.detach()
    if getattr(tensor, "is_quantized", False):
        tensor = tensor.dequantize()
    if str(getattr(tensor, "layout", "torch.strided")) != "torch.strided":
        tensor = tensor.to_dense()
    tensor = tensor.cpu()
    try:
        return tensor.numpy()
    except (
        TypeError,
        RuntimeError,
    ):  # numpy has no bfloat16 and no 8-bit floats; a copy resolves lazy views
        return tensor.float().numpy()


def _known_dtype(array: Any) -> Any:
    """Return the array in a type that the native encoder knows."""
    import numpy

    array = numpy.asarray(array)
    kind = array.dtype.kind
    if kind in "mM":
        array = numpy.datetime_as_string(array) if kind == "M" else array.astype(str)
    if (
        kind == "V" and array.dtype.names is None
    ):  # bfloat16 and the like, as ml_dtypes gives them to JAX and TensorFlow
        return array.astype(numpy.float32)
    return array


def _callable_name(value: Any) -> str | None:
    if isinstance(value, functools.partial):
        return _callable_name(value.func)
    if not callable(value):
        return None
    named = value if hasattr(value, "__qualname__") else type(value)
    return f"{named.__module__}.{named.__qualname__}"


def to_array(key: str, values: Any) -> Any:
    """Return a numpy array of real numbers for an array, a tensor or a sequence.

    Raises
    ------
    TypeError
        If the values are no real numbers.
    """
    import numpy

    if not isinstance(values, numpy.ndarray):
        array = array_of(values)
        if array is None and isinstance(values, (list, tuple)):
            array = numpy.asarray([_array_or_self(value) for value in values] if values else [], dtype=None)
        elif array is None:
            array = numpy.asarray(convert(key, values))
        values = _known_dtype(array)
    array = numpy.asarray(values)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{key} holds {array.dtype.name} values; expected real numbers")
    return array


def _array_or_self(value: Any) -> Any:
    array = array_of(value)
    return value if array is None else array
