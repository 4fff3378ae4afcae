"""Decoding of what a server sends: values in msgpack, and arrays that may be packed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgpack  # type: ignore[import-untyped]
import zstandard

if TYPE_CHECKING:
    from stepwell.proto.v1 import query_pb2

# Limit of a decompressed array. Usually it is small, but one row can merge any number of calls of `log`.
_RAW_BYTES = 256 << 20
# Text with lone surrogates, which UTF-8 cannot hold: the same bytes as an extension.
_EXT_WTF8 = 1


def unpack(data: bytes) -> Any:
    """Return the value of msgpack bytes: integers, NaN, bytes and text are exactly what was logged."""
    if not data:
        return None
    return msgpack.unpackb(data, raw=False, strict_map_key=False, unicode_errors="surrogatepass", ext_hook=_extension)


def raw(array: query_pb2.Array, size: int | None) -> bytes:
    """Return the bytes of an array.

    Raises
    ------
    ValueError
        If there are not `size` of them (None: any number up to what an answer may have).
    """
    found = unpacked(array.zstd, size) if array.zstd else array.plain
    if size is not None and len(found) != size:
        raise ValueError(f"a column has {len(found)} bytes; expected {size}")
    return found


def unpacked(packed: bytes, limit: int | None = None) -> bytes:
    """Return the bytes of a zstd frame.

    Raises
    ------
    ValueError
        If it says that it holds more than `limit` (None: what an answer may have).
    """
    declared = zstandard.frame_content_size(packed)
    if not 0 <= declared <= (_RAW_BYTES if limit is None else limit):
        raise ValueError(f"a column says that it has {declared} bytes; expected {limit or f'at most {_RAW_BYTES}'}")
    found: bytes = zstandard.ZstdDecompressor().decompress(packed)
    return found


def _extension(code: int, data: bytes) -> Any:
    return data.decode("utf-8", "surrogatepass") if code == _EXT_WTF8 else msgpack.ExtType(code, data)
