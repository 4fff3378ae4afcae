"""Names of environment variables and their values, as scripts ask for them by `wandb.env`."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepwell.settings.settings import from_environment

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

# Names that are those of the variables without `WANDB_`.
_NAMES = """
AGENT_KILL_DELAY AGENT_REPORT_INTERVAL ANONYMOUS API_KEY APP_URL ARGS ARTIFACT_DIR BASE_URL CACHE_DIR
CONFIG_DIR CONFIG_PATHS CORE_DEBUG CREDENTIALS_FILE DATA_DIR DEBUG DESCRIPTION DIR DISABLED DISABLE_CODE
DISABLE_GIT DOCKER ENTITY ERROR_REPORTING FILE_PUSHER_TIMEOUT GIT_COMMIT GIT_REMOTE_URL GIT_ROOT HOST
HTTP_TIMEOUT IDENTITY_TOKEN_FILE INIT_TIMEOUT JOB_TYPE JUPYTER LAUNCH_QUEUE_ENTITY LAUNCH_QUEUE_NAME
LAUNCH_TRACE_ID MAGIC MODE NAME NOTEBOOK_NAME NOTES ORGANIZATION PROGRAM PROJECT QUIET RESUME RUN_DIR
RUN_GROUP RUN_ID RUN_STORAGE_ID SAVE_CODE SENTRY_DSN SERVICE SHOW_RUN SILENT START_METHOD SWEEP_ID
SWEEP_PARAM_PATH TAGS USERNAME USER_EMAIL
"""
_OTHER_NAMES = {"DISABLE_SSL": "WANDB_INSECURE_DISABLE_SSL", "IGNORE": "WANDB_IGNORE_GLOBS"}


def __getattr__(name: str) -> str:
    if name in _NAMES.split():
        return f"WANDB_{name}"
    if name in _OTHER_NAMES:
        return _OTHER_NAMES[name]
    raise AttributeError(f"wandb.env has no {name!r}")


def _setting(name: str, default: Any = None, env: Mapping[str, str] | None = None) -> Any:
    """Return what the environment says of a setting."""
    return from_environment(os.environ if env is None else env).get(name, default)


get_project = partial(_setting, "project")
get_entity = partial(_setting, "entity")
get_dir = partial(_setting, "dir")
get_run = partial(_setting, "id")
get_config_paths = partial(_setting, "config_paths")
get_base_url = partial(_setting, "url")
is_quiet = partial(_setting, "quiet", default=False)
is_silent = partial(_setting, "silent", default=False)
should_save_code = partial(_setting, "save_code", default=False)


def get_tags(default: str = "", env: Mapping[str, str] | None = None) -> list[str]:
    """Return the tags that the environment gives."""
    return list(_setting("tags", tuple(filter(None, default.split(","))), env))


def is_offline(env: Mapping[str, str] | None = None) -> bool:
    """Whether the environment says that runs stay in their directory."""
    return bool(_setting("mode", env=env) == "offline")


def is_debug(default: str | None = None, env: Mapping[str, str] | None = None) -> bool:
    """Whether WANDB_DEBUG is set, which has no effect."""
    return (os.environ if env is None else env).get("WANDB_DEBUG", default or "").lower() in {"1", "true"}


def set_project(value: str, env: MutableMapping[str, str] | None = None) -> None:
    """Let the environment name a project for the runs that follow."""
    (os.environ if env is None else env)["WANDB_PROJECT"] = value


def set_entity(value: str, env: MutableMapping[str, str] | None = None) -> None:
    """Let the environment name an entity for the runs that follow."""
    (os.environ if env is None else env)["WANDB_ENTITY"] = value


def get_data_dir(env: Mapping[str, str] | None = None) -> str:
    """Return the directory that keeps what is logged."""
    return str(Path(_setting("dir", "stepwell", env)).expanduser().absolute())


get_artifact_dir = get_cache_dir = get_data_dir
