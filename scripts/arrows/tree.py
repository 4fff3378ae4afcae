"""Source files of the repository, and what is found wrong in them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

SOURCE_FOLDERS = ("rust", "python", "web", "tests", "benches", "scripts", "build_backend")
_SKIPPED = frozenset({"target", "node_modules", "dist", "build", "__pycache__", "_web"})
_GENERATED = re.compile(r"_pb2(_grpc)?\.pyi?$|\.d\.ts$|/generated\.tsx?$")


@dataclass(frozen=True)
class Finding:
    """One broken rule: where, what, and why the rule is there."""

    place: str
    what: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}\n    because {self.reason}"


def source_files(root: Path, folders: Iterable[str], suffixes: tuple[str, ...]) -> Iterator[Path]:
    """Yield the hand-written files with these suffixes, in order of their paths."""
    for top in folders:
        for folder, inner, names in os.walk(root / top):
            inner[:] = sorted(name for name in inner if name not in _SKIPPED and not name.startswith("."))
            for path in (Path(folder, name) for name in sorted(names) if name.endswith(suffixes)):
                if not _GENERATED.search(path.as_posix()):
                    yield path


def place_of(path: Path, root: Path, line: int | None = None) -> str:
    """Return a path as findings name it, with its line where one is given."""
    place = path.relative_to(root).as_posix()
    return place if line is None else f"{place}:{line}"
