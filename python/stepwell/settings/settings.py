"""Settings: name, type, default, variables and meaning of each. Nothing else reads the environment.

Order of precedence: arguments of `init` > `settings=` > `STEPWELL_*` > `WANDB_*` > settings files > defaults.
"""

# ruff: noqa: RUF009  `_setting` makes a field

from __future__ import annotations

import operator
from dataclasses import Field, dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from stepwell._native import Defaults, split_address
from stepwell.errors import UsageError
from stepwell.settings import naming
from stepwell.settings.foreign_settings import DECIDES, EQUIVALENT, is_foreign, read_foreign

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Mode = Literal["online", "offline", "disabled"]
Reinit = Literal["default", "return_previous", "finish_previous", "create_new"]
Resume = Literal["allow", "must", "never", "auto"]
OnFull = Literal["sample", "block", "raise"]

# What else wandb accepts, and what it means.
_MODE_NAMES = {"run": "online", "shared": "online", "dryrun": "offline"}
_REINIT_NAMES = {True: "finish_previous", False: "return_previous"}
_RESUME_NAMES = {True: "auto", False: None}

_TRUE = {"1", "true", "yes", "on", "y", "t"}
_FALSE = {"0", "false", "no", "off", "n", "f", ""}


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{name} must be a str, not {type(value).__name__}")
    return value


def _words(name: str, value: object) -> str:
    return naming.clean(_text(name, value))


def _path(name: str, value: object) -> str:
    if isinstance(value, Path):
        value = str(value)
    if not _text(name, value):
        raise UsageError(f"{name} must be the path of a directory, not an empty text")
    return cast("str", value)


