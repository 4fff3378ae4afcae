"""Spools on disk: segments of frames, and marks, as the documentation of rust/spool describes them."""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgpack

from tests.decoder.crc32c import crc32c
from tests.decoder.entries import Entry, Open, Row, read_payload, unpack
from tests.decoder.frame import MAGIC, Cut, Frame, Violation, build_frame, read_frame

# magic, version, stream id, number of the first entry, length of the meta
_SEGMENT = struct.Struct("<4sI16sQI")
# magic, stream id, number, zero, CRC
_MARK = struct.Struct("<4s16sQII")
META_LIMIT_BYTES = 64 << 10


@dataclass
class SpooledStream:
    """What the files of one stream hold."""

    directory: Path
    opening: dict[str, Any] = field(default_factory=dict)
    entries: dict[int, Entry] = field(default_factory=dict)
    frames: list[Frame] = field(default_factory=list)
    gaps: list[tuple[int, int]] = field(default_factory=list)
    torn_bytes: int = 0
    damage: list[str] = field(default_factory=list)

    @property
    def stream(self) -> str:
        """The id, 32 hexadecimal digits."""
        return self.directory.name

    @property
    def ordered(self) -> list[Entry]:
        """The entries in the order of their numbers."""
        return [self.entries[number] for number in sorted(self.entries)]

    @property
    def rows(self) -> list[Row]:
        """The rows in the order of their numbers."""
        return [entry for entry in self.ordered if isinstance(entry, Row)]


def stream_directories(root: Path) -> list[Path]:
    """Return the directories of all streams anywhere under `root`, by name."""
    return sorted({path.parent for path in root.rglob("*.seg")})


def read_streams(root: Path) -> list[SpooledStream]:
    """Read all streams under `root`."""
    return [read_stream(directory) for directory in stream_directories(root)]


def read_stream(directory: Path) -> SpooledStream:
    """Read one stream: skip and note what is damaged, and gaps in numbers; check what is whole."""
    stream = SpooledStream(directory)
    for path in sorted(directory.glob("*.seg")):
        _read_segment(path, stream)
    previous = 0
    for number in sorted(stream.entries):
        if number != previous + 1:
            stream.gaps.append((previous + 1, number - 1))
        previous = number
    first = stream.entries.get(1)
    if first is not None and not isinstance(first, Open):
        raise Violation(f"entry 1 of {stream.stream} is {first!r}, not the opening")
    return stream


def _read_segment(path: Path, stream: SpooledStream) -> None:
    data = path.read_bytes()
    if len(data) < _SEGMENT.size:
        stream.torn_bytes += len(data)
        return
    magic, version, stream_id, first, meta_bytes = _SEGMENT.unpack_from(data)
    end = _SEGMENT.size + meta_bytes
    if (magic, version) != (b"SWS1", 1) or meta_bytes > META_LIMIT_BYTES:
        raise Violation(f"{path} is no segment: {magic!r}, version {version}, {meta_bytes} bytes of meta")
    if int.from_bytes(data[end : end + 4], "little") != crc32c(data[:end]):
        raise Violation(f"the header of {path} does not match its checksum")
    if stream_id.hex() != stream.stream:
        raise Violation(f"{path} says it belongs to {stream_id.hex()}")
    opening = unpack(data[_SEGMENT.size : end])
    if stream.opening and opening != stream.opening:
        raise Violation(f"{path} has another opening than the segment before")
    stream.opening = opening
    for at, frame in _frames(data, end + 4, path, stream):
        if at == end + 4 and frame.header.first != first:
            raise Violation(f"{path} begins with entry {frame.header.first}, its header says {first}")
        stream.frames.append(frame)
        entries = read_payload(frame.payload(), frame.header.count)
        for number, entry in enumerate(entries, frame.header.first):
            if repr(stream.entries.setdefault(number, entry)) != repr(entry):  # a NaN equals itself here
                raise Violation(f"number {number} of {stream.stream} was used for two different entries")


def _frames(data: bytes, at: int, path: Path, stream: SpooledStream) -> Iterator[tuple[int, Frame]]:
    while at < len(data):
        try:
            frame = read_frame(data, at)
        except Violation as violation:
            following = _next_frame(data, at + 1)
            if following is None and isinstance(violation, Cut):
                stream.torn_bytes += len(data) - at
                return
            stream.damage.append(f"{path.name} at {at}: {violation}")
            if following is None:
                return
            at = following
            continue
        yield at, frame
        at += frame.header.frame_bytes


def _next_frame(data: bytes, at: int) -> int | None:
    while (at := data.find(MAGIC, at)) >= 0:
        if _is_frame(data, at):
            return at
        at += 1
    return None


def _is_frame(data: bytes, at: int) -> bool:
    try:
        read_frame(data, at)
    except Violation:
        return False
    return True


def read_mark(path: Path) -> int:
    """Return the number that a `cursor` or `closed` file holds."""
    data = path.read_bytes()
    if len(data) != _MARK.size:
        raise Violation(f"{path} has {len(data)} bytes")
    magic, stream_id, number, zero, crc = _MARK.unpack(data)
    expected = {"cursor": b"SWC1", "closed": b"SWE1"}[path.name]
    if (magic, stream_id.hex(), zero, crc) != (expected, path.parent.name, 0, crc32c(data[:-4])):
        raise Violation(f"{path} is no mark: {data.hex()}")
    return number


def write_stream(
    root: Path,
    project: str,
    run: str,
    time_us: int,
    keys: list[str],
    rows: list[list[Any]],
    destination: str = "",
) -> Path:
    """Write the spool of a writer that died: an opening, and rows `[0, step, time, 0, value, …]`."""
    stream = os.urandom(16)
    opening = {"entity": "local", "project": project, "run": run, "label": "", "primary": True, "attempt": 0}
    opening |= {"time": time_us, "runtime_offset": 0, "host": "nowhere", "pid": 0}
    opening |= {"destination": destination, "version": "0"}
    entries = [[8, time_us, opening], *rows]
    frame = build_frame(1, len(entries), msgpack.packb([keys, [list(range(len(keys)))], entries]))
    directory = root / stream.hex()
    directory.mkdir(parents=True)
    (directory / "00000001.seg").write_bytes(segment_header(stream, 1, opening) + frame)
    (directory / "alive").touch()
    return directory


def segment_header(stream: bytes, first: int, opening: dict[str, Any]) -> bytes:
    """Return the header of a segment that begins with entry `first`."""
    meta = msgpack.packb(opening)
    header = _SEGMENT.pack(b"SWS1", 1, stream, first, len(meta)) + meta
    return header + crc32c(header).to_bytes(4, "little")
