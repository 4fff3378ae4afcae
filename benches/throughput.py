"""Scalars per second from one training process to its disk, and to a server's disk.

    python benches/throughput.py [--rows 1000000] [--keys 10] [--server]

The loop logs faster than any training and waits for room in the queue (`on_full="block"`). The clock runs
from the first `log` to the return of `finish`, which waits until all rows are fsynced (in the spool, or by
the server). Afterwards every row is read back and compared, and only then is a speed printed. `--memory` logs
with the server stopped and reports how far the resident memory of the training process rose instead.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import describe

Row = dict[str, float]


def noisy_rows(keys: int) -> list[Row]:
    """Return different rows of normal noise, about a million floats: more than a compressor's window."""
    dice = random.Random(7)
    names = [f"train/metric_{i}" for i in range(keys)]
    return [{name: dice.gauss(0, 1) for name in names} for _ in range(1_000_000 // keys)]


def train(url: str | None, directory: Path, rows: int, data: list[Row]) -> dict[str, float]:
    """Log `rows` rows, those of `data` again and again; return seconds and resident memory."""
    import stepwell

    settings = {"silent": True, "finish_timeout": 5.0 if url == "http://127.0.0.1:9" else 600.0}
    run = stepwell.init(
        project="bench", id="throughput", dir=str(directory), url=url, settings=settings, on_full="block"
    )
    log = run.log
    before_kib = resident_kib()
    highest_kib = before_kib
    begin_cpu = time.process_time()
    begin = time.perf_counter()
    for start in range(0, rows, len(data)):
        for row in itertools.islice(data, rows - start):
            log(row)
        highest_kib = max(highest_kib, resident_kib())
    logged = time.perf_counter() - begin
    run.finish(quiet=True)
    seconds = time.perf_counter() - begin
    cpu = time.process_time() - begin_cpu
    return {"logged": logged, "seconds": seconds, "cpu": cpu, "growth_mib": (highest_kib - before_kib) / 1024}


def resident_kib() -> int:
    """Return the resident memory of this process in KiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1024


def verify(source: str, rows: int, data: list[Row]) -> None:
    """Read every row back and compare its step and each of its values."""
    import stepwell

    count = 0
    for row in stepwell.Api(source, timeout=600).run("bench/throughput").scan_history():
        expected = data[count % len(data)]
        if row["_step"] != count or any(row[key] != value for key, value in expected.items()):
            raise SystemExit(f"row {count} came back as {row}, expected {expected}")
        count += 1
    if count != rows:
        raise SystemExit(f"read back {count} rows, expected {rows}")


def disk_bytes(directory: Path) -> int:
    """Return the bytes of all files below `directory`."""
    return sum(file.stat().st_size for file in directory.rglob("*") if file.is_file())


def main() -> None:
    """Measure and print one line per target."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--keys", type=int, default=10)
    parser.add_argument("--server", action="store_true", help="measure through a server as well")
    parser.add_argument("--memory", action="store_true", help="log to a server that is not there and report memory")
    parser.add_argument(
        "--no-verify", action="store_true", help="do not read back (for profiling; prints no speed to quote)"
    )
    arguments = parser.parse_args()
    rows, keys = arguments.rows, arguments.keys
    data = noisy_rows(keys)
    print(describe())
    if arguments.memory:
        with tempfile.TemporaryDirectory() as folder:
            figures = train("http://127.0.0.1:9", Path(folder), rows, data)
        print(f"server stopped: {rows * keys / 1e6:.0f} M scalars, memory rose by {figures['growth_mib']:.1f} MiB")
        return
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        figures = train(None, directory, rows, data)
        size = disk_bytes(directory)
        if not arguments.no_verify:
            verify(folder, rows, data)
        report("spool", figures, rows * keys, size)
    if arguments.server:
        with tempfile.TemporaryDirectory() as folder:
            directory = Path(folder)
            port_file = directory / "port"
            command = [
                sys.executable,
                "-m",
                "stepwell",
                "serve",
                "--dir",
                str(directory / "server"),
                "--port",
                "0",
                "--port-file",
                str(port_file),
            ]
            server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                deadline = time.monotonic() + 20
                while not port_file.exists() or not port_file.read_text().strip():
                    if time.monotonic() > deadline:
                        raise SystemExit("the server did not start")
                    time.sleep(0.05)
                url = f"http://127.0.0.1:{port_file.read_text().strip()}"
                figures = train(url, directory / "client", rows, data)
                if not arguments.no_verify:
                    verify(url, rows, data)
                server.terminate()
                server.wait(30)
                report("server", figures, rows * keys, disk_bytes(directory / "server"))
            finally:
                if server.poll() is None:
                    server.kill()


def report(target: str, figures: dict[str, float], scalars: int, size: int) -> None:
    """Print one line."""
    rate, in_loop = (scalars / figures[part] / 1e6 for part in ("seconds", "logged"))
    cpu = figures["cpu"] / scalars * 1e6
    print(
        f"{target}: {rate:.2f} M scalars/s to fsynced disk ({in_loop:.2f} M/s in the loop), "
        f"{cpu:.2f} CPU s per M scalars in the training process, {size / scalars:.2f} bytes per scalar on disk"
    )


if __name__ == "__main__":
    os.environ.setdefault("STEPWELL_SILENT", "1")
    main()
