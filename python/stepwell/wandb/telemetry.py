"""`wandb.sdk.lib.telemetry`, in which libraries note that they use wandb; nothing is collected here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class _Forgetful:
    """Takes every note, and forgets it."""

    def __getattr__(self, name: str) -> _Forgetful:
        return self

    def __setattr__(self, name: str, value: object) -> None:
        pass


@contextmanager
def context(run: Any = None, obj: Any = None) -> Iterator[Any]:
    """Yield an object that takes notes."""
    yield _Forgetful()
