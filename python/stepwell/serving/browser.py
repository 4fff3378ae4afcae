"""A browser on the address of a server, where there is a screen."""

from __future__ import annotations

import os
import sys
import webbrowser


def open_in_browser(address: str) -> None:
    """Open a browser where there is a screen to show it on."""
    if sys.platform in {"darwin", "win32"} or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open(address)
