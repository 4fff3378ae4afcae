"""Scalars per second of a server to which very many streams write at once.

    python benches/ingest_many.py [--streams 1000] [--keys 100] [--rows 100] [--frame-rows 5]

Frames are made once, in pure Python, and every stream sends the same ones, each to a run of its own, as
trainings do that log a few rows between two frames. The clock runs from the first frame until the server has
acknowledged the last; its CPU time is taken then, and once more when it has nothing left to do. Afterwards
the rows of every run are counted, and those of some compared.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import msgpack
import numpy as np
from machine import describe
from measure_version import launched
from throughput import disk_bytes

import stepwell
from stepwell.proto.v1 import ingest_pb2, ingest_pb2_grpc, model_pb2

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.decoder import build_frame

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONNECTIONS = 8
COMPARED = 20
Client = ingest_pb2.ClientMessage


def row_frames(rows: int, keys: int, frame_rows: int) -> tuple[list[tuple[int, bytes]], NDArray[np.float64]]:
    """Return frames of noise with the numbers of their last entries, and the noise, row by row."""
    noise = np.random.default_rng(7).standard_normal((rows, keys))
    names = [f"train/metric_{key}" for key in range(keys)]
    frames = []
    for first in range(0, rows, frame_rows):
        part = noise[first : first + frame_rows].tolist()
        entries = [[0, first + at, 1_000_000 * (first + at), 0, *row] for at, row in enumerate(part)]
        payload = msgpack.packb([names, [list(range(keys))], entries])
        frames.append((first + 1 + len(part), build_frame(first + 2, len(part), payload)))
    return frames, noise


@dataclass
class Connection:
    """One connection and the streams that it carries."""

    names: list[str]
    sent_at: dict[tuple[bytes, int], float] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    left: int = 0

    async def write(self, address: str, frames: list[tuple[int, bytes]]) -> None:
        """Send all frames of all streams, one of each in turn, and wait for the last acknowledgement."""
        self.left = len(self.names)
        exit_frame = build_frame(frames[-1][0] + 1, 1, msgpack.packb([[], [], [[7, 1, 0]]]))
        frames = [*frames, (frames[-1][0] + 1, exit_frame)]
        async with grpc.aio.insecure_channel(address, [("grpc.enable_http_proxy", 0)]) as channel:
            call = ingest_pb2_grpc.IngestStub(channel).Attach(self.messages(frames))
            async for answer in call:
                kind = answer.WhichOneof("message")
                if kind == "welcome":
                    self.most_in_flight = answer.welcome.max_in_flight_bytes
                    self.moved.set()
                elif kind == "ack":
                    self.take(answer.ack, frames[-1][0])
                elif kind != "ready":
                    raise SystemExit(f"the server answers {answer}")
                if self.left == 0:
                    break

    def take(self, ack: ingest_pb2.Ack, last: int) -> None:
        """Note what has arrived."""
        now = time.perf_counter()
        for stream, number in [key for key in self.sent_at if key[0] == ack.stream and key[1] <= ack.durable]:
            self.waits.append(now - self.sent_at.pop((stream, number)))
        self.left -= ack.durable == last
        self.in_flight = len(self.sent_at)
        self.moved.set()

    async def messages(self, frames: list[tuple[int, bytes]]) -> AsyncIterator[Client]:
        """Iterate over what is said."""
        yield Client(hello=ingest_pb2.Hello(protocol=1, version="bench"))
        ids = {name: uuid.uuid4().bytes for name in self.names}
        for name, stream in ids.items():
            path = model_pb2.RunPath(entity="local", project="many", run=name)
            opening = model_pb2.Opening(path=path, primary=True, time_us=1)
            yield Client(open=ingest_pb2.OpenStream(stream=stream, opening=opening, first_unacked=1))
        for name, stream in ids.items():
            said = {
                "entity": "local",
                "project": "many",
                "run": name,
                "label": "",
                "primary": True,
                "attempt": 0,
                "time": 1,
            }
            frame = build_frame(1, 1, msgpack.packb([[], [], [[8, 1, said]]]))
            yield Client(frame=ingest_pb2.Frame(stream=stream, frame=frame))
        bytes_each = max(len(frame) for _, frame in frames)
        for last, frame in frames:
            for stream in ids.values():
                while not self.most_in_flight or (self.in_flight + 1) * bytes_each > self.most_in_flight:
                    self.moved.clear()
                    await self.moved.wait()
                self.sent_at[stream, last] = time.perf_counter()
                self.in_flight += 1
                yield Client(frame=ingest_pb2.Frame(stream=stream, frame=frame))
        while self.left:
            self.moved.clear()
            await self.moved.wait()


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid: int) -> float:
    """Return the most resident memory that a process had."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def settle(pid: int) -> float:
    """Wait until a process does nothing any more; return its CPU time."""
    known = -1.0
    while cpu_seconds(pid) - known > 0.05:
        known = cpu_seconds(pid)
        time.sleep(1.5)
    return cpu_seconds(pid)


