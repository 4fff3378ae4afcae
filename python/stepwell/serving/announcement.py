"""Announcement of a server on standard output, which a full disk or a closed pipe does not end."""

from __future__ import annotations

import os
import sys


def announce(text: str) -> None:
    """Write a line to standard output; where it takes none, what is written to it from now on is dropped."""
    if sys.stdout is None:
        return
    try:
        print(f"stepwell: {text}", flush=True)
    except OSError:
        # What Python keeps of it is written again at the end of the process, and would fail again.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
