"""Memory of a directory: how often each label began, and which run `resume="auto"` goes on with.

```text
<dir>/manifest/<hash>.json     {"attempt": n}: lives of one label of one run, counted from 0
<dir>/manifest/<hash>.json     {"run": id}: the unfinished run of a project, for resume="auto"
<dir>/manifest/streams         whose the streams of the spool are (rust/client/src/sync/openings.rs);
                               made anew when in doubt
```

Hashes stand for what users wrote, so that no text of theirs becomes a path. A file is replaced as a whole.
What cannot be written is not remembered: a disk that is full ends no run.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FOLDER = "manifest"


@dataclass(frozen=True)
class Manifest:
    """The memory of one directory."""

    directory: Path

    def next_attempt(self, entity: str, project: str, run: str, label: str, least: int) -> int:
        """Count a new life of a label; its number is higher than every earlier one, and at least `least`."""
        name = _name("attempt", entity, project, run, label)
        earlier = self._read(name).get("attempt")
        attempt = max(least, earlier + 1 if isinstance(earlier, int) else 0)
        self._write(name, {"attempt": attempt})
        return attempt

    def unfinished_run(self, entity: str, project: str) -> str | None:
        """Return the id of the run of this project that began here and has not ended with exit code 0."""
        run = self._read(_name("unfinished", entity, project)).get("run")
        return run if isinstance(run, str) else None

    def begin(self, entity: str, project: str, run: str) -> None:
        """Remember a run as unfinished."""
        self._write(_name("unfinished", entity, project), {"run": run})

    def end(self, entity: str, project: str, run: str) -> None:
        """Forget that a run is unfinished."""
        if self.unfinished_run(entity, project) == run:
            with contextlib.suppress(OSError):
                (self.directory / _FOLDER / _name("unfinished", entity, project)).unlink()

    def _read(self, name: str) -> dict[str, Any]:
        try:
            found = json.loads((self.directory / _FOLDER / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):  # never written, or damaged: the same as not known
            return {}
        return found if isinstance(found, dict) else {}

    def _write(self, name: str, content: dict[str, Any]) -> None:
        folder = self.directory / _FOLDER
        beside = folder / f"{name}.{os.getpid()}.tmp"
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o700, exist_ok=True)
            beside.touch(mode=0o600)
            beside.write_text(json.dumps(content), encoding="utf-8")
            beside.replace(folder / name)


def _name(*parts: str) -> str:
    from stepwell import _native  # whose SHA-256 is loaded anyway; hashlib takes milliseconds

    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return _native.Content.from_bytes(text, "txt").sha256()[:32] + ".json"
