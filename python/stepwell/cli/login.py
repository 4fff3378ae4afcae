"""`stepwell login`: remembers the address of a server for all runs of this user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepwell.cli.arguments import add_command

if TYPE_CHECKING:
    import argparse

    from stepwell.cli.arguments import Commands


def add_to(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "login", "send the runs of this user to a server from now on", login)
    parser.add_argument("url", metavar="URL", help="address of the server, http://host:port")


def login(parsed: argparse.Namespace) -> int:
    """Write the address to the user's settings file; returns the exit code."""
    from stepwell.startup.module_api import remember_url

    path = remember_url(parsed.url)
    print(f"runs go to {parsed.url.strip().rstrip('/')} from now on; this is noted in {path}")
    return 0
