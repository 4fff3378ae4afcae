"""The command `stepwell`."""

from stepwell.cli.main import main

__all__ = ["main"]
