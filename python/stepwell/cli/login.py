"""`stepwell login`: remembers the address of a server for all runs of this user."""

from __future__ import annotations

from stepwell.startup.module_api import remember_url


def login(url: str) -> int:
    """Write the address to the user's settings file; returns the exit code."""
    path = remember_url(url)
    print(f"runs go to {url.strip().rstrip('/')} from now on; this is noted in {path}")
    return 0
