"""Version 0.1 as tests/data/v0_1 keeps it: its files, what was in them, and its wheel."""

import json
import os
import platform
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from stepwell import Api
from tests.support.places import exactly

DATA = Path(__file__).parents[1] / "data" / "v0_1"
EXPECTED: dict[str, Any] = json.loads((DATA / "expected.json").read_text())


def unpacked(name: str, into: Path) -> Path:
    """Unpack a directory of 0.1, with its times, because a heartbeat is one."""
    with tarfile.open(DATA / f"{name}.tar.xz") as archive:
        archive.extractall(into, filter="fully_trusted")
    return into / name


def installed(into: Path) -> dict[str, str]:
    """Unpack the wheel of 0.1, and return the environment in which `import stepwell` finds it."""
    (wheel,) = DATA.glob("*.whl")
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        pytest.skip("the wheel of 0.1 is for Linux on x86-64")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(into)
    return {"PYTHONPATH": os.fspath(into)}


def assert_as_expected(api: Api, place: str, only: set[str] | None = None) -> None:
    """Compare everything that this version says about the runs of a directory with what 0.1 said."""
    for run_id, expected in EXPECTED[place].items():
        if only is not None and run_id not in only:
            continue
        run = api.run(f"skew/{run_id}")
        for name in ("state", "exit_code", "name", "notes", "group", "job_type", "lost_rows"):
            assert getattr(run, name) == expected[name], f"{run_id}.{name}"
        assert list(run.tags) == expected["tags"]
        assert exactly(dict(run.config)) == exactly(expected["config"])
        assert exactly(run.summary.flat()) == exactly(expected["summary"])
        assert run.labels == list(expected["rows"])
        for label, rows in expected["rows"].items():
            assert exactly(list(run.scan_history(label=label))) == exactly(rows), f"{run_id} of {label!r}"
        found = {file.name: file.sha256 for file in run.files()}
        assert found == expected["files"]
        assert {len(file.read()) > 0 for file in run.files()} == {True}, "every file has its content"