def _flag(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in _TRUE | _FALSE:
        return value.strip().lower() in _TRUE
    raise UsageError(f"{name} must be true or false, not {value!r}")


def _count(name: str, value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    number = operator.index(value) if hasattr(value, "__index__") else -1
    if isinstance(value, bool) or number < 0:
        raise UsageError(f"{name} must be an integer ≥ 0, not {value!r}")
    return number


def _seconds(name: str, value: object) -> float:
    try:
        seconds = float(cast("Any", value))
    except (TypeError, ValueError):
        seconds = -1.0
    if isinstance(value, bool) or not 0 <= seconds < 1e9:
        raise UsageError(f"{name} must be a number of seconds ≥ 0, not {value!r}")
    return seconds


def _tags(name: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(value, (bytes, dict)) or not hasattr(value, "__iter__"):
        raise UsageError(f"{name} must be a sequence of str, not {type(value).__name__}")
    return naming.checked_tags(cast("Any", value))


def _paths(name: str, value: object) -> tuple[str, ...]:
    given = value.split(",") if isinstance(value, str) else value
    if not isinstance(given, (list, tuple)):
        raise UsageError(f"{name} must be a sequence of paths, not {type(value).__name__}")
    return tuple(_path(name, each) for each in given)


def _choice(kind: Any, names: Mapping[Any, str | None]) -> Callable[[str, object], Any]:
    allowed = get_args(kind)

    def check(name: str, value: object) -> Any:
        if isinstance(value, (str, bool)):
            value = names.get(value, value)
        if value is not None and value not in allowed:
            raise UsageError(f"{name} must be one of {', '.join(allowed)}, not {value!r}")
        return value

    return check


def _resume(name: str, value: object) -> Any:
    if isinstance(value, str) and value.strip().lower() in {"true", "false", "1", "0"}:
        value = _flag(name, value)
    return _choice(Resume, cast("Any", _RESUME_NAMES))(name, value)


def _name(kind: Literal["project", "run id", "label"], what: str | None = None) -> Callable[[str, object], Any]:
    def check(name: str, value: object) -> Any:
        naming.check_name(kind, value, what or name)
        return value

    return check


def _url(name: str, value: object) -> str:
    text = _text(name, value).strip()
    try:
        split_address(text)
    except ValueError as error:
        raise UsageError(f"{name} {text!r} {error}") from None
    return text.rstrip("/")


def _moment(name: str, value: object) -> str:
    split_moment(name, _text(name, value))
    return cast("str", value)


def split_moment(name: str, value: str) -> tuple[str, int]:
    """Return the run and the step of `ID?_step=N`."""
    run, mark, step = value.partition("?_step=")
    if not run or not mark or not step.isascii() or not step.isdigit():
        raise UsageError(f"{name} must look like 'ID?_step=N' with an integer N ≥ 0, not {value!r}")
    naming.check_name("run id", run, "id")
    if int(step) > naming.LAST_STEP:
        raise UsageError(f"{name}: a step has 64 bits; {step} is beyond {naming.LAST_STEP}")
    return run, int(step)


def _setting(
    default: Any, check: Callable[[str, object], Any], doc: str, env: str | None = None, wandb: str | None = None
) -> Any:
    """Describe a setting; `env` and `wandb` are its variables without the prefix `STEPWELL_` or `WANDB_`."""
    return field(default=default, metadata={"check": check, "doc": doc, "env": env, "wandb": wandb})


@dataclass(init=False)
class Settings:
    """Settings for `init`. What is not given comes from the environment, the settings files, or the defaults.

    They are attributes, and can be set; what is set to None or an empty text is not given. Names of wandb's
    settings that mean one of these (`run_id`, `run_name`, …) are understood; others of wandb's
    (`start_method`, `console`, `init_timeout`, `_disable_stats`, every `x_…`) are kept without effect.

    Raises
    ------
    TypeError
        For a name that is no setting.
    UsageError
        For a value that a setting cannot have.
    """

    entity: str = _setting("local", _name("project"), "Owner of the project.", "ENTITY", "ENTITY")
    project: str = _setting("uncategorized", _name("project"), "Project of the run.", "PROJECT", "PROJECT")
    dir: str = _setting("stepwell", _path, "Directory that keeps what is logged.", "DIR")
    url: str | None = _setting(
        None, _url, "Address of a server, `http://host:port`; without one runs are local.", "URL"
    )
    mode: Mode = _setting(
        "online",
        _choice(Mode, _MODE_NAMES),
        "`online`; `offline`: keep everything in `dir`; `disabled`: keep nothing.",
        "MODE",
        "MODE",
    )
    id: str | None = _setting(
        None, _name("run id", "id"), "Id of the run; processes with the same id share it.", "RUN_ID", "RUN_ID"
    )
    name: str | None = _setting(None, _words, "Display name of the run.", "NAME", "NAME")
    notes: str | None = _setting(None, _words, "Notes on the run.", "NOTES", "NOTES")
    tags: tuple[str, ...] | None = _setting(None, _tags, "Tags; in a variable separated by commas.", "TAGS", "TAGS")
    group: str | None = _setting(None, _words, "Group of runs that this one belongs to.", "RUN_GROUP", "RUN_GROUP")
    job_type: str | None = _setting(None, _words, "What the run does: `train`, `eval`, …", "JOB_TYPE", "JOB_TYPE")
    resume: Resume | None = _setting(
        None, _resume, "Whether to go on with an existing run of the same id.", "RESUME", "RESUME"
    )
    resume_from: str | None = _setting(
        None, _moment, "`ID?_step=N`: go on with the run of this id after step N.", "RESUME_FROM", "RESUME_FROM"
    )
    fork_from: str | None = _setting(
        None, _moment, "`ID?_step=N`: begin with a copy of that run up to step N.", "FORK_FROM", "FORK_FROM"
    )
    reinit: Reinit = _setting(
        "default",
        _choice(Reinit, cast("Any", _REINIT_NAMES)),
        "What a second `init` does: by default it returns the run, in a notebook it ends it first.",
        "REINIT",
        "REINIT",
    )
    rank: int | None = _setting(None, _count, "Rank of this process; by default from the launcher.", "RANK")
    label: str | None = _setting(
        None, _name("label", "label"), "Tells the writers of a run apart; by default the rank.", "LABEL"
    )
    primary: bool = _setting(
        True,
        _flag,
        "Whether this process may decide how the run ended, as rank 0 does; false for the workers of a shared run.",
        "PRIMARY",
    )
    on_full: OnFull = _setting(
        "sample", _choice(OnFull, {}), "What to do without room for a row: `sample`, `block` or `raise`.", "ON_FULL"
    )
    strict_steps: bool = _setting(False, _flag, "Raise when a step is smaller than the one before.", "STRICT_STEPS")
    strict: bool = _setting(
        False,
        _flag,
        "Raise for what cannot be kept as given, instead of keeping what is nearest and saying so once.",
        "STRICT",
    )
    summary_follows_log: bool = _setting(
        False, _flag, "Let a later log replace a summary value set by hand.", "SUMMARY_FOLLOWS_LOG"
    )
    allow_val_change: bool = _setting(
        False, _flag, "Let keys of the config change.", "ALLOW_VAL_CHANGE", "ALLOW_VAL_CHANGE"
    )
    config_paths: tuple[str, ...] = _setting(
        (),
        _paths,
        "YAML files with defaults for the config, after `config-defaults.yaml` in the working directory.",
        "CONFIG_PATHS",
        "CONFIG_PATHS",
    )
    force: bool = _setting(False, _flag, "Refuse to begin a run that goes to no server.", "FORCE", "FORCE")
    save_code: bool = _setting(False, _flag, "Save the script that runs as `code/…`.", "SAVE_CODE", "SAVE_CODE")
    sync_tensorboard: bool = _setting(False, _flag, "Log what TensorBoard's writers write, too.", "SYNC_TENSORBOARD")
    monitor_gym: bool = _setting(False, _flag, "Log the videos that gym's recorders make.", "MONITOR_GYM")
    silent: bool = _setting(False, _flag, "Write nothing to the terminal.", "SILENT", "SILENT")
    quiet: bool = _setting(False, _flag, "Write only warnings to the terminal.", "QUIET", "QUIET")
    finish_timeout: float = _setting(30.0, _seconds, "Longest wait for a server at the end, in s.", "FINISH_TIMEOUT")
    queue_bytes: int = _setting(Defaults.QUEUE_BYTES, _count, "Room of the queue in memory, in bytes.", "QUEUE_BYTES")
    max_keys: int = _setting(
        Defaults.MAX_KEYS,
        _count,
        "Different keys that a process may log; values under further ones are refused.",
        "MAX_KEYS",
    )
    spool_bytes: int = _setting(
        0, _count, "Room of a process on disk, in bytes; 0: as much as there is.", "SPOOL_BYTES"
    )

    def __init__(self, **values: Any) -> None:
        every = known()
        # What was given, and what wandb's settings without effect were given.
        vars(self).update({name: each.default for name, each in every.items()}, _said={}, _foreign={})
        unknown = sorted(name for name in values if name not in every and not is_foreign(name))
        if unknown:
            raise TypeError(f"Settings() got an unexpected keyword argument {unknown[0]!r}; known: {', '.join(every)}")
        for name in sorted(values, key=lambda name: name not in DECIDES):  # `primary` itself has the last word
            setattr(self, name, values[name])

    def __setattr__(self, name: str, value: Any) -> None:
        own = EQUIVALENT.get(name, name)
        setting = known().get(own)
        said: dict[str, Any] = vars(self)["_said"]
        if setting is not None and not _is_said(own, value):
            vars(self)[own] = setting.default
            said.pop(own, None)
        elif setting is not None:
            vars(self)[own] = said[own] = setting.metadata["check"](own, value)
        elif is_foreign(name):
            foreign: dict[str, Any] = vars(self)["_foreign"]
            foreign[name] = value
            decides = [_flag(each, foreign[each]) for each in DECIDES if foreign.get(each) is not None]
            if decides and name in DECIDES:  # wandb says in several what is one here; each takes the decision away
                self.primary = all(decides)
        else:
            raise AttributeError(f"Settings has no {name!r}; known: {', '.join(known())}")

    def __getattr__(self, name: str) -> Any:
        if name in EQUIVALENT:
            return getattr(self, EQUIVALENT[name])
        foreign = vars(self).get("_foreign", {})
        return foreign[name] if name in foreign else read_foreign(self, name)

    def __copy__(self) -> Settings:
        own = object.__new__(type(self))
        vars(own).update({**vars(self), "_said": self.said(), "_foreign": dict(vars(self)["_foreign"])})
        return own

    @property
    def directory(self) -> Path:
        """The directory that keeps what is logged, absolute."""
        return Path(self.dir).expanduser().absolute()

    @property
    def destination(self) -> str:
        """Address of the server that runs go to; empty for runs that stay in the directory."""
        return self.url if self.url and self.mode == "online" else ""

    def said(self) -> dict[str, Any]:
        """Return the settings that were given, without the defaults."""
        return dict(vars(self)["_said"])

    def update(self, values: Mapping[str, Any]) -> None:
        """Set several settings."""
        for name, value in values.items():
            setattr(self, name, value)

    def note_in(self, said: dict[str, Any]) -> Settings:
        """Note in `said` what is set from now on; returns itself."""
        vars(self)["_said"] = said
        return self

    @classmethod
    def of(cls, given: Settings | Mapping[str, Any] | None) -> Settings:
        """Return settings that were given as an object or by name."""
        return given if isinstance(given, Settings) else cls(**dict(given or {}))

    @classmethod
    def resolve(
        cls,
        arguments: Mapping[str, Any],
        settings: Settings | Mapping[str, Any] | None,
        environment: Mapping[str, str],
        files: Iterable[Mapping[str, Any]] = (),
        process: Mapping[str, Any] | None = None,
    ) -> Settings:
        """Put the layers over each other.

        Parameters
        ----------
        arguments
            What was passed to `init`; None and an empty text mean not said.
        settings
            The argument `settings`.
        environment
            Environment variables.
        files
            What settings files say, the most important one first: see `stepwell.settings.settings_file`.
        process
            What `setup` was told for all runs of this process.
        """
        settings = cls.of(settings)
        merged: dict[str, Any] = {**vars(settings)["_foreign"]}
        for layer in reversed(list(files)):
            merged.update(layer)
        merged.update(from_environment(environment))
        root = merged.get("root_dir")
        if root and not environment.get("STEPWELL_DIR"):
            merged["dir"] = naming.below(root)
        merged.update(process or {})
        merged.update(settings.said())
        merged.update({name: value for name, value in arguments.items() if _is_said(name, value)})
        return cls(**merged)


def _is_said(name: str, value: object) -> bool:
    """Whether a value is one: wandb's clients pass None and empty texts for what they do not know."""
    return not (value is None or (isinstance(value, str) and not value and name not in {"dir", "notes"}))


@cache
def known() -> dict[str, Field[Any]]:
    """Return every setting by name; `metadata["check"](what, value)` returns the value or raises."""
    return {each.name: each for each in fields(Settings)}


def from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings that variables give. An empty variable is not said.

    `WANDB_DIR` names the directory above the one that wandb makes, so the setting is `stepwell` below it.
    """
    found: dict[str, Any] = {}
    if environment.get("WANDB_DIR"):
        found["dir"] = naming.below(environment["WANDB_DIR"])
    for prefix, kind in (("WANDB_", "wandb"), ("STEPWELL_", "env")):
        for each in known().values():
            name = each.metadata[kind]
            text = environment.get(prefix + name, "") if name else ""
            if text:
                try:
                    found[each.name] = each.metadata["check"](prefix + name, text)
                except UsageError as error:
                    raise UsageError(f"the environment variable {prefix}{name}: {error}") from None
    return found
