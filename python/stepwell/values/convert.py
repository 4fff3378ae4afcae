"""Conversion of values that the native encoder does not know, by the table in the documentation of `log`.

The native encoder handles float, int, str, bool, None, bytes, dict, list, tuple, and scalars and arrays of
numpy; it calls `convert` for everything else, so nothing here is in the way of a plain metric. Other
libraries are recognised by the module of a value's type and never imported: a value of theirs is proof that
they are imported already.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from datetime import date, datetime, time
from enum import Enum
from pathlib import PurePath
from typing import Any

from stepwell.media.encoding.arrays import ITERABLES, array_of, elements_of, not_loggable
from stepwell.media.recognition import is_any, recognised
from stepwell.media.records.media import Media, sequence


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
    medium = _as_media(value)
    if medium is not None:
        return medium.record(key)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, PurePath) or is_any(value, ("decimal", "Decimal"), ("uuid", "UUID")):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    if isinstance(value, ITERABLES):
        return elements_of(key, value)
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    array = array_of(value)
    if array is not None:
        return _scalar(array) if array.ndim == 0 else array
    name = _callable_name(value)
    if name is not None:
        return name
    raise not_loggable(key, value)


def _list_of_media(key: str, values: list[Any] | tuple[Any, ...]) -> Any:
    """Return the record of a list of media of one kind, and any other list as it is, media in it."""
    media = [_as_media(value) for value in values]
    found = [each for each in media if each is not None]
    is_one_kind = len(found) == len(values) and len({each.type_name() for each in found}) == 1
    return sequence(key, found) if is_one_kind else values


def _as_media(value: Any) -> Media | None:
    """Return what is logged of media, also of other libraries'; None for everything else."""
    medium = recognised(value)
    if medium is None and hasattr(value, "columns"):
        from stepwell.media.records.frame import is_frame
        from stepwell.media.table import Table

        return Table(dataframe=value, allow_mixed_types=True) if is_frame(value) else None
    return medium


def _scalar(array: Any) -> Any:
    """Return the Python value of an array without dimensions; a long double has none and becomes a float."""
    return float(array) if array.dtype.kind == "f" else array.item()


def _callable_name(value: Any) -> str | None:
    if isinstance(value, functools.partial):
        return _callable_name(value.func)
    if not callable(value):
        return None
    named = value if hasattr(value, "__qualname__") else type(value)
    return f"{named.__module__}.{named.__qualname__}"
