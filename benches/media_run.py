"""Cost of 10,000 images, 1,000 tables and 200 videos for a training: `python benches/media_run.py`.

The training is that of tests/e2e/media/test_many_media.py, which kills it and finds everything again; here it
writes to a directory, is ended when everything is on the disk, and its files are counted before the figures
are printed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import machine
from measure_caller import quantile

TRAINING = Path(__file__).parents[1] / "tests" / "support" / "media_training.py"
FILES = {"image": 9_001, "table": 1_000, "video": 200}


def main() -> None:
    """Run the training once and print one table."""
    print(machine.describe() + "\n")
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, str(TRAINING), "offline"]
        training = subprocess.Popen(command, cwd=directory, stdout=subprocess.PIPE, text=True)
        assert training.stdout is not None
        report = json.loads(training.stdout.readline())
        training.kill()
        training.wait()
        assert report["flushed"]
        blobs = [path for path in Path(directory).glob("stepwell/blobs/??/*") if path.is_file()]
        assert len(blobs) == sum(FILES.values()), f"{len(blobs)} blobs, not {sum(FILES.values())}"
    print("| logged | calls | ms per call: p50 | p99 | p99.9 | max |\n|---|---:|---:|---:|---:|---:|")
    every = [time for times in report["times"].values() for time in times]
    for name, times in {**report["times"], "all": every}.items():
        figures = (*(quantile(times, q) for q in (0.5, 0.99, 0.999)), max(times))
        print(f"| {name} | {len(times):,} | {' | '.join(f'{figure:.3f}' for figure in figures)} |")
    print(f"\nAll on the disk {report['flush_s']:.2f} s after the last call; memory +{report['grown_mib']:.0f} MiB.")


if __name__ == "__main__":
    main()
