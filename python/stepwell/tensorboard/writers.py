"""Hooks into the classes that write event files: of TensorBoard, torch, tensorboardX and TensorFlow."""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from stepwell.imports.tensorboard.event import Event, read_event
from stepwell.tensorboard.follower import Follower
from stepwell.tensorboard.mirror import Mirror

# Modules with a class EventFileWriter whose `add_event` every event goes through.
_PYTHON_WRITERS = (
    "tensorboard.summary.writer.event_file_writer",
    "tensorboardX.event_file_writer",
    "tensorflow.python.summary.writer.event_file_writer",
)
# The function that makes TensorFlow's writer, which is no Python.
_NATIVE_WRITERS = "tensorflow.python.ops.gen_summary_ops"


class Hooks(MetaPathFinder):
    """Mirrors the writers of modules that are imported, and of those that will be."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror
        self._undo: list[Callable[[], None]] = []
        self._followers: dict[str, Follower] = {}
        self._native_writers: list[tuple[ModuleType, Any]] = []
        self._said: set[str] = set()
        self._lock = threading.Lock()

    def install(self) -> None:
        """Put the hooks into what is imported, and wait for the rest."""
        for name in (*_PYTHON_WRITERS, _NATIVE_WRITERS):
            if name in sys.modules:
                self._hook(sys.modules[name])
        sys.meta_path.insert(0, self)

    def remove(self) -> None:
        """Mirror what was written, and give the modules their own functions back."""
        sys.meta_path.remove(self)
        self.settle()
        for follower in self._followers.values():
            follower.stop()
        for undo in self._undo:
            undo()

    def settle(self) -> None:
        """Mirror what TensorFlow's writers have not put on disk yet; the others are never behind."""
        for module, writer in self._native_writers:
            self._flush(module, writer)
        for follower in self._followers.values():
            follower.read()

    def _flush(self, module: ModuleType, writer: Any) -> None:
        try:
            module.flush_summary_writer(writer)
        except Exception as error:  # noqa: BLE001 - a writer may be closed, and a training run goes on without it
            self._warn(error)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find one of the modules as everybody does, and hook into it once it is loaded."""
        if fullname not in (*_PYTHON_WRITERS, _NATIVE_WRITERS):
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(fullname, path, target)
            if spec is not None and spec.loader is not None:
                self._hook_when_loaded(spec.loader)
                return spec
        return None

    def _hook_when_loaded(self, loader: Any) -> None:
        load = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            load(module)
            self._hook(module)

        loader.exec_module = exec_module

    def _hook(self, module: ModuleType) -> None:
        if module.__name__ == _NATIVE_WRITERS:
            self._replace(module, "create_summary_file_writer", lambda own: self._following(module, own))
        elif hasattr(module, "EventFileWriter"):
            self._replace(module.EventFileWriter, "add_event", self._mirroring)

    def _replace(self, owner: Any, name: str, wrapped: Callable[[Any], Any]) -> None:
        own = getattr(owner, name, None)
        if own is not None:
            setattr(owner, name, wrapped(own))
            self._undo.append(lambda: setattr(owner, name, own))

    def _mirroring(self, own: Any) -> Any:
        def add_event(writer: Any, event: Any) -> Any:
            written = own(writer, event)
            self._take_message(writer, event)
            return written

        return add_event

    def _following(self, module: ModuleType, own: Any) -> Any:
        def create_summary_file_writer(*arguments: Any, **named: Any) -> Any:
            given = dict(zip(("writer", "logdir"), arguments, strict=False)) | named
            self._follow(given.get("logdir"))
            self._native_writers.append((module, given.get("writer")))
            return own(*arguments, **named)

        return create_summary_file_writer

    def _follow(self, logdir: Any) -> None:
        text = logdir.numpy() if hasattr(logdir, "numpy") else logdir
        name = text.decode() if isinstance(text, bytes) else str(text)
        with self._lock:
            if name not in self._followers:
                self._followers[name] = Follower(name, self._take)

    def _take_message(self, writer: Any, event: Any) -> None:
        try:
            self._mirror.take(str(writer.get_logdir()), read_event(event.SerializeToString()))
        except Exception as error:  # noqa: BLE001 - the program wrote to TensorBoard, and that worked
            self._warn(error)

    def _take(self, logdir: str, event: Event) -> None:
        try:
            self._mirror.take(logdir, event)
        except Exception as error:  # noqa: BLE001 - as above
            self._warn(error)

    def _warn(self, error: Exception) -> None:
        if str(error) not in self._said:
            self._said.add(str(error))
            warnings.warn(f"what TensorBoard's writers write is not mirrored in full: {error}", stacklevel=2)


def hooks(root_logdir: str = "") -> Hooks:
    """Return hooks with a mirror; nothing is hooked into yet."""
    return Hooks(Mirror(Path(root_logdir) if root_logdir else None))
