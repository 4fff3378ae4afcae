"""Functions of `wandb.util` that programs call."""

from __future__ import annotations

import json
import secrets
import string
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from stepwell.errors import Error
from stepwell.files.artifact import safe_name
from stepwell.settings.foreign_settings import API_KEY

make_artifact_name_safe = safe_name
# What wandb notes of the libraries that it has patched.
patched: dict[str, list[Any]] = {"tensorboard": [], "keras": [], "gym": []}


def generate_id(length: int = 8) -> str:
    """Return random lower-case letters and digits: an id for a run."""
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(length))


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


def json_dumps_safer(value: Any, **options: Any) -> str:
    """Return what stepwell would store of a value, in JSON; `options` are those of `json.dumps`."""
    from stepwell.values.plain import plain

    return json.dumps(plain(value), **{"default": str, **options})


def api_key(settings: Any = None) -> str:
    """Return a key to programs that look for one before they log; nobody asks for it."""
    return API_KEY


def write_key(*_: Any, **__: Any) -> None:
    """Do nothing: there is no key to remember."""


class ArtifactsCache:
    """The cache of artifacts that scripts empty to save room; there is none."""

    def cleanup(self, *_: Any, **__: Any) -> int:
        """Return 0: no bytes were removed."""
        return 0


get_artifacts_cache = get_artifact_file_cache = ArtifactsCache


def mkdir_exists_ok(dir_name: str) -> None:
    """Make a directory and those above it, if it is not there."""
    Path(dir_name).mkdir(parents=True, exist_ok=True)


def ensure_configured() -> None:
    """Do nothing: there is nothing to configure."""


def json_friendly(value: Any) -> tuple[Any, bool]:
    """Return what stepwell would store of a value, and whether that differs from the value."""
    from stepwell.values.plain import plain

    stored = plain(value)
    return stored, stored is not value
