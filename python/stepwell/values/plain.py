"""Values for the config: plain Python all the way down."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from stepwell.settings.naming import DEPTH, clean, too_deep


def plain(value: Any, store: Callable[[Any], Any] = str, key: str = "config", depth: int = DEPTH) -> Any:
    """Return a copy of `value` for the config, in plain Python; what has no other form becomes text.

    Parameters
    ----------
    value
        Anything.
    store
        Returns the record of a media value.
    key
        Where it belongs; it is named in the error.
    depth
        Levels of nesting that it may have.

    Raises
    ------
    ValueError
        If it has more.
    """
    if value is None or type(value) in {bool, int, float, str, bytes}:
        return value
    if depth == 0:
        raise too_deep(key)

    def inner_plain(inner: Any) -> Any:
        return plain(inner, store, key, depth - 1)

    if isinstance(value, Mapping):
        return {clean(str(name)): inner_plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [inner_plain(inner) for inner in value]
    if not isinstance(value, Enum):
        for kind in (bool, int, float, str):
            if isinstance(value, kind):
                return kind(value)
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, (numpy.ndarray, numpy.generic)):
        return inner_plain(value.tolist()) if value.dtype.kind in "biufUSO" else str(value)
    # Imported only where it is needed: `init` is quick.
    from stepwell.media.records.media import Media
    from stepwell.values.convert import convert

    if isinstance(value, Media):
        return store(value)
    try:
        converted = convert(key, value)
    except TypeError:
        return str(value)
    return str(value) if converted is value else inner_plain(converted)
