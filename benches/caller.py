"""Cost of one call of `log` for the training loop, beside its peers and the floor.

    python benches/caller.py [--keys 1,10,100] [--peers ormsgpack,wandb,trackio,tensorboardx] [--json FILE]

Every logger runs in a process of its own, all of them in turn and twice, so that a slow minute of the machine
hits all alike. The median is over batches of back-to-back calls; p99 and p99.9 are of single calls; `paced`
is the median of calls after 2 ms of sleep. Peers are taken from the virtual environments that `python
benches/peers.py` makes; one that is not installed is left out.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from machine import describe
from peers import interpreter

HERE = Path(__file__).parent
DRIVERS = {
    "stepwell": "stepwell_local",
    "ormsgpack": "ormsgpack_pack",
    "tensorboardx": "tensorboardx_writer",
    "trackio": "trackio_local",
    "wandb": "wandb_offline",
}


def measure(name: str, keys: int, seconds: float) -> dict[str, Any] | None:
    """Run one measurement in the interpreter that has the package; None when it does not run there."""
    python = interpreter(name)
    if python is None:
        return None
    calls = 2000 if name in ("stepwell", "ormsgpack") else 500
    command = [
        python,
        str(HERE / "measure_caller.py"),
        DRIVERS[name],
        str(keys),
        "--seconds",
        str(seconds),
        "--calls",
        str(calls),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    for line in done.stdout.splitlines():
        if line.startswith("REPORT "):
            report: dict[str, Any] = json.loads(line.removeprefix("REPORT "))
            return report
    print(f"{name}: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'no report'}", file=sys.stderr)
    return None


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", default="1,10,100,1000")
    parser.add_argument("--peers", default="ormsgpack,tensorboardx,trackio,wandb")
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    names = ["stepwell", *filter(None, arguments.peers.split(","))]
    print(describe())
    table: list[dict[str, Any]] = []
    for keys in map(int, arguments.keys.split(",")):
        rounds = [{name: measure(name, keys, arguments.seconds) for name in names} for _ in range(2)]
        for name in names:
            reports = [report for one in rounds if (report := one[name]) is not None]
            if not reports:
                continue
            row = {"keys": keys, "logger": f"{name} {reports[0]['version']}"}
            row |= {
                figure: statistics.median(r[figure] for r in reports)
                for figure in ("median_us", "p99_us", "p999_us", "paced_us")
            }
            own = [r for one in rounds if (r := one["stepwell"]) is not None]
            row["ratio"] = row["median_us"] / statistics.median(r["median_us"] for r in own) if own else float("nan")
            table.append(row)
    print("\n| keys | logger | µs per call (median) | p99 | p99.9 | paced | × stepwell |")
    print("|---:|---|---:|---:|---:|---:|---:|")
    for row in table:
        figures = " | ".join(f"{row[figure]:.2f}" for figure in ("median_us", "p99_us", "p999_us", "paced_us"))
        print(f"| {row['keys']} | {row['logger']} | {figures} | {row['ratio']:.2f} |")
    if arguments.json:
        arguments.json.write_text(json.dumps(table, indent=1))


if __name__ == "__main__":
    main()
