"""Reading of values of any type: what stands for each of them in plain Python, one level deep.

Rows, tables, the summary and the config are all made of this one table. Other libraries are recognised by
protocols, or by the module of a value's type, and never imported: a value of theirs is proof that they are
imported already.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import operator
import re
import sys
import types
from collections import UserString
from collections.abc import Callable, Mapping, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any, Final, NoReturn

from stepwell.errors import Error
from stepwell.media.encoding.arrays import (
    ITERABLES,
    array_of,
    elements_of,
    has,
    is_array,
    not_loggable,
    time_text,
    type_name,
)
from stepwell.settings.naming import too_deep
from stepwell.settings.strictness import tell

# What `reading` returns of values that nothing stands for.
UNREAD: Final = object()

Read = Callable[[str, Any], Any]

# What pandas and numpy have in the place of a value that is not there.
_MISSING = {("pandas", "NAType"), ("pandas", "NaTType"), ("numpy", "MaskedConstant")}
# The text of an object that has no better one says where in memory it lies.
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+>$")
_MOST_TYPES = 1_000


def reading(key: str, value: Any) -> Any:
    """Return what stands for a value: a scalar, text, bytes, a list, a dict or a numpy array; else `UNREAD`.

    What a list, a dict or an array holds, and what an Enum stands for, is not read yet.

    Parameters
    ----------
    key
        Where the value belongs; it is named in errors.
    value
        Anything but media.

    Raises
    ------
    TypeError
        If the library of the value raises while it is read.
    ValueError
        If an iterable has more than a million elements.
    """
    kind = type(value)
    try:
        read = _known.get(kind)
        if read is None:
            read = next((each for fits, each in _TABLE if fits(kind, value)), _unread)
            if len(_known) >= _MOST_TYPES:
                _known.clear()
            _known[kind] = read
        return read(key, value)
    except Exception as error:  # noqa: BLE001  whatever its library raises
        raise_with_key(key, value, error)


def is_missing(value: Any) -> bool:
    """Whether it is what pandas and numpy have in the place of a value that is not there: NA, NaT, masked."""
    return _is_missing(type(value), value)


def text_of(value: Any) -> str | None:
    """Return the text of a value; None if it says no more than its type and where in memory it lies."""
    text = str(value)
    return None if _ADDRESS.search(text) else text


def raise_with_key(key: str, value: Any, error: Exception) -> NoReturn:
    """Raise what was raised while a value was read, as an error that names the key."""
    said = str(error)
    if repr(key) in said or isinstance(error, (Error, OSError, MemoryError)):
        raise error
    if isinstance(error, RecursionError):
        raise too_deep(key) from error
    kind = ValueError if isinstance(error, ValueError) else TypeError
    raise kind(
        f"{key!r} has a value of type {type_name(value)}, which cannot be read: {type(error).__name__}: {said:.500}; "
        "nothing of this call was kept."
    ) from error


def _is_missing(kind: type, value: Any) -> bool:
    return (kind.__module__.partition(".")[0], kind.__name__) in _MISSING


def _of(*kinds: type) -> Callable[[type, Any], bool]:
    return lambda kind, value: issubclass(kind, kinds)


def _has(*names: str) -> Callable[[type, Any], bool]:
    return lambda kind, value: all(hasattr(kind, name) for name in names)


def _is_mapping(kind: type, value: Any) -> bool:
    """Whether it has items, as ConfigDict has and others that are no Mapping; some delegate `keys`."""
    is_frame = any(base.__name__ == "DataFrame" for base in kind.__mro__)
    return hasattr(kind, "__getitem__") and has(value, "keys") and callable(value.keys) and not is_frame


def _is_number(kind: type, value: Any) -> bool:
    """Whether it is a number of another library; those of the standard library are exact as text only."""
    return hasattr(kind, "__float__") and not issubclass(kind, (Decimal, Fraction))


def _is_standard(kind: type, value: Any) -> bool:
    return kind.__module__.partition(".")[0] in sys.stdlib_module_names


def _items(key: str, value: Any) -> dict[Any, Any]:
    return {name: _item(key, value, name) for name in list(value.keys())}


def _elements(key: str, value: Any) -> list[Any]:
    try:
        return elements_of(key, value)
    except Exception as error:
        if isinstance(error, ValueError) or not isinstance(value, Sequence):
            raise
    return [_item(key, value, index) for index in range(len(value))]


def _item(key: str, value: Any, name: Any) -> Any:
    """Return one item; None for one that cannot be read, as a value of OmegaConf's that is still missing."""
    try:
        return value[name]
    except Exception as error:  # noqa: BLE001  whatever the library raises
        tell(f"{key}.{name}", f"cannot be read ({type(error).__name__})", "None is kept", TypeError)
        return None


