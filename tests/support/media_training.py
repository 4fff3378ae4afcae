"""A training that logs 10,000 images, 1,000 tables and 200 videos, and dies.

Run by tests/e2e/media/test_many_media.py, and by benches/media_run.py for its times.

It prints one line of JSON when everything is logged and on disk, then waits to be killed. The times in it are
of making and logging one medium, in milliseconds.
"""

import json
import resource
import sys
import time
from collections.abc import Callable

import numpy as np

import stepwell

IMAGES, TABLES, VIDEOS, SAME = 10_000, 1_000, 200, 1_000


def pixels(number: int) -> "np.ndarray":
    """Return the image of a number; the last thousand are all the same."""
    number = min(number, IMAGES - SAME)
    image = np.zeros((48, 48, 3), dtype=np.uint8)
    image[..., 0] = number % 256
    image[..., 1] = number // 256
    image[8:16, 8:16, 2] = np.arange(64).reshape(8, 8)
    return image


def frames(number: int) -> "np.ndarray":
    """Return the video of a number: time, channels, height, width; few colours, which a GIF keeps exactly."""
    video = np.zeros((5, 3, 16, 16), dtype=np.uint8)
    video[:, 0] = number
    video[:, 1] = np.arange(5)[:, None, None]
    return video


def rows(number: int) -> list[list[object]]:
    """Return the table of a number."""
    return [[row, f"text {number}", number / (row + 1)] for row in range(20)]


def main() -> None:
    run = stepwell.init(project="many", id="media", mode=sys.argv[1])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times: dict[str, list[float]] = {"image": [], "table": [], "video": []}

    def log(key: str, make: Callable[[], object]) -> None:
        began = time.perf_counter()
        run.log({key: make()}, commit=False)
        times[key].append((time.perf_counter() - began) * 1e3)

    for number in range(IMAGES):
        image = pixels(number)
        log("image", lambda image=image: stepwell.Image(image))
        if number % (IMAGES // TABLES) == 0:
            data = rows(number // (IMAGES // TABLES))
            log("table", lambda data=data: stepwell.Table(columns=["row", "text", "value"], data=data))
        if number % (IMAGES // VIDEOS) == 0:
            video = frames(number // (IMAGES // VIDEOS))
            log("video", lambda video=video: stepwell.Video(video, fps=10))
        run.log({"number": number})
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    began = time.monotonic()
    done = run.flush(120)
    report = {"flushed": done, "flush_s": time.monotonic() - began, "grown_mib": grown / 1024, "times": times}
    print(json.dumps(report), flush=True)
    time.sleep(600)


if __name__ == "__main__":
    main()
