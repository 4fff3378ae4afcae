"""Reads back what was written, from a directory or a server, through one gRPC path."""

from stepwell.api.api import Api, Project
from stepwell.api.run import Run
from stepwell.api.runs import Runs

__all__ = ["Api", "Project", "Run", "Runs"]
