"""Decoding of what a server sends: values in msgpack, and batches of rows in msgpack and zstd."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgpack  # type: ignore[import-untyped]
import zstandard

if TYPE_CHECKING:
    from collections.abc import Iterator

# Limit of a decompressed batch. Usually it is small, but one row can merge any number of calls of `log`.
_RAW_BYTES = 256 << 20
# Text with lone surrogates, which UTF-8 cannot hold: the same bytes as an extension.
_EXT_WTF8 = 1
# Kinds of entries; a sampled row came through where its writer had no room for all.
_ROW, _SAMPLED_ROW = 0, 9


@dataclass(frozen=True)
class Row:
    """Values that one label (a writer of the run, such as a rank) logged at one step.

    Attributes
    ----------
    step
        The step.
    time
        When it was logged, in seconds since 1970.
    values
        Values by key; nested dicts are flat, their keys joined by dots.
    """

    step: int
    time: float
    values: dict[str, Any]


def unpack(data: bytes) -> Any:
    """Return the value of msgpack bytes: integers, NaN, bytes and text are exactly what was logged."""
    if not data:
        return None
    return msgpack.unpackb(data, raw=False, strict_map_key=False, unicode_errors="surrogatepass", ext_hook=_extension)


def rows(payload: bytes) -> Iterator[Row]:
    """Yield the rows of a batch.

    Raises
    ------
    ValueError
        If `payload` is not a batch of rows, or is larger than one may be.
    """
    size = zstandard.frame_content_size(payload)
    if not 0 <= size <= _RAW_BYTES:
        raise ValueError(f"a batch of rows says that it has {size} bytes; expected at most {_RAW_BYTES}")
    raw = zstandard.ZstdDecompressor().decompress(payload, max_output_size=_RAW_BYTES)
    keys, shapes, entries = unpack(raw)
    names = [[keys[index] for index in shape] for shape in shapes]
    for kind, step, time_us, shape, *values in entries:
        if kind not in {_ROW, _SAMPLED_ROW}:
            raise ValueError(f"a batch of rows holds an entry of kind {kind}")
        yield Row(step, time_us / 1e6, dict(zip(names[shape], values, strict=True)))


def _extension(code: int, data: bytes) -> Any:
    return data.decode("utf-8", "surrogatepass") if code == _EXT_WTF8 else msgpack.ExtType(code, data)
