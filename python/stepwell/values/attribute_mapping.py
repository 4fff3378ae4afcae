"""Mapping whose values are attributes too: the base of config and summary."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepwell.values.nested import Path


class AttributeMapping(MutableMapping[str, Any]):
    """Values by key, read and written as items or attributes. Fields of its own are in `vars(self)`."""

    @abstractmethod
    def _current(self) -> Mapping[str, Any]:
        """Return the values as they are now."""

    @abstractmethod
    def _missing(self, key: str) -> str:
        """Return the message of the error of an attribute that is none."""

    @abstractmethod
    def as_dict(self) -> dict[str, Any]:
        """Return a copy as a plain dict."""

    @abstractmethod
    def set_at(self, path: Path, value: Any) -> None:
        """Set the value that a path of keys leads to; raises to forbid it."""

    @abstractmethod
    def delete_at(self, path: Path) -> None:
        """Remove the value that a path of keys leads to; raises to forbid it."""

    def __setitem__(self, key: str, value: Any) -> None:
        self.set_at((key,), value)

    def __delitem__(self, key: str) -> None:
        self.delete_at((key,))

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__"):
            raise AttributeError(key)
        try:
            return self[key]
        except KeyError:
            raise AttributeError(self._missing(key)) from None

    def __setattr__(self, key: str, value: Any) -> None:
        self[key] = value

    def __delattr__(self, key: str) -> None:
        del self[key]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._current()))

    def __len__(self) -> int:
        return len(self._current())

    def __repr__(self) -> str:
        return repr(self.as_dict())
