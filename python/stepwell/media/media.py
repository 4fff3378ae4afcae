"""The base of all media."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any


class Media(ABC):
    """Something that is logged as a typed object."""

    @abstractmethod
    def record(self) -> dict[str, Any]:
        """Return what is stored of it: a dict with `_type`, of plain values only."""
