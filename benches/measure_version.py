"""Every figure of one installed version, in this interpreter: prints one line of JSON. Run by compare.py.

A higher figure is better where its name ends with `per_s`; of all others a lower one is. Everything runs in a
folder of its own; what is read back is compared with what was written before a figure counts.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from measure_caller import batches, quantile, rows_of
from throughput import noisy_rows, train, verify

KEYS = (1, 10, 100, 1000)
READ_ROWS, READ_KEYS = 100_000, 10


def calls(seconds: float) -> dict[str, float]:
    """Return what a call of `log` costs, in µs, by the number of floats."""
    from drivers import stepwell_local

    figures = {}
    for keys in KEYS:
        with tempfile.TemporaryDirectory() as directory:
            log, finish = stepwell_local.open_run(directory)
            figures[f"log {keys} floats, µs"] = quantile(batches(log, rows_of(keys), seconds), 0.5)
            finish()
    return figures


def starts(count: int) -> dict[str, float]:
    """Return medians of `import`, `init` and `finish`, in ms, each start in a process of its own."""
    from startup import PROGRAMS, start

    found: dict[str, list[dict[str, Any]]] = {name: [] for name in PROGRAMS}
    with tempfile.TemporaryDirectory() as compiled:
        for number in range(count + 1):
            for program, reports in found.items():
                with tempfile.TemporaryDirectory() as directory:
                    report = start(program, Path(directory), compiled)
                if number:  # the first one writes the compiled modules
                    reports.append(report)

    def median(program: str, figure: str) -> float:
        return statistics.median(report[figure] for report in found[program]) * 1000

    return {
        "import, ms": median("import", "seconds") - median("bare", "seconds"),
        "init, ms": median("init", "init"),
        "finish, ms": median("init", "finish"),
    }


@contextmanager
def serving(directory: Path) -> Iterator[str]:
    """Run a server of this version over a directory; its address."""
    with launched(directory) as (url, _):
        yield url


@contextmanager
def launched(directory: Path) -> Iterator[tuple[str, int]]:
    """Run a server of this version over a directory; its address and its process id."""
    port_file = directory / "port"
    port_file.unlink(missing_ok=True)
    command = [sys.executable, "-m", "stepwell", "serve", "--dir", str(directory / "server"), "--port", "0"]
    server = subprocess.Popen([*command, "--port-file", str(port_file)], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while not port_file.exists() or not port_file.read_text().strip():
            if time.monotonic() > deadline or server.poll() is not None:
                raise SystemExit("the server did not start")
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port_file.read_text().strip()}", server.pid
        server.terminate()
        server.wait(30)
    finally:
        if server.poll() is None:
            server.kill()


def flood(rows: int, keys: int) -> dict[str, float]:
    """Return scalars per second to the spool and to a server, fsynced, and how long a reader waits."""
    data = noisy_rows(keys)
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        seconds = train(None, Path(folder), rows, data)["seconds"]
        figures["spool, M scalars per_s"] = rows * keys / seconds / 1e6
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as url:
        seconds = train(url, Path(folder, "client"), rows, data)["seconds"]
        figures["ingest, M scalars per_s"] = rows * keys / seconds / 1e6
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as url:
        data = noisy_rows(READ_KEYS)
        train(url, Path(folder, "client"), READ_ROWS, data)
        verify(url, READ_ROWS, data)
        time.sleep(3)  # for the compaction: what is measured is the state in which a run lies
        figures |= reads(url)
    return figures


def reads(url: str) -> dict[str, float]:
    """Return what reading a run costs, in ms; no question is asked twice, because answers are kept."""
    import stepwell

    api = stepwell.Api(url, timeout=120)
    run = api.run("bench/throughput")
    return {
        "series of 10 keys in 450 buckets, ms": each(12, lambda n: series(url, 450, n)),
        "series of 10 keys in 2,000 buckets, ms": each(12, lambda n: series(url, 2000, n)),
        "scan_history of 10,000 rows, ms": each(5, lambda n: scan(run, n)),
        "scan_columns of 100,000 rows, ms": each(5, lambda n: run.scan_columns(max_step=READ_ROWS - n).rows),
        "run, ms": each(12, lambda n: api.run("bench/throughput").rows),
        "runs, ms": each(12, lambda n: len(api.runs("bench", {"config.none": n}))),
    }


def each(times: int, read: Callable[[int], Any]) -> float:
    """Return the median of calls, in ms."""
    figures = []
    for number in range(times):
        began = time.perf_counter()
        read(number)
        figures.append((time.perf_counter() - began) * 1000)
    return statistics.median(figures)


def series(url: str, buckets: int, number: int) -> int:
    """Ask for the lines of all keys over a window that nobody asked for before."""
    panels = [
        {
            "id": str(key), "x": "_step", "from": number, "to": READ_ROWS - 1, "buckets": buckets, "log_x": False,
            "series": [{"run": "throughput", "key": f"train/metric_{key}", "label": None}],
        }
        for key in range(READ_KEYS)
    ]  # fmt: skip
    body = json.dumps({"entity": "local", "project": "bench", "panels": panels}).encode()
    request = urllib.request.Request(f"{url}/api/v1/series:batch", body, {"Content-Type": "application/json"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
        return len(answer.read())


def scan(run: Any, number: int) -> int:
    """Read a tenth of the rows one by one."""
    begin = number * 10_000
    return sum(1 for _ in run.scan_history(min_step=begin, max_step=begin + 10_000))


def main() -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few seconds, to see that it works")
    quick = parser.parse_args().quick
    figures = calls(0.1 if quick else 0.6) | starts(2 if quick else 8)
    figures |= flood(20_000 if quick else 500_000, 10)
    import stepwell

    print("REPORT " + json.dumps({"version": stepwell.__version__, "figures": figures}), flush=True)


if __name__ == "__main__":
    os.environ.setdefault("STEPWELL_SILENT", "1")
    main()
