"""`stepwell exec`: runs a program in which `import wandb` means stepwell."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NoReturn

from stepwell.cli.arguments import add_command

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from stepwell.cli.arguments import Commands


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "exec", "run a Python program in which `import wandb` means stepwell", execute)
    parser.usage = "%(prog)s [-h] SCRIPT [ARG ...] | -m MODULE [ARG ...]"
    parser.add_argument("words", nargs="+", metavar="SCRIPT", help="what Python itself would be given")


def execute(parsed: argparse.Namespace) -> NoReturn:
    """Become `python WORDS…`: arguments, `__main__`, `sys.path[0]`, exit code, tracebacks are Python's own.

    Parameters
    ----------
    parsed
        Has the `words` `SCRIPT ARGS…` or `-m MODULE ARGS…`.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, [sys.executable, *parsed.words], environment(os.environ))


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a process, and of its children, in which `import wandb` means stepwell."""
    from stepwell.wandb import COMMANDS, ENVIRONMENT, FOLDER

    commands = [str(COMMANDS), *own.get("PATH", os.defpath).split(os.pathsep)]
    folders = [str(FOLDER), *filter(None, own.get("PYTHONPATH", "").split(os.pathsep))]
    return {
        **ENVIRONMENT,
        **own,
        "PATH": os.pathsep.join(dict.fromkeys(commands)),
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(folders)),
        "STEPWELL_EXEC_PYTHON": sys.executable,
    }
