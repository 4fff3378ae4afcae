"""Logs many scalars to a server that is not there; prints how far it grew: `memory_training.py SCALARS`."""

import json
import sys
import time
from pathlib import Path

import stepwell

KEYS = 10
MIB = 1 << 20


def memory_mib(field: str) -> float:
    """Return a field of /proc/self/status in MiB: VmRSS is what the process occupies, VmHWM the most."""
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) / 1024
    raise LookupError(field)


def train(scalars: int, directory: Path, url: str) -> dict[str, float]:
    """Log `scalars` floats, ten to a row, as fast as it goes.

    Returns
    -------
    dict
        `scalars`, `seconds`, `start_mib` before `init`, `peak_mib` until `finish` ends, and their difference
        `growth_mib`.
    """
    names = [f"layer/{index}/gradient" for index in range(KEYS)]
    start = memory_mib("VmRSS")
    begun = time.perf_counter()
    run = stepwell.init(project="memory", dir=directory, url=url, settings={"finish_timeout": 0.0, "silent": True})
    log = run.log
    for i in range(scalars // KEYS):
        log(dict.fromkeys(names, i * 0.1))
    seconds = time.perf_counter() - begun
    run.finish()
    peak = memory_mib("VmHWM")
    return {"scalars": scalars, "seconds": seconds, "start_mib": start, "peak_mib": peak, "growth_mib": peak - start}


if __name__ == "__main__":
    # Port 9 is "discard", where nobody listens.
    print(json.dumps(train(int(sys.argv[1]), Path("stepwell"), "http://127.0.0.1:9")))
