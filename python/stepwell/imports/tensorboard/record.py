"""Records of an event file: TensorFlow's framing, `length, checksum, data, checksum`, all little-endian."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from stepwell.errors import Error

_LENGTH = struct.Struct("<QI")
_CHECKSUM = struct.Struct("<I")
# A record is one event; the largest hold a video or a graph. A larger number is damage.
MAX_RECORD_BYTES = 1 << 30


class DamagedFileError(Error):
    """A record that is not what its writer wrote; those before it are good.

    Parameters
    ----------
    message
        Which file, and where.
    following
        Offset of the record after it; None if the length is damaged, behind which nothing can be found.
    """

    def __init__(self, message: str, following: int | None = None) -> None:
        super().__init__(message)
        self.following = following


@dataclass(frozen=True)
class Record:
    """One record."""

    data: bytes
    end: int


def read_records(path: Path, offset: int = 0) -> Iterator[Record]:
    """Iterate over the whole records of a file from an offset on; one that is still being written ends it.

    Raises
    ------
    DamagedFileError
        For a record whose checksum is wrong. It names the file and the offset.
    """
    with path.open("rb") as file:
        file.seek(offset)
        while (data := _read_record(file, path, offset)) is not None:
            offset = file.tell()
            yield Record(data, offset)


def _read_record(file: IO[bytes], path: Path, offset: int) -> bytes | None:
    head = file.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    length, checksum = _LENGTH.unpack(head)
    if masked_crc(head[:8]) != checksum or length > MAX_RECORD_BYTES:
        raise DamagedFileError(f"{path} is damaged at byte {offset:,}: the length of a record does not match its sum")
    body = file.read(length + _CHECKSUM.size)
    if len(body) < length + _CHECKSUM.size:
        return None
    data = body[:length]
    if masked_crc(data) != _CHECKSUM.unpack_from(body, length)[0]:
        raise DamagedFileError(f"{path} is damaged at byte {offset:,}: a record does not match its sum", file.tell())
    return data


def masked_crc(data: bytes) -> int:
    """Return the checksum of the format: CRC-32C, rotated and moved by a constant."""
    from stepwell import _native

    crc = _native.crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
