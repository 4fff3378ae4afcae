"""`monitor_gym`: logs the videos that the recorders of gym and gymnasium make."""

from __future__ import annotations

import functools
from importlib import import_module
from pathlib import Path
from typing import Any

from stepwell.process import session
from stepwell.process.terminal import termwarn

# The key of the videos.
KEY = "videos"
# Module, class, method that ends a video, and the attribute that holds its path: newest first.
_RECORDERS = (
    ("gymnasium.wrappers", "RecordVideo", "stop_recording", ""),
    ("gymnasium.wrappers.monitoring.video_recorder", "VideoRecorder", "close", "path"),
    ("gym.wrappers.monitoring.video_recorder", "VideoRecorder", "close", "path"),
)
_MARK = "_stepwell_logs"


def record_videos() -> None:
    """Let every recorder that is installed log each video when it is complete; warn if there is none."""
    found = [_patch(*recorder) for recorder in _RECORDERS]
    if not any(found):
        termwarn(
            "monitor_gym: neither gymnasium nor gym has a recorder of videos here; nothing is logged", repeat=False
        )


def _patch(module: str, kind: str, method: str, attribute: str) -> bool:
    try:
        recorder = getattr(import_module(module), kind)
        original = getattr(recorder, method)
    except (ImportError, AttributeError):
        return False
    if hasattr(original, _MARK):
        return True

    @functools.wraps(original)
    def end(self: Any, *arguments: Any, **more: Any) -> Any:
        path = getattr(self, attribute, None) if attribute else _path_of(self)
        result = original(self, *arguments, **more)
        _log(path)
        return result

    setattr(end, _MARK, True)
    setattr(recorder, method, end)
    return True


def _path_of(recorder: Any) -> str | None:
    """Return where gymnasium's `RecordVideo` is about to write."""
    if not getattr(recorder, "recording", False) or not getattr(recorder, "recorded_frames", None):
        return None
    name: str | None = getattr(recorder, "_video_name", None)
    return None if name is None else str(Path(recorder.video_folder, f"{name}.mp4"))


def _log(path: str | None) -> None:
    if path is None or not Path(path).is_file() or session.current_or_none() is None:
        return
    from stepwell.media.video import Video

    session.current("log()").log({KEY: Video(path)}, commit=False)
