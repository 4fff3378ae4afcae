"""Directories of event files, and the events in them from a place on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from stepwell.tensorboard.event import Event, read_event
from stepwell.tensorboard.record import DamagedFileError, read_records
from stepwell.wire import WireError


def event_files(directory: Path) -> list[Path]:
    """Return the event files of a directory, in the order in which TensorBoard reads them."""
    return sorted(path for path in directory.iterdir() if "tfevents" in path.name and path.is_file())


def event_directories(root: Path) -> list[Path]:
    """Return `root` and the directories below it that hold event files, sorted."""
    return sorted({path.parent for path in root.rglob("*tfevents*") if path.is_file()})


@dataclass
class EventDirectory:
    """The event files of one directory, read from where the last reading ended.

    Parameters
    ----------
    path
        The directory.
    offsets
        How many bytes of each file, by name, were read.

    Attributes
    ----------
    damage
        What is wrong with files, a sentence for each; what stands before the damage is read.
    """

    path: Path
    offsets: dict[str, int] = field(default_factory=dict)
    damage: dict[str, str] = field(default_factory=dict)

    def read(self) -> Iterator[Event]:
        """Iterate over the events that are new. A file that grows while it is read is read to where it ends then."""
        for file in event_files(self.path):
            if file.name in self.damage:
                continue
            try:
                for record in read_records(file, self.offsets.get(file.name, 0)):
                    event = read_event(record.data)
                    # Before the event is handed out: whoever stops in between has had it.
                    self.offsets[file.name] = record.end
                    yield event
            except (DamagedFileError, WireError) as error:
                self.damage[file.name] = f"{file}: {error}" if isinstance(error, WireError) else str(error)
