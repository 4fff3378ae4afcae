"""Takes over directories of TensorBoard: each one that holds event files becomes a run."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from stepwell.errors import CommError, Error
from stepwell.tensorboard.directory import EventDirectory, event_directories
from stepwell.tensorboard.row import Rows

# Where a run keeps how far its directory was read, in bytes per file.
_CONFIG_KEY = "_tensorboard"


@dataclass(frozen=True)
class Imported:
    """What became of one directory.

    Attributes
    ----------
    directory
        The directory.
    run
        Path of its run, `entity/project/id`.
    events
        Events that were added; 0 if there were none that the run did not have.
    void
        Events that TensorBoard does not show either: a later writer began again at an earlier step.
    left_out
        How many values were not taken over, by reason.
    damage
        What is wrong with its files.
    """

    directory: Path
    run: str
    events: int
    void: int
    left_out: Mapping[str, int]
    damage: list[str]


def import_directories(
    root: Path, project: str | None = None, directory: str | None = None, url: str | None = None
) -> Iterator[Imported]:
    """Import every directory at or below `root` that holds event files.

    The id of a run follows from the place of its directory, so a second import adds only what is new. Steps are those
    of the events, keys are tags, and a row's `_timestamp` is the time of the last event that was written for its step.

    Parameters
    ----------
    root
        A log directory of TensorBoard.
    project
        Project of the runs; by default the name of `root`.
    directory, url
        Where to: as `init` takes them.

    Raises
    ------
    Error
        If `root` is no directory or holds no event file.
    """
    root = root.resolve()
    if not root.is_dir():
        raise Error(f"there is no directory {root}")
    found = event_directories(root)
    if not found:
        raise Error(f"there is no event file in or below {root}; they have `tfevents` in their names")
    target = _Target(project or root.name, directory, url)
    for each in found:
        name = each.relative_to(root).as_posix()
        yield target.take(each, root.name if name == "." else name)


@dataclass(frozen=True)
class _Target:
    """Where the runs go."""

    project: str
    directory: str | None
    url: str | None

    def take(self, directory: Path, name: str) -> Imported:
        """Import one directory."""
        from stepwell.client.init import init

        run_id = f"tb-{hashlib.sha256(str(directory).encode()).hexdigest()[:12]}"
        path, known = self._known(run_id)
        files = EventDirectory(directory, dict(known))
        events, void, rows = 0, 0, Rows()
        restarts = _restarts(directory, known)
        run = None
        for event in files.read():
            if event.is_start:
                restarts.popleft()
            if not event.values:
                continue
            if restarts and event.step >= min(restarts):
                void += 1
                continue
            if run is None:
                run = init(
                    project=self.project, dir=self.directory, url=self.url, id=run_id, name=name, reinit="create_new",
                    settings={"silent": True},
                )  # fmt: skip
                path = run.path
            events += 1
            row = rows.row(event)
            if row and event.step >= 0:
                run.log({**row, "_timestamp": event.time}, step=event.step)
        if run is not None:
            run.config.update({**rows.config, _CONFIG_KEY: {"directory": str(directory), "files": files.offsets}})
            run.finish()
        return Imported(directory, path, events, void, rows.left_out, list(files.damage.values()))

    def _known(self, run_id: str) -> tuple[str, dict[str, int]]:
        """Return the path of the run, and how far the files of the directory were read by an earlier import."""
        from stepwell.api import Api

        try:
            with Api(self.url or self.directory) as api:
                run = api.run(f"{self.project}/{run_id}")
        except CommError:  # no such run, or nowhere to look for it
            return f"{self.project}/{run_id}", {}
        files = run.config.get(_CONFIG_KEY, {}).get("files", {})
        return "/".join(run.path), {name: int(offset) for name, offset in files.items()}


def _restarts(directory: Path, offsets: Mapping[str, int]) -> deque[int]:
    """Return the steps at which writers began again, in the order of the events."""
    return deque(event.step for event in EventDirectory(directory, dict(offsets)).read() if event.is_start)
