"""How many scalars a second reach the disk, and a server's disk, from one training process.

    python benches/throughput.py [--rows 1000000] [--keys 10] [--server]

The loop logs faster than any training and waits for room in the queue (`on_full="block"`). The clock runs from the first `log` to the return of `finish`, which waits until all rows are fsynced (in the spool, or by the server).
Afterwards every row is read back and compared, and only then is a speed printed. `--memory` logs with the server stopped and reports how
far the resident memory of the training process rose instead.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import describe


def row_sums(rows: int, keys: int, noise: list[float]) -> float:
    """Return the sum over all values that `train` logs."""
    return sum(sum(noise[i % 997 : i % 997 + keys]) for i in range(rows))


def train(url: str | None, directory: Path, rows: int, keys: int, noise: list[float]) -> dict[str, float]:
    """Log `rows` rows of `keys` noisy floats; return seconds and resident memory."""
    import stepwell

    names = [f"train/metric_{i}" for i in range(keys)]
    data = [dict(zip(names, noise[i : i + keys], strict=True)) for i in range(997)]
    settings = {"silent": True, "finish_timeout": 5.0 if url == "http://127.0.0.1:9" else 600.0}
    run = stepwell.init(
        project="bench", id="throughput", dir=str(directory), url=url, settings=settings, on_full="block"
    )
    log = run.log
    before_kib = resident_kib()
    highest_kib = before_kib
    begin_cpu = time.process_time()
    begin = time.perf_counter()
    for start in range(0, rows, 997):
        for row in data[: min(997, rows - start)]:
            log(row)
        if start % (997 * 64) == 0:
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


def verify(source: str, rows: int, keys: int, noise: list[float]) -> None:
    """Read every row back and compare count, steps and the sum of all values."""
    import stepwell

    total = 0.0
    count = 0
    names = [f"train/metric_{i}" for i in range(keys)]
    for row in stepwell.Api(source).run("bench/throughput").scan_history(keys=names):
        if row["_step"] != count:
            raise SystemExit(f"row {count} has step {row['_step']}")
        total += sum(row[name] for name in names)
        count += 1
    expected = row_sums(rows, keys, noise)
    if count != rows or abs(total - expected) > 1e-9 * rows * keys:
        raise SystemExit(f"read back {count} rows with sum {total}, expected {rows} with {expected}")


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
    parser.add_argument("--no-verify", action="store_true", help="do not read back (for profiling; prints no speed to quote)")
    arguments = parser.parse_args()
    rows, keys = arguments.rows, arguments.keys
    dice = random.Random(7)
    noise = [dice.gauss(0, 1) for _ in range(997 + keys)]
    print(describe())
    if arguments.memory:
        with tempfile.TemporaryDirectory() as folder:
            figures = train("http://127.0.0.1:9", Path(folder), rows, keys, noise)
        print(f"server stopped: {rows * keys / 1e6:.0f} M scalars, memory rose by {figures['growth_mib']:.1f} MiB")
        return
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        figures = train(None, directory, rows, keys, noise)
        size = disk_bytes(directory)
        if not arguments.no_verify:
            verify(folder, rows, keys, noise)
        report("spool", figures, rows * keys, size)
    if arguments.server:
        with tempfile.TemporaryDirectory() as folder:
            directory = Path(folder)
            port_file = directory / "port"
            command = [sys.executable, "-m", "stepwell", "serve", "--dir", str(directory / "server"), "--port", "0", "--port-file", str(port_file)]
            server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                deadline = time.monotonic() + 20
                while not port_file.exists() or not port_file.read_text().strip():
                    if time.monotonic() > deadline:
                        raise SystemExit("the server did not start")
                    time.sleep(0.05)
                url = f"http://127.0.0.1:{port_file.read_text().strip()}"
                figures = train(url, directory / "client", rows, keys, noise)
                if not arguments.no_verify:
                    verify(url, rows, keys, noise)
                server.terminate()
                server.wait(30)
                report("server", figures, rows * keys, disk_bytes(directory / "server"))
            finally:
                if server.poll() is None:
                    server.kill()


def report(target: str, figures: dict[str, float], scalars: int, size: int) -> None:
    """Print one line."""
    rate = scalars / figures["seconds"] / 1e6
    print(
        f"{target}: {rate:.2f} M scalars/s to fsynced disk ({scalars / figures['logged'] / 1e6:.2f} M/s in the loop), "
        f"{figures['cpu'] / scalars * 1e6:.2f} CPU s per M scalars in the training process, {size / scalars:.2f} bytes per scalar on disk"
    )


if __name__ == "__main__":
    os.environ.setdefault("STEPWELL_SILENT", "1")
    main()
