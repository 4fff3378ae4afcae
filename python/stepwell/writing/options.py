"""Description of a native writer: who writes, to which run, and where to. Every writer is opened from one."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell._native import Writer
    from stepwell.settings.settings import Settings


@dataclass(frozen=True)
class WriterOptions:
    """Who writes, to which run, and where to: the arguments of `stepwell._native.Writer`.

    With `discard` nothing is kept: there is no file, and no value is wrong.
    """

    directory: str
    entity: str
    project: str
    run: str
    on_full: Literal["sample", "block", "raise"]
    strict_steps: bool
    queue_bytes: int
    spool_bytes: int
    summary_follows_log: bool
    max_keys: int
    destination: str = ""
    label: str = ""
    rank: int | None = None
    primary: bool = False
    attempt: int = 0
    runtime_offset: float = 0.0
    start_step: int = 0
    start_time: float | None = None
    discard: bool = False
    host: str = field(default_factory=lambda: os.uname().nodename)

    @classmethod
    def of(cls, settings: Settings, path: tuple[str, str, str], **others: Any) -> WriterOptions:
        """Describe a writer.

        Parameters
        ----------
        settings
            Where to, and how.
        path
            Entity, project and id of the run.
        others
            Every option that the settings do not say, or that is to be another here.
        """
        entity, project, run = path
        options = cls(
            directory=str(settings.directory),
            entity=entity,
            project=project,
            run=run,
            on_full=settings.on_full,
            strict_steps=settings.strict_steps,
            queue_bytes=settings.queue_bytes,
            spool_bytes=settings.spool_bytes,
            summary_follows_log=settings.summary_follows_log,
            max_keys=settings.max_keys,
            destination=settings.destination,
        )
        return replace(options, **others)

    def open(self, silent: bool = False, warn: Callable[[str], None] | None = None) -> Writer:
        """Begin a stream.

        Parameters
        ----------
        silent
            Whether it never writes to standard error.
        warn
            Is told what happens to values of `log` while they are logged.
        """
        from stepwell import _native

        _native.set_fallback(_convert)
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        return _native.Writer(**given, silent=silent, warn=warn)


def _convert(key: str, value: Any) -> Any:
    """Convert the first value that the native encoder does not know; the next goes there directly."""
    from stepwell import _native
    from stepwell.values import convert as encode

    _native.set_fallback(encode.convert)
    return encode.convert(key, value)
