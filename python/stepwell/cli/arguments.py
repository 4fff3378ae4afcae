"""Arguments that several commands share, and how a command is added to the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    Commands: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  it has no other name


def add_command(
    commands: Commands, name: str, text: str, run: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    """Add a command and return its parser; `run` takes the parsed arguments and returns the exit code."""
    parser = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
    parser.set_defaults(run=run)
    return parser


def whole_number(what: str, least: int, most: int) -> Callable[[str], int]:
    """Return the type of an argument that is an integer of a range."""

    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is no {what}; expected {least} to {most}")
        return int(text)

    return parse


PORT = whole_number("port", 0, 65535)


def add_directory(parser: argparse.ArgumentParser) -> None:
    """Add the directory that runs were written to."""
    parser.add_argument("dir", nargs="?", metavar="DIR", help="the directory (default: STEPWELL_DIR or ./stepwell)")


def add_port_file(parser: argparse.ArgumentParser) -> None:
    """Add the file that is told the port of a server."""
    parser.add_argument("--port-file", metavar="FILE", help="write the port to FILE once the server listens")
