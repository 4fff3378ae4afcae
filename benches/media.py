"""Cost of media for the training loop, and until all are on the disk: `python benches/media.py [--calls N]`.

Every case runs in a process of its own, first paced (5 ms of sleep before each call, as a model that trains),
then as fast as it goes. Beside it stands the floor: the copy of the same memory by numpy, and PNG by Pillow
where that is what a logger without threads of its own would have to do. Afterwards each blob is opened with
Pillow (tables: as JSON) and compared with what was logged; only then the figures are printed.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import machine
from measure_caller import quantile

CASES = {
    "uint8": "Image, 256×256×3 uint8",
    "float32": "Image, 256×256×3 float32",
    "planes": "Image, 256×256×3 float32, channels first in memory",
    "table": "Table, 1,000 rows × 3 columns",
    "video": "Video, 10×3×64×64 uint8",
}
PAUSE_S = 0.005


def main() -> None:
    """Measure all cases and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--case", choices=CASES, help="measure one case in this process, and print JSON")
    arguments = parser.parse_args()
    if arguments.case:
        print("REPORT " + json.dumps(measure(arguments.case, arguments.calls)), flush=True)
        return
    print(machine.describe() + "\n")
    print(
        "| logged | ms per call, paced: p50 | p99 | p99.9 | CPU of it: p50 | p99 | flat out: p50 | p99 | floor "
        "| encoded by Pillow | stored, ms each |"
    )
    print("|---" + "|---:" * 10 + "|")
    for case, words in CASES.items():
        ended = subprocess.run(
            [sys.executable, __file__, "--case", case, "--calls", str(arguments.calls)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        report = json.loads(ended.stdout.split("REPORT ")[1])
        cells = [
            *(report["paced"][name] for name in ("p50", "p99", "p999")),
            *(report["paced_cpu"][name] for name in ("p50", "p99")),
            *(report["flat"][name] for name in ("p50", "p99")),
            *(report[name] for name in ("floor", "pillow", "stored")),
        ]
        shown = ("–" if cell is None else f"{cell:.3f}" for cell in cells)
        print(f"| {words} | {' | '.join(shown)} |", flush=True)


def samples(case: str) -> Callable[[int], Any]:
    """Return what makes the i-th array (or rows) of a case; no two are equal."""
    import numpy as np

    random = np.random.default_rng(7)
    # Half smooth, half noise, as pictures are.
    smooth = np.add.outer(np.arange(256), np.arange(256))[..., None] // 2 % 256
    image = (smooth + random.integers(0, 24, (256, 256, 3))).clip(0, 255).astype(np.uint8)
    clip = random.integers(0, 200, (10, 3, 64, 64)).astype(np.uint8)

    def stamped(i: int) -> Any:
        image[0, 0] = (i & 255, i >> 8 & 255, 77)
        return image

    def video(i: int) -> Any:
        # A pixel would not do: 256 colours for a frame of noise make the same of nearly the same.
        clip[0] = np.random.default_rng(i).integers(0, 200, clip.shape[1:])
        return clip

    def planes(i: int) -> Any:
        return np.ascontiguousarray(np.moveaxis(stamped(i), -1, 0)).astype(np.float32).transpose(1, 2, 0) / np.float32(
            255
        )

    made: dict[str, Callable[[int], Any]] = {
        "uint8": stamped,
        "float32": lambda i: stamped(i).astype(np.float32) / np.float32(255),
        "planes": planes,
        "table": lambda i: [[i, row, f"text {row}"] for row in range(1000)],
        "video": video,
    }
    return made[case]


def measure(case: str, calls: int) -> dict[str, Any]:
    """Log paced and flat out; wait for the disk; check every blob."""
    import numpy as np

    import stepwell

    make = samples(case)

    def medium(data: Any) -> Any:
        if case == "table":
            return stepwell.Table(columns=["i", "row", "text"], data=data)
        return stepwell.Video(data) if case == "video" else stepwell.Image(data)

    expected: set[str] = set()

    def note(data: Any) -> None:
        if case == "table":
            expected.add(digest(json.dumps(data)))
        elif case != "video":
            pixels = data if data.dtype == np.uint8 else (data * np.float32(255)).astype(np.uint8)
            expected.add(digest(np.ascontiguousarray(pixels)))

    with tempfile.TemporaryDirectory() as directory:
        run = stepwell.init(project="bench", dir=directory, settings={"quiet": True})
        for i in range(20):
            run.log({"warm": medium(make(i + 60_000))})
            note(make(i + 60_000))
        figures: dict[str, list[float]] = {"paced": [], "paced_cpu": [], "flat": [], "flat_cpu": []}
        began, slept = time.perf_counter(), 0.0
        for name, pause in (("paced", PAUSE_S), ("flat", 0.0)):
            for i in range(calls):
                data = make(i + (calls if pause == 0 else 0))
                note(data)
                if pause:
                    time.sleep(pause)
                at, computed = time.perf_counter_ns(), time.thread_time_ns()
                run.log({"medium": medium(data)})
                figures[f"{name}_cpu"].append((time.thread_time_ns() - computed) / 1e6)
                figures[name].append((time.perf_counter_ns() - at) / 1e6)
            if pause:
                slept = time.perf_counter() - began
        flat_began = began + slept
        run.finish()
        stored = time.perf_counter() - flat_began
        check(case, Path(directory), expected, 2 * calls + 20)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        name: {"p50": quantile(each, 0.5), "p99": quantile(each, 0.99), "p999": quantile(each, 0.999)}
        for name, each in figures.items()
    } | {
        "floor": floor(case, make(1)),
        "pillow": pillow(case, make(1)),
        "stored": stored / calls * 1e3,
        "rss_mib": usage.ru_maxrss / 1024,
    }


def digest(data: Any) -> str:
    """Name some bytes."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def check(case: str, directory: Path, expected: set[str], count: int) -> None:
    """Open every blob and find what was logged, all of it and nothing else."""
    import numpy as np
    from PIL import Image

    blobs = [path for path in directory.glob("**/blobs/??/*") if path.is_file()]
    assert len(blobs) == count, f"{len(blobs)} blobs, not {count}"
    found = set()
    for path in blobs:
        data = path.read_bytes()
        assert hashlib.sha256(data).hexdigest() == path.name
        if case == "table":
            found.add(digest(json.dumps(json.loads(data)["data"])))
            continue
        with Image.open(io.BytesIO(data)) as picture:
            if case == "video":
                assert getattr(picture, "n_frames", 1) == 10
            else:
                found.add(digest(np.ascontiguousarray(picture)))
    assert found == expected, "what was logged is not what was stored"


def timed(action: Callable[[], Any], rounds: int = 200) -> float:
    """Return the median of some rounds, in milliseconds."""
    figures = []
    for _ in range(rounds):
        at = time.perf_counter_ns()
        action()
        figures.append((time.perf_counter_ns() - at) / 1e6)
    return quantile(figures, 0.5)


def floor(case: str, data: Any) -> float:
    """Time what any logger has to do while it is called: copy what the caller may change."""
    if case == "table":
        import ormsgpack

        return timed(lambda: ormsgpack.packb(data))
    return timed(lambda: data.copy())


def pillow(case: str, data: Any) -> float | None:
    """Time what a logger that encodes in the caller would do."""
    import numpy as np
    from PIL import Image

    if case == "table":
        return timed(lambda: json.dumps(data), 20)
    if case == "video":
        return None
    pixels = data if data.dtype == np.uint8 else (data * np.float32(255)).astype(np.uint8)
    return timed(lambda: Image.fromarray(np.ascontiguousarray(pixels)).save(io.BytesIO(), "png"), 20)


if __name__ == "__main__":
    main()
