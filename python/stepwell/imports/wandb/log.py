"""The log of wandb's offline runs: records in blocks, as LevelDB writes its logs.

```text
file   := ":W&B" 0xbee1 version, then blocks of 32,768 bytes (the header counts to the first one)
block  := fragment…, then zeros where fewer than 7 bytes are left
fragment := checksum length type data       little-endian uint32, uint16, uint8
type     := 1 whole, 2 first, 3 middle, 4 last
```

The checksum is the CRC-32 of type and data. What is damaged costs the rest of its block; a torn tail is no
damage.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stepwell.errors import Error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HEADER = struct.Struct("<4sHB")
_FRAGMENT = struct.Struct("<IHB")
_IDENT, _MAGIC, _VERSION = b":W&B", 0xBEE1, 0
_BLOCK_BYTES = 32_768
_WHOLE, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4


@dataclass
class WandbLog:
    """The records of one file.

    Attributes
    ----------
    path
        The file.
    damaged_bytes
        Bytes that were passed over so far because they are damaged.
    """

    path: Path
    damaged_bytes: int = field(default=0, init=False)

    def __iter__(self) -> Iterator[bytes]:
        """Iterate over the records.

        Raises
        ------
        Error
            If it is no such file.
        """
        begun: list[bytes] | None = None
        for kind, data in self._fragments():
            if kind in {_WHOLE, _FIRST} and begun is not None:
                self.damaged_bytes += sum(map(len, begun))
                begun = None
            if kind == _WHOLE:
                yield data
            elif kind == _FIRST:
                begun = [data]
            elif begun is None:  # its beginning is damaged
                self.damaged_bytes += len(data)
            else:
                begun.append(data)
                if kind == _LAST:
                    yield b"".join(begun)
                    begun = None

    def _fragments(self) -> Iterator[tuple[int, bytes]]:
        with self.path.open("rb") as file:
            header = file.read(_HEADER.size)
            if len(header) < _HEADER.size or _HEADER.unpack(header) != (_IDENT, _MAGIC, _VERSION):
                raise Error(f"{self.path} is no log of wandb, or one of a version that is not known")
            block = header + file.read(_BLOCK_BYTES - len(header))
            place = len(header)
            while block:
                following = file.read(_BLOCK_BYTES)
                yield from self._of_block(block, place, is_last=not following)
                block, place = following, 0

    def _of_block(self, block: bytes, place: int, is_last: bool) -> Iterator[tuple[int, bytes]]:
        while len(block) - place >= _FRAGMENT.size:
            checksum, length, kind = _FRAGMENT.unpack_from(block, place)
            end = place + _FRAGMENT.size + length
            if is_last and (end > len(block) or not any(block[place:])):
                return  # it was being written, or only room was made for it
            data = block[place + _FRAGMENT.size : end]
            if kind not in {_WHOLE, _FIRST, _MIDDLE, _LAST} or zlib.crc32(data, zlib.crc32(bytes([kind]))) != checksum:
                self.damaged_bytes += len(block) - place
                return
            yield kind, data
            place = end
