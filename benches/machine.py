"""The machine a benchmark ran on, in one line."""

from __future__ import annotations

import datetime
import os
import platform
from pathlib import Path


def describe() -> str:
    """Return CPU, cores, load, kernel, Python and date."""
    info = Path("/proc/cpuinfo").read_text().splitlines()
    cpu = next((line.split(":")[1].strip() for line in info if line.startswith("model name")), "?")
    load = ", ".join(f"{one:.2f}" for one in os.getloadavg())
    software = f"Linux {platform.release()} · Python {platform.python_version()}"
    return f"{datetime.date.today().isoformat()} · {cpu}, {os.cpu_count()} cores, load {load} · {software}"
