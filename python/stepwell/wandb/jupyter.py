"""Magics of notebooks: `%wandb` shows a run, `%%wandb` runs a cell below it; `%load_ext wandb` adds them."""

from __future__ import annotations

import sys
from typing import Any

from stepwell.process import session
from stepwell.process.terminal import Terminal, quoted

_HEIGHT = 420


def load_ipython_extension(shell: Any) -> None:
    """Add the magics to a shell of IPython; `%load_ext wandb` and `%load_ext stepwell` call it."""

    def magic(line: str, cell: str | None = None) -> None:
        """Show the current run, or that of a path: `%wandb [-h HEIGHT] [PROJECT/ID]`."""
        _show(line.split())
        if cell is not None:
            shell.run_cell(cell)

    for name in ("wandb", "stepwell"):
        shell.register_magic_function(magic, "line_cell", name)


def load_in_notebook() -> None:
    """Add the magics where this is a shell of IPython, as importing wandb does."""
    shell = _shell()
    if shell is not None:
        load_ipython_extension(shell)


def in_jupyter() -> bool:
    """Whether this is a notebook."""
    return any(kind.__name__ == "ZMQInteractiveShell" for kind in type(_shell()).__mro__)


in_notebook = in_jupyter


def quiet() -> None:
    """Do nothing: only short lines are printed."""


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def _show(words: list[str]) -> None:
    height = _HEIGHT
    if words[:1] in (["-h"], ["--height"]):
        height, words = int(words[1]), words[2:]
    run = session.current_or_none()
    if words:
        from stepwell.api import Api

        api = Api()
        url = api.run(words[0]).url
        Terminal().say(f"look at it with: {url or f'stepwell ui {quoted(str(api.directory))}'}")
    elif run is not None:
        run.display(height)
    else:
        Terminal().say(f"there is no run; {session.package()}.init() begins one")
