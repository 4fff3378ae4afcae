"""Functions of `wandb.util` that programs call."""

from __future__ import annotations

import re
import secrets
import string
from importlib import import_module
from types import ModuleType
from typing import Any

from stepwell.errors import Error


def generate_id(length: int = 8) -> str:
    """Return random lower-case letters and digits: an id for a run."""
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(length))


def make_artifact_name_safe(name: str) -> str:
    """Return `name` with `_` for all but letters, digits, `_`, `-` and `.`, at most 128 characters."""
    safe = re.sub(r"[^A-Za-z0-9_\-.]", "_", name)
    return safe if len(safe) <= 128 else f"{safe[:63]}..{safe[-63:]}"


def get_module(name: str, required: str | bool | None = None, lazy: bool = True) -> ModuleType | None:
    """Import a module; return None if it is not installed.

    Raises
    ------
    Error
        With the text `required`, if that is given and the module is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        if required:
            raise Error(str(required)) from error
        return None


def to_forward_slash_path(path: str) -> str:
    """Return the path: on the systems that stepwell runs on, its separator is `/`."""
    return path


def json_friendly(value: Any) -> tuple[Any, bool]:
    """Return what stepwell would store of a value, and whether that differs from the value."""
    from stepwell.values.plain import plain

    stored = plain(value)
    return stored, stored is not value
