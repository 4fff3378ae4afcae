"""`monitor_gym`: recorders as gymnasium and gym have them, without an encoder of videos."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import stepwell
from stepwell import Api
from stepwell.startup import gym

MODULES = (
    "gymnasium.wrappers",
    "gymnasium.wrappers.monitoring.video_recorder",
    "gym.wrappers.monitoring.video_recorder",
)


class RecordVideo:
    """Gymnasium's recorder, as far as it is looked at: it writes when a recording stops."""

    def __init__(self, folder: Path) -> None:
        self.video_folder = str(folder)
        self.recording, self._video_name, self.recorded_frames = False, None, []

    def start_recording(self, name: str) -> None:
        self.recording, self._video_name, self.recorded_frames = True, name, [b"frame"]

    def stop_recording(self) -> None:
        if self.recorded_frames:
            Path(self.video_folder, f"{self._video_name}.mp4").write_bytes(b"video of " + self._video_name.encode())
        self.recording, self._video_name, self.recorded_frames = False, None, []


class VideoRecorder:
    """The recorder of older versions: it has a path, and writes when it is closed."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def close(self) -> str:
        Path(self.path).write_bytes(b"video at " + Path(self.path).name.encode())
        return "closed"


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Let the modules of both libraries be importable, with recorders that nobody has changed."""
    found: dict[str, Any] = {}
    for name in MODULES:
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
        kind = RecordVideo if name == "gymnasium.wrappers" else VideoRecorder
        found[name] = type(kind.__name__, (kind,), dict(vars(kind)))
        setattr(sys.modules[name], kind.__name__, found[name])
    return found


def test_videos_are_logged_when_they_are_complete(modules: dict[str, Any], tmp_path: Path):
    with stepwell.init(project="p", id="r", dir=tmp_path / "runs", monitor_gym=True, settings={"silent": True}) as run:
        gym.record_videos()  # a second time changes nothing
        new = modules["gymnasium.wrappers"](tmp_path)
        new.start_recording("one")
        new.stop_recording()
        new.stop_recording()  # nothing was recorded
        run.log({"reward": 1})
        assert modules["gym.wrappers.monitoring.video_recorder"](tmp_path / "two.mp4").close() == "closed"
        run.log({"reward": 2})
        run.log({"reward": 3})
    modules["gymnasium.wrappers.monitoring.video_recorder"](tmp_path / "late.mp4").close()
    read = Api(str(tmp_path / "runs")).run("p/r")
    videos = {row["_step"]: row["videos"] for row in read.scan_history(keys=["videos"])}
    contents = {step: read.file(video["path"]).read() for step, video in videos.items()}
    assert contents == {0: b"video of one", 1: b"video at two.mp4"}
    assert len(list(read.files())) == 2


def test_without_a_recorder_it_says_so_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    for name in ("gymnasium", "gym", *MODULES):
        monkeypatch.setitem(sys.modules, name, None)
    for _ in range(2):
        gym.record_videos()
    assert capsys.readouterr().err.count("monitor_gym") == 1
