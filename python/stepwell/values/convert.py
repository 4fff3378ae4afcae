"""Conversion of values that the native encoder does not know, by the table in the documentation of `log`.

The native encoder handles float, int, str, bool, None, bytes, dict, list, tuple, and scalars and arrays of
numpy; it calls `convert` for everything else, so nothing here is in the way of a plain metric.
"""

from __future__ import annotations

from typing import Any

from stepwell.media.encoding.arrays import has, is_masked, not_loggable, type_name, without_mask
from stepwell.media.encoding.reading import UNREAD, raise_with_key, reading, text_of
from stepwell.media.recognition import recognised
from stepwell.media.records.media import Media, sequence
from stepwell.settings.strictness import tell

# Arrays of more elements become histograms.
_LIST_ELEMENTS = 32


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
        If nothing does, or the library of the value raises; it names the key and the type.
    ValueError
        If an iterable has more than a million elements.
    """
    if issubclass(type(value), Media):
        return value.record(key)
    try:
        if issubclass(type(value), (list, tuple)):
            return _list_of_media(key, value)
        medium = as_media(value)
        if medium is not None:
            return medium.record(key)
        found = reading(key, value)
        return _text(key, value) if found is UNREAD else _unmasked(found)
    except Exception as error:  # noqa: BLE001  whatever its library raises
        raise_with_key(key, value, error)


def as_media(value: Any) -> Media | None:
    """Return what is logged of media, also of other libraries'; None for everything else."""
    medium = recognised(value)
    if medium is None and has(value, "columns"):
        from stepwell.media.records.frame import is_frame
        from stepwell.media.table import Table

        return Table(dataframe=value, allow_mixed_types=True) if is_frame(value) else None
    return medium


def _list_of_media(key: str, values: list[Any] | tuple[Any, ...]) -> Any:
    """Return the record of a list of media of one kind, and any other list as it is, media in it."""
    media = [as_media(value) for value in values]
    found = [each for each in media if each is not None]
    is_one_kind = len(found) == len(values) and len({each.type_name() for each in found}) == 1
    return sequence(key, found) if is_one_kind else values


def _unmasked(found: Any) -> Any:
    """Return a masked array as rows have it: a list with None, or NaN where it has many elements."""
    if not is_masked(found):
        return found
    if found.size > _LIST_ELEMENTS:
        return without_mask(found)
    return found.tolist() if found.size != 1 else found.ravel().tolist()[0]


def _text(key: str, value: Any) -> str:
    """Return the text of an object that is nothing else, if it has one that says something."""
    text = text_of(value)
    if text is None:
        raise not_loggable(key, value)
    tell(key, f"has a value of type {type_name(value)}", "its text is kept", TypeError)
    return text