def _attributes(names: Callable[[Any], Any]) -> Read:
    """Return a reader of attributes; those that were never set are left out."""

    def read(key: str, value: Any) -> dict[str, Any]:
        return {name: getattr(value, name) for name in names(value) if has(value, name)}

    return read


def _number(key: str, value: Any) -> Any:
    try:
        return float(value)
    except Exception:  # noqa: BLE001  such as that of a quantity with a unit, which has a text
        return UNREAD


def _text(key: str, value: Any) -> Any:
    text = text_of(value)
    return UNREAD if text is None else text


def _callable_name(value: Any) -> str:
    if isinstance(value, functools.partial):
        return _callable_name(value.func)
    named = value if has(value, "__qualname__") else type(value)
    return f"{named.__module__}.{named.__qualname__}"


def _array(key: str, value: Any) -> Any:
    array = array_of(value)
    if array is None:
        raise not_loggable(key, value)
    if array.ndim:
        return array
    # A long double has no Python value and becomes a float, or complex.
    of_kind = {"f": float, "c": complex}.get(array.dtype.kind)
    return array.item() if of_kind is None else of_kind(array.item())


def _unread(key: str, value: Any) -> Any:
    return UNREAD


# What a value is, by its type, and how it is read; the first line that fits counts.
_TABLE: tuple[tuple[Callable[[type, Any], bool], Read], ...] = (
    (_of(type), lambda key, value: _callable_name(value)),
    (_is_missing, lambda key, value: None),
    (_of(Enum), lambda key, value: value.value),
    (_of(bool), lambda key, value: value),
    (_of(int), lambda key, value: int.__int__(value)),
    (_of(float), lambda key, value: float.__float__(value)),
    (_of(str), lambda key, value: str.__str__(value)),
    (_of(bytes, bytearray, memoryview), lambda key, value: bytes(value)),
    (_of(date, time, timedelta), lambda key, value: time_text(value)),
    (_of(complex), lambda key, value: str(complex(value)).strip("()")),
    (_of(re.Pattern), lambda key, value: value.pattern),
    (_of(UserString), lambda key, value: str(value)),
    (_has("as_py"), lambda key, value: value.as_py()),
    (_of(Mapping), _items),
    (lambda kind, value: is_array(value), _array),
    (_is_mapping, _items),
    (_has("model_dump"), lambda key, value: value.model_dump()),
    (_has("__dataclass_fields__"), _attributes(lambda value: [each.name for each in dataclasses.fields(value)])),
    (_has("__attrs_attrs__"), _attributes(lambda value: [each.name for each in value.__attrs_attrs__])),
    (_has("__fields__", "dict"), lambda key, value: value.dict()),
    (_of(argparse.Namespace, types.SimpleNamespace), lambda key, value: dict(vars(value))),
    (_has("flag_values_dict"), lambda key, value: value.flag_values_dict()),
    (_of(*ITERABLES, Sequence), _elements),
    (lambda kind, value: callable(value), lambda key, value: _callable_name(value)),
    (_has("__index__"), lambda key, value: operator.index(value)),
    (_is_number, _number),
    (_is_standard, _text),
)
_known: dict[type, Read] = {}
