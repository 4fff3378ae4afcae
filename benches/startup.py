"""Cost of `import stepwell` and `init`, against the bare start of the same interpreter.

    python benches/startup.py [--starts 30] [--json FILE]

Every figure is a median over starts of a process of its own, taken in turn so that a slow minute of the
machine hits all alike. `import` is the time of the process less that of the bare interpreter; `init` is
measured inside of the process, in an empty local directory; the first start, which writes the compiled
modules, does not count. `CPU` is the processor time of `init`, which a busy machine stretches less than the
time on the wall.
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
from pathlib import Path
from typing import Any

from machine import describe

# Modules that may not be imported before something needs them.
LARGE = ("numpy", "PIL", "grpc", "pandas", "matplotlib", "google.protobuf", "asyncio")

PROGRAMS = {
    "bare": "pass",
    "import": "import stepwell",
    "init": f"""
import json, sys, time
import stepwell
began, cpu = time.perf_counter(), time.process_time()
run = stepwell.init(project="startup", dir="runs", settings={{"silent": True}})
took, cpu = time.perf_counter() - began, time.process_time() - cpu
run.log({{"loss": 0.5}})
large = [name for name in {LARGE!r} if name in sys.modules]
began = time.perf_counter()
run.finish()
finish = time.perf_counter() - began
print(json.dumps({{"init": took, "cpu": cpu, "finish": finish, "large": large, "modules": len(sys.modules)}}))
""",
}


def start(program: str, directory: Path, compiled: str) -> dict[str, Any]:
    """Start a process; return how long it took and what it said. `compiled` is where modules are kept."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("STEPWELL_", "WANDB_"))}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    env = {**kept, "HOME": str(directory), "PYTHONPYCACHEPREFIX": compiled}
    command = [sys.executable, "-c", PROGRAMS[program]]
    began = time.perf_counter()
    done = subprocess.run(command, cwd=directory, env=env, capture_output=True, text=True, timeout=60, check=True)
    return {"seconds": time.perf_counter() - began, **json.loads(done.stdout or "{}")}


def measure(starts: int, compiled: str) -> dict[str, Any]:
    """Return the medians, in ms, and the large modules that were imported."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in PROGRAMS}
    for number in range(starts + 1):
        for program, reports in found.items():
            with tempfile.TemporaryDirectory() as directory:
                report = start(program, Path(directory), compiled)
                kept = any(Path(directory, "runs", "spool").iterdir()) if program == "init" else True
            if not kept:
                raise SystemExit("the run left nothing on disk")
            if number:
                reports.append(report)

    def median(program: str, figure: str) -> float:
        return statistics.median(report[figure] for report in found[program]) * 1000

    return {
        "bare_ms": median("bare", "seconds"),
        "import_ms": median("import", "seconds") - median("bare", "seconds"),
        "init_ms": median("init", "init"),
        "init_cpu_ms": median("init", "cpu"),
        "finish_ms": median("init", "finish"),
        "modules": found["init"][0]["modules"],
        "large": found["init"][0]["large"],
    }


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=30)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    print(describe())
    with tempfile.TemporaryDirectory() as compiled:
        figures = measure(arguments.starts, compiled)
    print("\n| bare start, ms | `import stepwell`, ms | `init`, ms | CPU, ms | `finish`, ms | modules | large ones |")
    print("|---:|---:|---:|---:|---:|---:|---|")
    times = " | ".join(
        f"{figures[name]:.1f}" for name in ("bare_ms", "import_ms", "init_ms", "init_cpu_ms", "finish_ms")
    )
    print(f"| {times} | {figures['modules']} | {', '.join(figures['large']) or 'none'} |")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
