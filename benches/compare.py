"""Two versions side by side: every figure of both in interleaved rounds, medians, and the difference.

    python benches/compare.py BEFORE AFTER [--rounds 5] [--limit 5] [--json FILE] [--quick]

BEFORE and AFTER are interpreters, each of an environment in which one version is installed: optimised builds
both, as `make bench` and a wheel are. The order turns from round to round, so that a slow minute of the
machine hits both alike. It takes about a minute per round and version, and ends with 1 if a median is worse
by more than the limit, in per cent.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from machine import describe

HERE = Path(__file__).parent


def measure(python: str, quick: bool) -> dict[str, Any]:
    """Return what measure_version.py reports in an interpreter."""
    command = [python, str(HERE / "measure_version.py"), *(["--quick"] if quick else [])]
    # Without the folder of another version on its path.
    env = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    # One seed for the hashes of names: where they collide, a row of one float costs a tenth more.
    env["PYTHONHASHSEED"] = "0"
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False, env=env)
    for line in done.stdout.splitlines():
        if line.startswith("REPORT "):
            report: dict[str, Any] = json.loads(line.removeprefix("REPORT "))
            return report
    raise SystemExit(f"{python}: no report\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")


def change(name: str, before: float, after: float) -> float:
    """Return by how many per cent the later figure is worse; below zero: better."""
    return (before / after - 1 if "per_s" in name else after / before - 1) * 100


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--limit", type=float, default=5.0)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    print(describe(), flush=True)
    reports: dict[str, list[dict[str, Any]]] = {"before": [], "after": []}
    for number in range(arguments.rounds):
        for name in ("before", "after") if number % 2 == 0 else ("after", "before"):
            reports[name].append(measure(getattr(arguments, name), arguments.quick))
            print(f"round {number + 1} of {arguments.rounds}: {name} is measured", file=sys.stderr, flush=True)
    versions = [reports[name][0]["version"] for name in ("before", "after")]
    print(f"\n| figure | {versions[0]} before | {versions[1]} after | worse by | rounds before | rounds after |")
    print("|---|---:|---:|---:|---|---|")
    worse = []
    for figure in reports["before"][0]["figures"]:
        rounds = [[report["figures"][figure] for report in reports[name]] for name in ("before", "after")]
        before, after = map(statistics.median, rounds)
        percent = change(figure, before, after)
        if percent > arguments.limit:
            worse.append(figure)
        listed = " | ".join(" ".join(f"{value:.3g}" for value in values) for values in rounds)
        print(f"| {figure} | {before:.3f} | {after:.3f} | {percent:+.1f} % | {listed} |")
    if arguments.json:
        arguments.json.write_text(json.dumps(reports, indent=1))
    if worse:
        raise SystemExit(f"worse by more than {arguments.limit} %: {', '.join(worse)}")


if __name__ == "__main__":
    main()
