"""Milliseconds of every question that a chart, a table or a script asks, over data that this program makes.

    python benches/query.py [--points 1000000,10000000,100000000] [--runs 10000] [--only series,table]

A server of its own holds the data: long series of noise, a run of ten keys, a hundred runs for a page of
panels, and a table of runs with 200 columns. Each answer is compared with numpy before its question is timed.
No question is asked twice, because answers are kept: `cold` is the first one after a restart of the server
(the file is still in the page cache), `warm` the median of those after it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import struct
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from machine import describe
from measure_version import serving
from numpy.typing import NDArray
from throughput import disk_bytes

import stepwell

BLOCK = 1_000_000
ASKED = 7
WIDE_ROWS, WIDE_KEYS = 1_000_000, 10
PANEL_RUNS, PANEL_KEYS, PANEL_POINTS = 100, 12, 10_000
COLUMNS = 200

Floats = NDArray[np.float64]
Question = Callable[[str, int], Any]
Line = tuple[str, str, float, float]


def noise(block: int, count: int) -> Floats:
    """Return the numbers of a block of a long series: the same each time."""
    return np.random.default_rng(block).standard_normal(count)


def blocks(points: int) -> Iterator[tuple[int, Floats]]:
    """Iterate over a long series: the first step of each block and its numbers."""
    for first in range(0, points, BLOCK):
        yield first, noise(first // BLOCK, min(BLOCK, points - first))


def start_run(url: str, folder: Path, project: str, name: str, config: dict[str, Any] | None = None) -> Any:
    """Begin a run that waits for room in its queue instead of sampling."""
    settings = {"silent": True, "finish_timeout": 1_800.0}
    return stepwell.init(
        project=project, id=name, dir=str(folder), url=url, config=config, settings=settings, on_full="block"
    )


def ask(url: str, path: str, body: dict[str, Any] | None = None) -> bytes:
    """Return the answer to a request of the HTTP API."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{url}/api/v1/{path}", data, {"Content-Type": "application/json"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=600) as answer:
        content: bytes = answer.read()
    return content


def lines(url: str, project: str, panels: list[dict[str, Any]]) -> Iterator[tuple[float, dict[str, Any]]]:
    """Ask for panels; iterate over their lines: the width of a bucket, and the columns as arrays."""
    answer = ask(url, "series:batch", {"entity": "local", "project": project, "panels": panels})
    (length,) = struct.unpack("<I", answer[:4])
    header, data = json.loads(answer[4 : 4 + length]), answer[4 + length :]
    for panel in header["panels"]:
        for series in panel["series"]:
            line: dict[str, Any] = {"points": series["points"]}
            for name, (offset, kind) in series["columns"].items():
                dtype = {"f64": "<f8", "f32": "<f4", "u32": "<u4"}[kind]
                line[name] = np.frombuffer(data, dtype, series["length"], offset)
            yield panel["bucket_width"], line


def panel(
    run: str, key: str, window: tuple[float | None, float | None], buckets: int, x: str = "_step"
) -> dict[str, Any]:
    """Return a panel of one series."""
    series = [{"run": run, "key": key, "label": None}]
    return {"id": f"{run}/{key}", "x": x, "from": window[0], "to": window[1], "buckets": buckets, "series": series}


