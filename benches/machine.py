"""The machine a benchmark ran on, in one line."""

from __future__ import annotations

import datetime
import os
import platform
from pathlib import Path


def describe() -> str:
    """Return CPU, cores, load, kernel, Python and date."""
    cpu = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "?")
    load = ", ".join(f"{one:.2f}" for one in os.getloadavg())
    today = datetime.date.today().isoformat()
    return f"{today} · {cpu}, {os.cpu_count()} cores, load {load} · Linux {platform.release()} · Python {platform.python_version()}"
