"""One measurement of what a call of `log` costs its caller, in this interpreter, for caller.py, as JSON."""

from __future__ import annotations

import argparse
import importlib
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))


def rows_of(keys: int, count: int = 64) -> list[dict[str, Any]]:
    """Return `count` dicts of `keys` floats: the same str keys in each, as in a training loop."""
    dice = random.Random(keys)
    names = [f"train/metric_{i}" for i in range(keys)]
    return [{name: dice.random() for name in names} for _ in range(count)]


def batches(log: Callable[[dict[str, Any]], Any], rows: list[dict[str, Any]], seconds: float) -> list[float]:
    """Return microseconds per call, one figure per batch of back-to-back calls."""
    begin = time.perf_counter_ns()
    for row in rows:
        log(row)
    once = max((time.perf_counter_ns() - begin) / len(rows), 50)
    rounds = max(1, min(200, int(2e6 / (once * len(rows)))))
    figures: list[float] = []
    deadline = time.perf_counter() + seconds
    while time.perf_counter() < deadline or len(figures) < 5:
        begin = time.perf_counter_ns()
        for _ in range(rounds):
            for row in rows:
                log(row)
        figures.append((time.perf_counter_ns() - begin) / (rounds * len(rows)) / 1e3)
        # Between batches the logger's own threads may catch up, as they do while a model trains.
        time.sleep(0.005)
    return figures


def single_calls(
    log: Callable[[dict[str, Any]], Any], rows: list[dict[str, Any]], calls: int, pause: float
) -> list[float]:
    """Return microseconds of single calls, each after `pause` seconds of sleep."""
    figures: list[float] = []
    for i in range(calls):
        if pause:
            time.sleep(pause)
        row = rows[i % len(rows)]
        begin = time.perf_counter_ns()
        log(row)
        figures.append((time.perf_counter_ns() - begin) / 1e3)
    return figures


def quantile(figures: list[float], q: float) -> float:
    """Return the q-quantile of the figures."""
    ordered = sorted(figures)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]


def main() -> None:
    """Measure one driver at one number of keys."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("driver")
    parser.add_argument("keys", type=int)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--calls", type=int, default=2000)
    arguments = parser.parse_args()
    driver = importlib.import_module(f"drivers.{arguments.driver}")
    rows = rows_of(arguments.keys)
    with tempfile.TemporaryDirectory() as directory:
        log, finish = driver.open_run(directory)
        median = quantile(batches(log, rows, arguments.seconds), 0.5)
        single = single_calls(log, rows, arguments.calls, 0)
        paced = single_calls(log, rows, min(300, arguments.calls), 0.002)
        finish()
    report = {
        "version": driver.version(),
        "median_us": median,
        "p99_us": quantile(single, 0.99),
        "p999_us": quantile(single, 0.999),
        "paced_us": quantile(paced, 0.5),
    }
    print("REPORT " + json.dumps(report), flush=True)


if __name__ == "__main__":
    main()