def expected(points: int, window: tuple[int, int], width: int) -> dict[str, NDArray[Any]]:
    """Return the buckets of a window of a long series, by numpy."""
    first, last = window
    edges = np.arange(first // width, last // width + 1) * width
    low, high = np.full(len(edges), np.inf), np.full(len(edges), -np.inf)
    total, count = np.zeros(len(edges)), np.zeros(len(edges), np.int64)
    for start, numbers in blocks(points):
        begin, end = max(first, start), min(last + 1, start + len(numbers))
        if begin >= end:
            continue
        part = numbers[begin - start : end - start]
        bucket = np.arange(begin, end) // width - first // width
        cuts = np.flatnonzero(np.diff(bucket, prepend=-1))
        which = bucket[cuts]
        low[which] = np.minimum(low[which], np.minimum.reduceat(part, cuts))
        high[which] = np.maximum(high[which], np.maximum.reduceat(part, cuts))
        total[which] += np.add.reduceat(part, cuts)
        count[which] += np.diff(cuts, append=len(bucket))
    return {"min": low, "max": high, "mean": total / count, "count": count}


def check_line(line: dict[str, Any], by_numpy: dict[str, NDArray[Any]]) -> None:
    """Compare a line with what numpy says."""
    for name in ("count", "min", "max"):
        if not np.array_equal(line[name], by_numpy[name]):
            raise SystemExit(f"{name} of the buckets is {line[name]}, expected {by_numpy[name]}")
    if not np.allclose(line["mean"], by_numpy["mean"], rtol=1e-12, atol=1e-12):
        raise SystemExit(f"the mean of the buckets is {line['mean']}, expected {by_numpy['mean']}")


class Bench:
    """A folder with a server's data, questions of it and what they took."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.questions: list[tuple[str, str, Callable[[str], Question]]] = []

    def question(self, name: str, goal: str, prepare: Callable[[str], Question]) -> None:
        """Add a question: `prepare` gets the address, checks one answer, and returns what is timed."""
        self.questions.append((name, goal, prepare))

    def measure(self) -> Iterator[Line]:
        """Ask every question of a server that was just started."""
        for name, goal, prepare in self.questions:
            with serving(self.folder) as url:
                read = prepare(url)
            with serving(self.folder) as url:
                took = [self.time(read, url, number) for number in range(1, ASKED + 1)]
            yield name, goal, took[0], statistics.median(took[1:])

    @staticmethod
    def time(read: Question, url: str, number: int) -> float:
        """Return the milliseconds of one question."""
        begin = time.perf_counter()
        read(url, number)
        return (time.perf_counter() - begin) * 1000


def write_long(url: str, folder: Path, points: int) -> None:
    """Log a long series of noise, and epochs beside it where it is short enough to ask over them."""
    run = start_run(url, folder, "long", f"n{points}")
    for first, numbers in blocks(points):
        columns = {"loss": numbers}
        if points == BLOCK:
            columns["epoch"] = ((first + np.arange(len(numbers))) // 1_000).astype(np.float64)
        run.log_columns(columns)
    run.finish(quiet=True)


def ask_long(bench: Bench, points: int) -> None:
    """Add the questions of a long series."""
    run = f"n{points}"

    def line(url: str, window: tuple[int, int], x: str = "_step") -> tuple[float, dict[str, Any]]:
        return next(lines(url, "long", [panel(run, "loss", window, 1_000, x)]))

    def whole(url: str) -> Question:
        width, found = line(url, (0, points - 1))
        check_line(found, expected(points, (0, points - 1), int(width)))
        return lambda url, number: line(url, (number, points - 1 - number))

    goal = "3" if points <= BLOCK else "5, cold 30"
    bench.question(f"1,000 buckets of {points:,} points", goal, whole)
    if points == BLOCK:

        def epochs(url: str) -> Question:
            width, found = line(url, (0, points // 1_000), "epoch")
            check_line(found, expected(points, (0, points - 1), int(width * 1_000)))
            return lambda url, number: line(url, (number, points // 1_000), "epoch")

        bench.question(f"buckets over another key of {points:,} points", "10", epochs)
    elif points > 10 * BLOCK:

        def window(url: str) -> Question:
            asked = (points // 3, points // 3 + BLOCK - 1)
            width, found = line(url, asked)
            check_line(found, expected(points, asked, int(width)))
            return lambda url, number: line(url, (number * 7_654_321, number * 7_654_321 + BLOCK - 1))

        bench.question(f"a window of {BLOCK:,} points in {points:,}", "3", window)

    def sample(url: str) -> Question:
        rows = stepwell.Api(url, timeout=600).run(f"long/{run}").history(samples=1_000, pandas=False)
        for row in rows:
            step = row["_step"]
            value = noise(step // BLOCK, min(BLOCK, points - step // BLOCK * BLOCK))[step % BLOCK]
            if row["loss"] != value:
                raise SystemExit(f"row {row} of the sample, expected {value}")
        steps = [row["_step"] for row in rows]
        if not 1_000 <= len(rows) <= 1_008 or steps[0] != 0 or steps[-1] != points - 1:
            raise SystemExit(f"{len(rows)} rows in the sample, from step {steps[0]} to {steps[-1]}")
        return lambda url, number: (
            stepwell.Api(url, timeout=600).run(f"long/{run}").history(samples=1_000 - number, pandas=False)
        )

    goal = {BLOCK: "5", 10 * BLOCK: "10"}.get(points, "20")
    bench.question(f"history(samples=1000) of {points:,} points", goal, sample)


def write_wide(url: str, folder: Path) -> None:
    """Log a run of ten keys."""
    run = start_run(url, folder, "wide", "wide")
    run.log_columns({f"key{key}": noise(key, WIDE_ROWS) for key in range(WIDE_KEYS)})
    run.finish(quiet=True)


def ask_wide(bench: Bench) -> None:
    """Add the questions that read every row."""

    def columns(url: str) -> Question:
        found = stepwell.Api(url, timeout=600).run("wide/wide").scan_columns()
        for key in range(WIDE_KEYS):
            if not np.array_equal(found[f"key{key}"], noise(key, WIDE_ROWS)):
                raise SystemExit(f"scan_columns: key{key} came back as {found[f'key{key}']}")
        return lambda url, _: stepwell.Api(url, timeout=600).run("wide/wide").scan_columns()

    def rows(url: str) -> Question:
        first = noise(0, WIDE_ROWS)
        for step, row in enumerate(
            stepwell.Api(url, timeout=600).run("wide/wide").scan_history(max_step=WIDE_ROWS // 10)
        ):
            if row["_step"] != step or row["key0"] != first[step]:
                raise SystemExit(f"scan_history: row {step} came back as {row}")

        def read(url: str, number: int) -> None:
            begin = number * (WIDE_ROWS // 10)
            for _ in (
                stepwell.Api(url, timeout=600)
                .run("wide/wide")
                .scan_history(min_step=begin, max_step=begin + WIDE_ROWS // 10)
            ):
                pass

        return read

    scalars = WIDE_ROWS * WIDE_KEYS
    bench.question(f"scan_columns of {scalars:,} scalars", f"{scalars / 30e3:.0f}", columns)
    bench.question(f"scan_history of {scalars // 10:,} scalars", f"{scalars / 10 / 3e3:.0f}", rows)


def write_panels(url: str, folder: Path) -> None:
    """Log the runs of a page of panels."""
    for number in range(PANEL_RUNS):
        run = start_run(url, folder, "panels", f"run{number}")
        run.log_columns({f"key{key}": noise(number * PANEL_KEYS + key, PANEL_POINTS) for key in range(PANEL_KEYS)})
        run.finish(quiet=True)


def ask_panels(bench: Bench) -> None:
    """Add the question of a page of panels."""

    def page(url: str, number: int) -> list[tuple[float, dict[str, Any]]]:
        panels = []
        for key in range(PANEL_KEYS):
            series = [{"run": f"run{run}", "key": f"key{key}", "label": None} for run in range(PANEL_RUNS)]
            panels.append(panel("", f"key{key}", (number, PANEL_POINTS - 1), 500) | {"series": series})
        return list(lines(url, "panels", panels))

    def prepare(url: str) -> Question:
        for at, (width, line) in enumerate(page(url, 0)):
            key, run = divmod(at, PANEL_RUNS)
            numbers = noise(run * PANEL_KEYS + key, PANEL_POINTS)
            lowest = np.minimum.reduceat(numbers, np.arange(0, PANEL_POINTS, int(width)))
            if not np.array_equal(line["min"], lowest):
                raise SystemExit(f"key{key} of run{run}: the minima are {line['min']}, expected {lowest}")
        return lambda url, number: page(url, number)

    bench.question(f"{PANEL_KEYS} panels × {PANEL_RUNS} runs × {PANEL_POINTS:,} points", "60", prepare)


def write_table(url: str, folder: Path, runs: int) -> None:
    """Make a table of runs: half of its columns are config, half summary."""
    for number in range(runs):
        config = {f"c{column}": number % (column + 2) for column in range(COLUMNS // 2)}
        run = start_run(url, folder, "table", f"run{number}", config)
        run.log({f"s{column}": float(number * (column + 1) % 9_973) for column in range(COLUMNS // 2)})
        run.finish(quiet=True)


def ask_table(bench: Bench, runs: int) -> None:
    """Add the questions of the runs' table."""

    def page(url: str, column: int) -> dict[str, Any]:
        filters = json.dumps({f"config.c{column}": 1, "summary_metrics.s3": {"$gt": 100}})
        asked = {
            "entity": "local",
            "project": "table",
            "filters": filters,
            "order": f"-summary_metrics.s{column}",
            "limit": 50,
        }
        found: dict[str, Any] = json.loads(ask(url, "runs?" + urllib.parse.urlencode(asked)))
        return found

    def prepare(url: str) -> Question:
        found, column = page(url, 9), 9
        kept = [n for n in range(runs) if n % (column + 2) == 1 and n * 4 % 9_973 > 100]
        kept.sort(key=lambda n: -(n * (column + 1) % 9_973))
        got = [float(run["summary"][f"s{column}"]) for run in found["runs"]]
        if found["total"] != len(kept) or got != [float(n * (column + 1) % 9_973) for n in kept[:50]]:
            raise SystemExit(f"a page of {found['total']} runs with {got}, expected {len(kept)}")
        return lambda url, number: page(url, 9 + number)

    def keys(url: str) -> Question:
        def read(url: str, number: int) -> dict[str, Any]:
            asked = {"entity": "local", "project": "table", "limit": 1_000 + number}
            found: dict[str, Any] = json.loads(ask(url, "keys?" + urllib.parse.urlencode(asked)))
            return found

        found = read(url, 0)
        if found["total"] != COLUMNS // 2 or any(key["runs"] != runs for key in found["keys"]):
            raise SystemExit(f"{found['total']} keys, expected {COLUMNS // 2} of {runs} runs each")
        return read

    bench.question(f"a filtered, sorted page of {runs:,} runs × {COLUMNS} columns", "20", prepare)
    bench.question(f"the keys of {runs:,} runs × {COLUMNS // 2} keys", "20", keys)


def main() -> None:
    """Write the data, ask, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", default="1000000,10000000,100000000", help="lengths of the long series")
    parser.add_argument("--runs", type=int, default=10_000, help="runs of the table")
    parser.add_argument("--only", default="series,rows,panels,table", help="parts to measure")
    parser.add_argument("--settle", type=float, default=3.0, help="seconds for the compaction after the last write")
    parser.add_argument("--dir", help="a folder in which data of an earlier call lie, or are to be kept")
    arguments = parser.parse_args()
    parts = arguments.only.split(",")
    lengths = [int(text) for text in arguments.points.split(",")] if "series" in parts else []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(arguments.dir or temporary)
        if not (folder / "server").exists():
            with serving(folder) as url, tempfile.TemporaryDirectory() as spool:
                write(url, Path(spool), lengths, parts, arguments.runs)
                time.sleep(arguments.settle)
        bench = Bench(folder)
        for points in lengths:
            ask_long(bench, points)
        if "rows" in parts:
            ask_wide(bench)
        if "panels" in parts:
            ask_panels(bench)
        if "table" in parts:
            ask_table(bench, arguments.runs)
        print(f"{describe()} · {disk_bytes(folder / 'server') / 1e6:,.0f} MB on disk\n")
        print("| question | goal, ms | cold, ms | warm, ms |\n|---|---:|---:|---:|", flush=True)
        for name, goal, cold, warm in bench.measure():
            print(f"| {name} | {goal} | {cold:.1f} | {warm:.1f} |", flush=True)


def write(url: str, folder: Path, lengths: list[int], parts: list[str], runs: int) -> None:
    """Write the data of the parts, and say how long each took."""

    def said(name: str, work: Callable[[], None]) -> None:
        begin = time.perf_counter()
        work()
        print(f"{name}: written in {time.perf_counter() - begin:.1f} s", file=sys.stderr, flush=True)

    for points in lengths:
        said(f"{points:,} points", lambda points=points: write_long(url, folder, points))  # type: ignore[misc]
    if "rows" in parts:
        said(f"{WIDE_ROWS:,} rows of {WIDE_KEYS} keys", lambda: write_wide(url, folder))
    if "panels" in parts:
        said(f"{PANEL_RUNS} runs of {PANEL_KEYS} keys", lambda: write_panels(url, folder))
    if "table" in parts:
        said(f"{runs:,} runs", lambda: write_table(url, folder, runs))


if __name__ == "__main__":
    os.environ.setdefault("STEPWELL_SILENT", "1")
    main()
