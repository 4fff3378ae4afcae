"""Announcement of a server on standard output, which a full disk or a closed pipe does not end."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path


def announce(text: str) -> None:
    """Write a line to standard output; where it takes none, what is written to it from now on is dropped."""
    if sys.stdout is None:
        return
    try:
        print(f"stepwell: {text}", flush=True)
    except OSError:
        # What Python keeps of it is written again at the end of the process, and would fail again.
        with contextlib.suppress(OSError), Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
