"""Values for the config: plain Python all the way down."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any


def plain(value: Any, store: Callable[[Any], Any] = str) -> Any:
    """Return a copy of `value` for the config: plain Python all the way down, and text for what has no other form.

    Parameters
    ----------
    value
        Anything.
    store
        Returns the record of a media value.
    """
    if value is None or type(value) in {bool, int, float, str, bytes}:
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(inner, store) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner, store) for inner in value]
    if not isinstance(value, Enum):
        for kind in (bool, int, float, str):
            if isinstance(value, kind):
                return kind(value)
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, (numpy.ndarray, numpy.generic)):
        return plain(value.tolist()) if value.dtype.kind in "biufUSO" else str(value)
    # Imported only where it is needed: `init` is quick.
    from stepwell.client.encode import convert
    from stepwell.media.media import Media

    if isinstance(value, Media):
        return store(value)
    try:
        converted = convert("config", value)
    except TypeError:
        return str(value)
    return str(value) if converted is value else plain(converted, store)
