"""`stepwell exec`: runs a program in which `import wandb` means stepwell."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from stepwell.cli.arguments import add_command

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from stepwell.cli.arguments import Commands

# What runs a program in Python's place, to see how it ends.
_MAIN_PROGRAM = Path(__file__).parents[1] / "process" / "main_program.py"
# Options of Python that are two words.
_TWO_WORDS = ("-W", "-X", "--check-hash-based-pycs")
# The word that ends them, with letters of other options before it, and what it means perhaps right behind it.
_LAST = re.compile(r"-([^cmWX-]*)([cm])(.*)", re.DOTALL)


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "exec", "run a program in which `import wandb` means stepwell", execute)
    parser.usage = "%(prog)s [-h] SCRIPT [ARG ...] | -m MODULE [ARG ...] | COMMAND [ARG ...]"
    parser.add_argument("words", nargs="+", metavar="SCRIPT", help="what Python itself would be given, or a command")


def execute(parsed: argparse.Namespace) -> NoReturn:
    """Become `python WORDS…`: arguments, `__main__`, `sys.path[0]`, exit code, tracebacks are Python's own.

    A command that is no program of Python becomes itself.

    Parameters
    ----------
    parsed
        Has the `words` `SCRIPT ARGS…`, `-m MODULE ARGS…`, or those of a command, as `bash job.sh`.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    own = environment(os.environ)
    command = command_of(parsed.words, own["PATH"])
    os.execve(command[0], command, own)


def command_of(words: Sequence[str], path: str | None = None) -> list[str]:
    """Return the command that the words mean, its program as a path, looked up in those of `path`."""
    python = shutil.which(words[0], path=path) if _is_python(words[0]) else None
    options, program = _split(list(words[1:] if python else words))
    name = program[0] if program else ""
    is_file = Path(name).is_file()
    runner = _runner_of(Path(name)) if is_file else []
    is_script = is_file and (not runner or _is_python(runner[0]))
    if not python and not options and is_script and runner and shutil.which(runner[0]):
        python, *options = runner
    if not python and not options and not is_script:
        found = str(Path(name).absolute()) if is_file else shutil.which(name, path=path)
        if found is not None:
            return [found, *program[1:]]
    # What else Python can be given (`-c CODE`, a pipe, a compiled file) it runs by itself.
    seen = [str(_MAIN_PROGRAM)] if name == "-m" or (is_script and not name.endswith(".pyc")) else []
    return [python or sys.executable, *options, *seen, *program]


def _is_python(program: str) -> bool:
    return Path(program).name.rstrip("0123456789.") == "python"


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    """Return the options of Python and, from its name, `-m` or `-c` on, the program that they are for."""
    first = 0
    while first < len(words) and words[first].startswith("-") and words[first] != "-":
        if last := _LAST.fullmatch(words[first]):
            letters, end, behind = last.groups()
            options = [*words[:first], *([f"-{letters}"] if letters else [])]
            return options, [f"-{end}", *([behind] if behind else []), *words[first + 1 :]]
        first += 2 if words[first] in _TWO_WORDS else 1
    return words[:first], words[first:]


def _runner_of(path: Path) -> list[str]:
    """Return what runs a file that is a program of its own: the words of its first line, or the file itself.

    Nothing is returned for what is left to the Python here: no such program, one that takes any Python, and
    a script by its name.
    """
    if path.suffix == ".py" or not os.access(path, os.X_OK):
        return []
    with path.open("rb") as file:
        line = file.readline(256)
    if line.startswith(b"#!"):
        runner = os.fsdecode(line[2:]).split()
        return [] if any(map(_is_python, runner[1:])) else runner
    is_machine_code = b"\0" in line and not line.startswith(b"PK")  # which an archive of Python has
    return [str(path)] if is_machine_code else []


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a process, and of its children, in which `import wandb` means stepwell."""
    from stepwell.wandb import COMMANDS, ENVIRONMENT, FOLDER

    # The `wandb` of a job script is the one here, and its `python` this one.
    programs = list(dict.fromkeys([str(COMMANDS), *own.get("PATH", os.defpath).split(os.pathsep)]))
    if (here := str(Path(sys.executable).parent)) not in programs:
        programs.insert(1, here)
    folders = [str(FOLDER), *filter(None, own.get("PYTHONPATH", "").split(os.pathsep))]
    return {
        **ENVIRONMENT,
        **own,
        "PATH": os.pathsep.join(programs),
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(folders)),
        "STEPWELL_EXEC_PYTHON": sys.executable,
    }
