"""Pages of runs in a notebook."""

from __future__ import annotations

import sys


def framed(url: str | None, name: str, path: str, height: int, hidden: bool) -> str:
    """Return HTML that shows a run's page in a frame of `height` pixels; without an address, its name."""
    import html

    if url is None:
        return f"<p>stepwell run <b>{html.escape(name)}</b> ({html.escape(path)})</p>"
    frame = f'<iframe src="{html.escape(url)}" style="border:none;width:100%;height:{int(height)}px"></iframe>'
    return f"<details><summary>{html.escape(name)}</summary>{frame}</details>" if hidden else frame


def show(html: str) -> bool:
    """Show HTML in a notebook; False outside of one."""
    # IPython is there if this is a notebook, and is not needed otherwise.
    ipython = sys.modules.get("IPython")
    if ipython is None or ipython.get_ipython() is None:
        return False
    ipython.display.display(ipython.display.HTML(html))
    return True