def verify(url: str, names: list[str], noise: NDArray[np.float64]) -> None:
    """Count the rows of every run, and compare those of some."""
    api = stepwell.Api(url, timeout=600)
    found = {run.id: run.rows for run in api.runs("many")}
    if found != dict.fromkeys(names, len(noise)):
        raise SystemExit(f"{len(found)} runs with {sum(found.values())} rows, expected {len(names)} × {len(noise)}")
    for name in names[:: max(1, len(names) // COMPARED)]:
        columns = api.run(f"many/{name}").scan_columns()
        for key in range(noise.shape[1]):
            if not np.array_equal(columns[f"train/metric_{key}"], noise[:, key]):
                raise SystemExit(f"train/metric_{key} of {name} came back as {columns[f'train/metric_{key}']}")


async def write_all(address: str, names: list[str], frames: list[tuple[int, bytes]]) -> list[float]:
    """Write everything; return how long each frame waited for its acknowledgement, in seconds."""
    connections = [Connection(names[at::CONNECTIONS]) for at in range(min(CONNECTIONS, len(names)))]
    await asyncio.gather(*(connection.write(address, frames) for connection in connections))
    return [wait for connection in connections for wait in connection.waits]


def main() -> None:
    """Measure and print one line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=1_000)
    parser.add_argument("--keys", type=int, default=100)
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument("--frame-rows", type=int, default=5, help="rows of a frame")
    arguments = parser.parse_args()
    names = [f"run{number}" for number in range(arguments.streams)]
    frames, noise = row_frames(arguments.rows, arguments.keys, arguments.frame_rows)
    scalars = arguments.streams * noise.size
    print(describe(), flush=True)
    with tempfile.TemporaryDirectory() as folder, launched(Path(folder)) as (url, pid):
        begin = time.perf_counter()
        waits = asyncio.run(write_all(url.removeprefix("http://"), names, frames))
        seconds, acknowledged = time.perf_counter() - begin, cpu_seconds(pid)
        settled, memory = settle(pid), resident_mib(pid)
        verify(url, names, noise)
        size = disk_bytes(Path(folder, "server"))
    late = statistics.quantiles(waits, n=100)[98]
    rate, until_ack, until_settled = scalars / seconds / 1e6, acknowledged / scalars * 1e9, settled / scalars * 1e9
    print(
        f"{arguments.streams:,} streams × {arguments.keys} keys: {rate:.2f} M scalars/s acknowledged; "
        f"{until_ack:.0f} ns of the server's CPU per scalar until then, "
        f"{until_settled:.0f} until it has nothing left to do; a frame waits "
        f"{statistics.median(waits) * 1e3:.0f} ms (p99 {late * 1e3:.0f}); {memory:.0f} MiB, "
        f"{size / scalars:.2f} bytes per scalar on disk"
    )


if __name__ == "__main__":
    os.environ.setdefault("STEPWELL_SILENT", "1")
    main()
