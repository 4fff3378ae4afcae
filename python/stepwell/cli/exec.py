"""`stepwell exec`: runs a program in which `import wandb` means stepwell."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def execute(words: Sequence[str]) -> NoReturn:
    """Become `python WORDS…`: arguments, `__main__`, `sys.path[0]`, exit code and tracebacks are Python's own.

    Parameters
    ----------
    words
        `SCRIPT ARGS…` or `-m MODULE ARGS…`.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, [sys.executable, *words], environment(os.environ))


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """Return the variables for a process in which `import wandb` means stepwell; those that it begins inherit them."""
    from stepwell.wandb import ENVIRONMENT, FOLDER

    folders = [str(FOLDER), *filter(None, own.get("PYTHONPATH", "").split(os.pathsep))]
    return {**ENVIRONMENT, **own, "PYTHONPATH": os.pathsep.join(dict.fromkeys(folders))}
