"""Streams written byte for byte from a seed, and damage whose place, and thus cost, is known."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgpack

from stepwell._native import crc32c
from tests.decoder.frame import FrameHeader
from tests.decoder.spool import segment_header

PROJECT = "damage"
PAGE_BYTES = 4096
TIME_US = 1_790_000_000_000_000


@dataclass(frozen=True)
class Part:
    """One frame: the entries it has, the steps of its rows, and its place in a segment."""

    path: Path
    start: int
    end: int
    entries: int
    steps: frozenset[int]


@dataclass
class Sample:
    """One stream, which is a run of its own, with at most one damage."""

    seed: int
    directory: Path
    rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    damage: str = "none"
    hit: list[Part] = field(default_factory=list)
    # What is left of the frames that were hit: it must not be thrown away.
    remains: bytes = b""
    # Nothing is left that says to which run it belongs: no header of a segment, and not its first entry.
    nameless: bool = False

    def __str__(self) -> str:
        hit = ", ".join(f"{part.path.name} {part.start}–{part.end}" for part in self.hit)
        return f"{self.run} ({self.damage}; frames hit: {hit or 'none'})"

    @property
    def run(self) -> str:
        """The id of its run."""
        return f"r{self.seed:04}"

    @property
    def spared(self) -> set[int]:
        """The steps whose frames nothing has touched."""
        return self.rows.keys() - {step for part in self.hit for step in part.steps}

    @property
    def entries_hit(self) -> int:
        """Entries in frames that were hit."""
        return sum(part.entries for part in self.hit)


def write_sample(spool: Path, seed: int, destination: str) -> Sample:
    """Write the stream of a seed: one to three segments of a few frames each, closed in order."""
    dice = random.Random(seed)
    stream = dice.randbytes(16)
    sample = Sample(seed, spool / stream.hex())
    sample.directory.mkdir(parents=True)
    opening = {"entity": "local", "project": PROJECT, "run": sample.run, "label": "", "primary": True, "attempt": 0}
    opening |= {"time": TIME_US + seed, "runtime_offset": 0, "host": "nowhere", "pid": 0, "version": "0"}
    opening |= {"destination": destination}
    keys = ["loss", "step number", "name", "fine", "list"]
    number = 1
    segments = dice.randint(1, 3)
    for segment in range(1, segments + 1):
        path = sample.directory / f"{segment:08}.seg"
        data = segment_header(stream, number, opening)
        for frame in range(dice.randint(2, 6)):
            entries: list[Any] = []
            if number == 1:
                entries += [[8, TIME_US + seed, opening], [1, TIME_US, {"seed": seed}, []]]
            steps = range(len(sample.rows), len(sample.rows) + dice.randint(1, 40))
            for step in steps:
                values = [dice.gauss(0, 1), step * 3, f"row {step} of {seed}", dice.random() < 0.5, [step, "ü", None]]
                sample.rows[step] = dict(zip(keys, values, strict=True))
                entries.append([0, step, TIME_US + step, 0, *values])
            if segment == segments and frame == 0:
                entries.append([2, TIME_US, {"best": seed}, []])
            frame_bytes = build_frame(number, len(entries), keys, entries, compress=dice.random() < 0.7)
            place = (len(data), len(data) + len(frame_bytes))
            sample.parts.append(Part(path, *place, len(entries), frozenset(steps)))
            data += frame_bytes
            number += len(entries)
        path.write_bytes(data)
    _append_exit(sample, number, keys)
    mark = b"SWE1" + stream + number.to_bytes(8, "little") + bytes(4)
    (sample.directory / "closed").write_bytes(mark + crc32c(mark).to_bytes(4, "little"))
    return sample


def _append_exit(sample: Sample, number: int, keys: list[str]) -> None:
    path = sample.parts[-1].path
    data, frame = path.read_bytes(), build_frame(number, 1, keys, [[7, TIME_US, 0]], compress=False)
    sample.parts.append(Part(path, len(data), len(data) + len(frame), 1, frozenset()))
    path.write_bytes(data + frame)


def build_frame(first: int, count: int, keys: list[str], entries: list[Any], *, compress: bool) -> bytes:
    """Make a frame of rows of one shape and statements."""
    import zstandard

    raw = msgpack.packb([keys, [list(range(len(keys)))], entries])
    stored = zstandard.ZstdCompressor(level=1).compress(raw) if compress else raw
    return FrameHeader(int(compress), len(stored), len(raw), first, count, crc32c(stored)).encode() + stored


def flip_a_bit(dice: random.Random, data: bytearray) -> tuple[int, int]:
    """Flip one bit anywhere."""
    at = dice.randrange(len(data))
    data[at] ^= 1 << dice.randrange(8)
    return at, at + 1


def flip_some_bits(dice: random.Random, data: bytearray) -> tuple[int, int]:
    """Flip two to nine bits that are close to each other."""
    at = dice.randrange(len(data))
    end = min(at + dice.randint(2, 64), len(data))
    places = dice.sample(range(at, end), min(dice.randint(2, 9), end - at))
    for place in places:
        data[place] ^= 1 << (place % 8)
    return min(places), max(places) + 1


def cut_off(dice: random.Random, data: bytearray) -> tuple[int, int]:
    """Cut the file somewhere."""
    at, end = dice.randrange(len(data)), len(data)
    del data[at:]
    return at, end


def zero_a_page(dice: random.Random, data: bytearray) -> tuple[int, int]:
    """Zero a page of the file, as a disk does that lost a write."""
    at = dice.randrange(0, len(data), PAGE_BYTES)
    end = min(at + PAGE_BYTES, len(data))
    data[at:end] = bytes(end - at)
    return at, end


def zero_a_sector(dice: random.Random, data: bytearray) -> tuple[int, int]:
    """Zero 512 bytes."""
    at = dice.randrange(0, len(data), 512)
    end = min(at + 512, len(data))
    data[at:end] = bytes(end - at)
    return at, end


def spoil_the_mark(dice: random.Random, data: bytearray) -> tuple[int, int]:
    """Flip one bit of the mark that says where the stream ends."""
    return flip_a_bit(dice, data)


DAMAGES: list[Callable[[random.Random, bytearray], tuple[int, int]]] = [
    flip_a_bit,
    flip_some_bits,
    cut_off,
    zero_a_page,
    zero_a_sector,
    spoil_the_mark,
]


def damage(sample: Sample) -> None:
    """Damage one file of a sample; which, how and where depends on its seed alone."""
    dice = random.Random(f"damage {sample.seed}")
    how = DAMAGES[sample.seed % len(DAMAGES)]
    pattern = "closed" if how is spoil_the_mark else "*.seg"
    path = dice.choice(sorted(sample.directory.glob(pattern)))
    data = bytearray(path.read_bytes())
    start, end = how(dice, data)
    path.write_bytes(data)
    sample.damage = how.__name__.replace("_", " ")
    sample.hit = [part for part in sample.parts if part.path == path and part.start < end and start < part.end]
    if sample.hit:
        sample.remains = bytes(data[sample.hit[0].start : sample.hit[-1].end])
    only_segment = {part.path for part in sample.parts} == {path}
    sample.nameless = only_segment and start < sample.parts[0].start and sample.parts[0] in sample.hit
