"""Run every benchmark in turn and print their tables: `make bench`, or `python benches/run.py [--quick]`."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    """Run them all; the first that fails ends it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, no peers but the floor")
    quick = parser.parse_args().quick
    rows = "100000" if quick else "1000000"
    plan = [
        ["peers.py", "ormsgpack"] if quick else ["peers.py"],
        ["caller.py", *(["--keys", "10", "--peers", "ormsgpack"] if quick else [])],
        ["startup.py", *(["--starts", "5"] if quick else [])],
        ["media.py", "--calls", "100" if quick else "1000"],
        ["media_run.py"],
        ["throughput.py", "--rows", rows, "--keys", "10", "--server"],
        ["throughput.py", "--rows", "20000" if quick else "200000", "--keys", "100", "--server"],
        ["throughput.py", "--rows", "200000" if quick else "5000000", "--keys", "10", "--memory"],
        ["query.py", *(["--points", "1000000", "--runs", "200"] if quick else [])],
        ["ingest_many.py", "--streams", "100" if quick else "1000", "--keys", "100"],
        ["ingest_many.py", "--streams", "400" if quick else "4096", "--keys", "10"],
    ]
    for script, *arguments in plan:
        print(f"\n── {script} {' '.join(arguments)}", flush=True)
        subprocess.run([sys.executable, str(HERE / script), *arguments], check=True)


if __name__ == "__main__":
    main()
