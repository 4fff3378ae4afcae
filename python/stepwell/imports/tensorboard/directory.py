"""Directories of event files, and the events in them from a place on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from stepwell.imports.protobuf import WireError
from stepwell.imports.tensorboard.event import Event, read_event
from stepwell.imports.tensorboard.record import DamagedFileError, read_records
from stepwell.settings.naming import clean

# Sentences on one file; what is more is told in one.
_SENTENCES = 10


def event_files(directory: Path) -> list[Path]:
    """Return the event files of a directory, in the order in which TensorBoard reads them."""
    return sorted(path for path in directory.iterdir() if "tfevents" in path.name and path.is_file())


def event_directories(root: Path, tell: Callable[[str], None] = lambda _: None) -> list[Path]:
    """Return the directories with event files from `root` on, sorted; `tell` is told what cannot be read."""

    def tell_of(error: OSError) -> None:
        tell(f"{error.filename} cannot be read: {error.strerror}")

    return [
        Path(folder)
        for folder, _, names in sorted(os.walk(root, onerror=tell_of))
        if any("tfevents" in name and Path(folder, name).is_file() for name in names)
    ]


@dataclass
class EventDirectory:
    """The event files of one directory, read from where the last reading ended.

    A record that is damaged, or holds no event, costs itself only. A file whose framing is damaged is read no
    further, and one that cannot be read is passed over; the other files are read all the same.

    Parameters
    ----------
    path
        The directory.
    offsets
        How many bytes of each file, by name, were read.

    Attributes
    ----------
    damage
        What is wrong with files, sentences by file name.
    """

    path: Path
    offsets: dict[str, int] = field(default_factory=dict)
    damage: dict[str, list[str]] = field(default_factory=dict)
    _closed: set[str] = field(default_factory=set)

    def read(self) -> Iterator[Event]:
        """Iterate over the events that are new. A file that grows meanwhile is read to where it ends then."""
        for file in event_files(self.path):
            # As text that can be stored: the name of a file may be any bytes.
            name = clean(file.name)
            while name not in self._closed:
                try:
                    yield from self._events(file, name)
                    break
                except DamagedFileError as error:
                    self._tell(name, str(error))
                    if error.following is None:
                        self._closed.add(name)
                    else:
                        self.offsets[name] = error.following
                except OSError as error:
                    self._closed.add(name)
                    self._tell(name, f"{file} cannot be read: {error.strerror or error}")

    def _events(self, file: Path, name: str) -> Iterator[Event]:
        for record in read_records(file, self.offsets.get(name, 0)):
            # Before the event is handed out: whoever stops in between has had it.
            self.offsets[name] = record.end
            try:
                event = read_event(record.data, str(file))
            except WireError as error:
                self._tell(name, f"{file} holds no event before byte {record.end:,}: {error}")
                continue
            yield event

    def _tell(self, name: str, sentence: str) -> None:
        """Keep a sentence on a file, the first of many: a file may have any number of damaged records."""
        said = self.damage.setdefault(name, [])
        if len(said) < _SENTENCES:
            said.append(sentence)
        elif len(said) == _SENTENCES:
            said.append(f"{self.path / name} has more damaged records")
