"""Refusals of an import: values that cannot be stored, counted and told by file and key."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from stepwell.settings.naming import KEY_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stepwell._native import FinishReport, Writer

# What the writer raises for a value; a writer that cannot go on raises something else.
REFUSED = (TypeError, ValueError, OverflowError, RecursionError)
# Sentences of one import; what is more is told in one.
_SENTENCES = 20
_KEY_CHARS = 60
# Times from here on (year 9999) are no times; many programs cannot show them.
_END_OF_TIME = 253_402_300_800.0


def is_time(seconds: float) -> bool:
    """Whether it can be a time in seconds since 1970: no NaN, and not beyond the year 9999."""
    return 0 <= seconds < _END_OF_TIME


class Refusals:
    """Writes rows and config for an import. A value that is refused costs itself only."""

    def __init__(self) -> None:
        self._count: Counter[tuple[str, str, str]] = Counter()
        self._time = 0.0

    def log(self, writer: Writer, values: Mapping[str, Any], step: int, time: float, source: str) -> None:
        """Log a row that was read from `source`. A time that is none is replaced by the one before."""
        if is_time(time):
            self._time = time
        try:
            writer.log_at(values, step, self._time)
        except REFUSED:
            for key, value in values.items():
                with self.attempt(source, key):
                    writer.log_at({key: value}, step, self._time)

    def configure(self, writer: Writer, values: Mapping[str, Any], source: str) -> None:
        """Set values of the config that were read from `source`."""
        for key, value in values.items():
            with self.attempt(source, f"config.{key}"):
                writer.set_config({key: value})

    def can_store(self, key: str, value: Any, source: str) -> bool:
        """Whether a value can be stored; if not, it is counted."""
        from stepwell import _native

        try:
            if (size := len(key.encode("utf-8", "replace"))) > KEY_BYTES:
                raise ValueError(f"the key is {size:,} bytes long, at most {KEY_BYTES:,} are allowed")
            _native.encode({key: value})
        except REFUSED as error:
            self.note(source, key, error)
            return False
        return True

    @contextmanager
    def attempt(self, source: str, key: object) -> Iterator[None]:
        """Go on where something that was read from `source` is refused; it is counted."""
        try:
            yield
        except REFUSED as error:
            self.note(source, key, error)

    def note(self, source: str, key: object, why: BaseException | str) -> None:
        """Count a value that was left out."""
        text = str(why) or type(why).__name__
        self._count[source, str(key), text.partition("; nothing of this call was kept")[0]] += 1

    def note_report(self, source: str, report: FinishReport) -> None:
        """Count what the writer has left out without an error: values under more keys than a run may have."""
        if report["refused_values"]:
            self._count[source, "further keys", "the run has as many keys as it may have"] += report["refused_values"]

    def sentences(self) -> list[str]:
        """Return what was left out, a sentence for each file, key and reason."""
        told = []
        for (source, key, why), count in self._count.most_common(_SENTENCES):
            name = repr(key if len(key) <= _KEY_CHARS else key[: _KEY_CHARS - 1] + "…")
            times = f"{count:,} values" if count > 1 else "a value"
            told.append(f"{source}: {times} of {name} left out: {why}")
        if len(self._count) > _SENTENCES:
            rest = self._count.total() - sum(count for _, count in self._count.most_common(_SENTENCES))
            told.append(f"{rest:,} more values of {len(self._count) - _SENTENCES:,} keys left out")
        return told
