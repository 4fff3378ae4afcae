"""Writers of a run: the native one, or the stand-in of the mode `disabled`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from stepwell import _native
    from stepwell.writing.disabled import DisabledWriter

    Writer: TypeAlias = _native.Writer | DisabledWriter


class LogRow(Protocol):
    """The signature of `log`."""

    def __call__(  # noqa: D102  see `Run.log`
        self, data: Mapping[str, Any], step: int | None = None, commit: bool | None = None, sync: bool | None = None
    ) -> None: ...
