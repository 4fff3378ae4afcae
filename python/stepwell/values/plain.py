"""Values for the config: plain Python all the way down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stepwell.settings.naming import DEPTH, contents, key_name, too_deep

_PLAIN = {type(None), bool, int, float, str, bytes}


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
    if type(value) in _PLAIN:
        return value
    if depth == 0:
        raise too_deep(key)
    if not issubclass(type(value), (dict, list, tuple)):
        value = _read(key, value)
    if isinstance(value, dict):
        return {key_name(name): plain(inner, store, key, depth - 1) for name, inner in contents(value)}
    if isinstance(value, (list, tuple)):
        return [plain(inner, store, key, depth - 1) for inner in contents(value)]
    from stepwell.media.records.media import Media

    if isinstance(value, Media):
        return store(value)
    return plain(value, store, key, depth - 1)


def items_of(source: Any) -> dict[Any, Any] | None:
    """Return the items of what has some: a mapping, a dataclass, flags, attributes; None of anything else."""
    if issubclass(type(source), dict):
        return dict(contents(source))
    from stepwell.media.encoding.arrays import has
    from stepwell.media.encoding.reading import reading

    if has(source, "__next__"):  # an iterator, which can be read once only
        return None
    if hasattr(type(source), "_asdict"):  # a tuple with names
        return dict(source._asdict())
    found = reading("config", source)
    if isinstance(found, dict):
        return found
    has_attributes = has(source, "__dict__") and not issubclass(type(source), type) and not callable(source)
    return dict(vars(source)) if has_attributes else None


def _read(key: str, value: Any) -> Any:
    """Return what stands for a value, one level deep: media, an object's text, what `reading` finds."""
    # Imported only where it is needed: `init` is quick.
    from stepwell.media.encoding.arrays import type_name
    from stepwell.media.encoding.reading import UNREAD, reading, text_of
    from stepwell.settings.strictness import tell
    from stepwell.values.convert import as_media

    found: Any = UNREAD
    why = ""
    try:
        medium = as_media(value)
        if medium is not None:
            return medium
        found = reading(key, value)
    except Exception as error:  # noqa: BLE001  whatever the library raises
        why = f", which cannot be read ({type(error.__cause__ or error).__name__})"
    if found is not UNREAD:
        return found.tolist() if hasattr(found, "tolist") else found
    try:
        text = text_of(value)
    except Exception:  # noqa: BLE001  whatever the library raises
        text = None
    if text is None or why:
        kept = "only the name of the type is kept" if text is None else "its text is kept"
        tell(key, f"has a value of type {type_name(value)}{why}", kept, TypeError)
    return text or f"<{type_name(value)}>"
