"""A run with 10,000 images, 1,000 tables and 200 videos: kill -9 loses nothing and doubles nothing."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stepwell import Api
from tests.support import media_training
from tests.support.media_training import IMAGES, SAME, TABLES, VIDEOS, frames, pixels, rows
from tests.support.processes import Process, ServerProcess, run_command, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(400)]

SCRIPT = Path(media_training.__file__)
# The queue of rows and the media that wait to be encoded have 64 MiB each; the rest is numpy and the
# allocator.
GROWN_MIB = 200


def test_a_killed_run_with_thousands_of_media_is_complete_after_a_sync(work: Path, server: ServerProcess):
    server.stop()
    env = {"STEPWELL_URL": server.url, "STEPWELL_ON_FULL": "block", "PYTHONPATH": str(SCRIPT.parents[2])}
    with Process([sys.executable, SCRIPT, "online"], work, env) as training:
        said = wait_until("everything is logged", lambda: training.stdout.strip() or not training.alive(), 240)
        assert training.alive(), training.stderr
        training.kill()
    report = json.loads(str(said))
    assert report["flushed"]
    assert report["grown_mib"] < GROWN_MIB, report

    server.start()
    synced = run_command("sync", "stepwell", "--url", server.url, directory=work, timeout=120)
    assert synced.code == 0, synced.output

    with Api(server.url) as api:
        run = api.run("many/media")
        logged = list(run.scan_history())
        assert [row["number"] for row in logged] == list(range(IMAGES))
        files = {file.name: file for file in run.files()}
        assert len(files) == IMAGES + TABLES + VIDEOS
        images = [files[row["image"]["path"]] for row in logged]
        assert len({file.sha256 for file in images}) == IMAGES - SAME + 1
        assert len({file.sha256 for file in images[-SAME:]}) == 1, "the same picture is one blob"
        check_contents(run, logged, work / "downloads")
    stored = [path for path in (server.directory / "blobs").rglob("*") if path.is_file()]
    assert len(stored) == len({file.sha256 for file in files.values()}), "each content is stored once"
    left = [path for path in (work / "stepwell").rglob("*") if path.is_file() and len(path.name) == 64]
    assert left == [], "what the server has is gone from the training machine"


def check_contents(run: Any, logged: list[dict[str, Any]], folder: Path) -> None:
    """Compare some of everything with what was logged."""
    from PIL import Image, ImageSequence

    def fetch(record: dict[str, Any]) -> Path:
        return Path(run.file(record["path"]).download(root=str(folder), replace=True).name)

    for number in range(0, IMAGES, 997):
        with Image.open(fetch(logged[number]["image"])) as image:
            assert np.array_equal(np.asarray(image), pixels(number))
    for number in range(0, TABLES, 101):
        table = json.loads(fetch(logged[number * (IMAGES // TABLES)]["table"]).read_text())
        assert table["data"] == rows(number)
    for number in range(0, VIDEOS, 23):
        with Image.open(fetch(logged[number * (IMAGES // VIDEOS)]["video"])) as gif:
            shown = np.stack([np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(gif)])
        assert np.array_equal(shown, frames(number).transpose(0, 2, 3, 1))
