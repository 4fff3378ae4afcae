"""Names of environment variables that scripts ask for by `wandb.env`; the settings document all others."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from stepwell.settings.settings import from_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIG_DIR = "WANDB_CONFIG_DIR"
DIR = "WANDB_DIR"
DISABLED = "WANDB_DISABLED"
ENTITY = "WANDB_ENTITY"
MODE = "WANDB_MODE"
NAME = "WANDB_NAME"
NOTES = "WANDB_NOTES"
PROJECT = "WANDB_PROJECT"
RESUME = "WANDB_RESUME"
RUN_GROUP = "WANDB_RUN_GROUP"
RUN_ID = "WANDB_RUN_ID"
SILENT = "WANDB_SILENT"
TAGS = "WANDB_TAGS"


def is_offline(env: Mapping[str, str] | None = None) -> bool:
    """Whether the environment says that runs stay in their directory."""
    return from_environment(os.environ if env is None else env).get("mode") == "offline"


def get_project(default: str | None = None, env: Mapping[str, str] | None = None) -> str | None:
    """Return the project that the environment names."""
    return from_environment(os.environ if env is None else env).get("project", default)


def get_entity(default: str | None = None, env: Mapping[str, str] | None = None) -> str | None:
    """Return the entity that the environment names."""
    return from_environment(os.environ if env is None else env).get("entity", default)


def get_dir(default: str | None = None, env: Mapping[str, str] | None = None) -> str | None:
    """Return the directory that the environment names."""
    return from_environment(os.environ if env is None else env).get("dir", default)
