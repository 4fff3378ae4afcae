"""The base of all media: what is logged as a typed object, most of them with a file of their own."""

from __future__ import annotations

import copyreg
import warnings
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from stepwell._native import Content
from stepwell.settings.strictness import tell_all

if TYPE_CHECKING:
    from collections.abc import Sequence


class Media(ABC):
    """Something that is logged as a typed object.

    Attributes
    ----------
    _type
        Names the kind in records: values of one key and one kind are one series.
    RECOMMENDED_ITEMS
        More than so many in one list are kept all the same, with one warning per process; None is any number.
    remarks
        What is kept otherwise than it was given; said when it is logged, because only then it has a key.
    """

    _type: ClassVar[str]
    RECOMMENDED_ITEMS: ClassVar[int | None] = None
    remarks: Sequence[tuple[str, str]] = ()

    @abstractmethod
    def record(self, key: str) -> dict[str, Any]:
        """Return what is stored in the row: a dict with `_type`, of values that can be logged.

        Called by the encoder while it takes a row, a summary or a config value.

        Parameters
        ----------
        key
            Under which the value is logged. It becomes a part of the names of files, and is named in errors.
        """

    @classmethod
    def type_name(cls) -> str:
        """Return the `_type` of the records of this kind."""
        return cls._type


class FileMedia(Media):
    """Media whose content is a file of the run. A kind sets `_type`, `_folder`, `_content` and `_fields`.

    Attributes
    ----------
    _folder
        Where its files are, below `media/` of the run.
    _content
        The file, copied when the object was made: what happens to an array or a file afterwards does not
        matter.
    """

    _folder: ClassVar[str]
    _content: Content

    def record(self, key: str) -> dict[str, Any]:
        """Return `{"_type", "path", …}`; the file itself is handed to the writer of the run."""
        tell_all(key, self.remarks)
        return {"_type": self._type, "path": attach(self._content, self._folder, key), **self._fields(key)}

    @classmethod
    def all_captions(cls, media: Sequence[Any]) -> list[str | None] | Literal[False]:
        """Return the captions of several media; False if none has one."""
        captions = [getattr(each, "_caption", None) for each in media]
        return captions if any(captions) else False

    captions = all_captions

    @abstractmethod
    def _fields(self, key: str) -> dict[str, Any]:
        """Return the rest of the record."""


def attach(content: Content, folder: str, key: str) -> str:
    """Hand a file to the writer that asks for a record, and return its path within the run."""
    from stepwell import _native

    return _native.attach(content, folder, key)


def said(**fields: Any) -> dict[str, Any]:
    """Return the fields of a record about which something was said."""
    return {name: value for name, value in fields.items() if value is not None}


def caption_text(kind: str, caption: Any) -> str | None:
    """Return a caption as it is stored: text, which everything becomes that has a text.

    Raises
    ------
    TypeError
        If its text would be an address in memory only; it names the kind of media.
    """
    if caption is None or isinstance(caption, str):
        return caption
    if isinstance(caption, bytes):
        return caption.decode("utf-8", "replace")
    if hasattr(caption, "item"):  # a number of numpy, or a tensor of one element
        with suppress(TypeError, ValueError, RuntimeError):
            caption = caption.item()
    text = str(caption)
    if text == object.__repr__(caption):
        raise TypeError(f"{kind}: caption must be a str, not {type(caption).__name__}")
    return text


def sequence(key: str, media: Sequence[Media]) -> dict[str, Any]:
    """Return the one record of a list of media of one kind."""
    kind = type(media[0])
    if kind.RECOMMENDED_ITEMS is not None and len(media) > kind.RECOMMENDED_ITEMS:
        _warn_once(kind, key, len(media))
    return {"_type": kind.type_name(), "count": len(media), "items": [each.record(key) for each in media]}


_warned: set[type[Media]] = set()


def _warn_once(kind: type[Media], key: str, count: int) -> None:
    if kind not in _warned:
        _warned.add(kind)
        warnings.warn(
            f"stepwell: {key!r} has {count} values of {kind.__name__} in one step; up to {kind.RECOMMENDED_ITEMS} are "
            "recommended. All are kept (said once).",
            RuntimeWarning,
            stacklevel=5,  # the line that logs
        )


def _content(data: bytes, extension: str) -> Content:
    return Content.from_bytes(data, extension)


# So that media can be made in one process and logged in another.
copyreg.pickle(Content, lambda content: (_content, (content.read(), content.extension)))
