"""Frames: a header of 40 bytes and a payload, as rust/codec/src/frame.rs describes them."""

import struct
from dataclasses import dataclass

import zstandard

from tests.decoder.crc32c import crc32c

MAGIC = b"SWF1"
HEADER_BYTES = 40
# The limits that every reader keeps to (rust/model/src/limits.rs).
PAYLOAD_LIMIT_BYTES = 4 << 20
RAW_LIMIT_BYTES = 16 << 20
WINDOW_LIMIT_BYTES = 1 << 23

# magic, kind, codec, zero, payload length, raw length, first number, count, CRC of the payload, zero
_HEADER = struct.Struct("<4sBBHIIQIII")
_CRC = struct.Struct("<I")


class Violation(AssertionError):  # an AssertionError, so that pytest reports it as a failed check
    """Bytes that are not what the format says."""


class Cut(Violation):
    """Bytes that end before the frame does: at the end of a file a torn tail, which is no error."""


@dataclass(frozen=True)
class FrameHeader:
    """What the header of a frame says."""

    codec: int
    payload_bytes: int
    raw_bytes: int
    first: int
    count: int
    payload_crc: int

    @property
    def last(self) -> int:
        """Number of the last entry."""
        return self.first + self.count - 1

    @property
    def frame_bytes(self) -> int:
        """Bytes of the whole frame."""
        return HEADER_BYTES + self.payload_bytes

    def encode(self) -> bytes:
        """Return the 40 bytes, checksum included; nothing is checked, so that tests can lie."""
        fields = (self.codec, 0, self.payload_bytes, self.raw_bytes, self.first, self.count, self.payload_crc, 0)
        front = _HEADER.pack(MAGIC, 1, *fields)
        return front + _CRC.pack(crc32c(front))


@dataclass(frozen=True)
class Frame:
    """A frame whose checksums match."""

    header: FrameHeader
    stored: bytes

    def payload(self) -> bytes:
        """Return the payload before compression."""
        if self.header.codec == 0:
            raw = self.stored
        else:
            parameters = zstandard.get_frame_parameters(self.stored)
            if parameters.window_size > WINDOW_LIMIT_BYTES:
                raise Violation(f"a zstd window of {parameters.window_size} bytes")
            decompressor = zstandard.ZstdDecompressor(max_window_size=WINDOW_LIMIT_BYTES).decompressobj()
            raw = decompressor.decompress(self.stored)
            if not decompressor.eof or decompressor.unused_data:
                raise Violation("the payload is not exactly one zstd frame")
        if len(raw) != self.header.raw_bytes:
            raise Violation(f"{len(raw)} bytes of payload where the header says {self.header.raw_bytes}")
        return raw


def read_header(data: bytes, at: int = 0) -> FrameHeader:
    """Read the frame header at `at` and check every field."""
    header = data[at : at + HEADER_BYTES]
    if len(header) < HEADER_BYTES:
        raise Cut(f"{len(header)} of {HEADER_BYTES} header bytes")
    magic, kind, codec, zero, payload_bytes, raw_bytes, first, count, payload_crc, zero_too = _HEADER.unpack_from(
        header
    )
    if magic != MAGIC:
        raise Violation(f"no frame at {at}: {magic!r}")
    if _CRC.unpack_from(header, 36) != (crc32c(header[:36]),):
        raise Violation(f"the header at {at} does not match its checksum")
    if (kind, zero, zero_too) != (1, 0, 0) or codec > 1:
        raise Violation(f"kind {kind}, codec {codec}, reserved {zero} and {zero_too}")
    if payload_bytes > PAYLOAD_LIMIT_BYTES or raw_bytes > RAW_LIMIT_BYTES:
        raise Violation(f"{payload_bytes} bytes of payload, {raw_bytes} before compression: beyond the limits")
    if count < 1 or first < 1:
        raise Violation(f"{count} entries from number {first} on")
    return FrameHeader(codec, payload_bytes, raw_bytes, first, count, payload_crc)


def read_frame(data: bytes, at: int = 0) -> Frame:
    """Read the frame at `at` and check both checksums."""
    header = read_header(data, at)
    stored = data[at + HEADER_BYTES : at + header.frame_bytes]
    if len(stored) < header.payload_bytes:
        raise Cut(f"{len(stored)} of {header.payload_bytes} payload bytes")
    if crc32c(stored) != header.payload_crc:
        raise Violation(f"the payload of the frame at {at} does not match its checksum")
    return Frame(header, stored)


def build_frame(first: int, count: int, raw: bytes, *, compress: bool = True) -> bytes:
    """Make a frame of `count` entries from number `first` on whose payload is `raw`."""
    stored = zstandard.ZstdCompressor(level=1).compress(raw) if compress else raw
    header = FrameHeader(int(compress), len(stored), len(raw), first, count, crc32c(stored))
    return header.encode() + stored
