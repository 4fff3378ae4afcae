"""Settings files: lines `name = value`, below a line `[default]` or none."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepwell.errors import Error, UsageError
from stepwell.settings.foreign_settings import EQUIVALENT
from stepwell.settings.settings import Settings, known

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECTION = "default"
# What `setup` was told for all runs of this process, and what was set on the settings that it returned.
of_process: dict[str, Any] = {}


def from_file(path: Path) -> dict[str, Any]:
    """Return the settings of a file with lines `name = value`, below a line `[default]` or none.

    A file that this user may not read says nothing: in a container the home is often that of somebody else.

    Raises
    ------
    UsageError
        Naming the file, if it cannot be read for another reason, or has an unknown name or a bad value.
    """
    found: dict[str, Any] = {}
    settings = known()
    for name, value in _items(path):
        if name not in settings:
            raise UsageError(f"the settings file {path} has the unknown setting {name!r}; known: {', '.join(settings)}")
        try:
            found[name] = settings[name].metadata["check"](name, value)
        except UsageError as error:
            raise UsageError(f"the settings file {path}: {error}") from None
    return found


def from_wandb_file(path: Path) -> dict[str, Any]:
    """Return what a settings file of wandb says as far as it means something here; it is never an error."""
    found: dict[str, Any] = {}
    with contextlib.suppress(UsageError):
        for name, value in _items(path):
            own = EQUIVALENT.get(name, name)
            if value and own in known() and own != "dir":
                found[own] = known()[own].metadata["check"](own, value)
    return found


def _items(path: Path) -> list[tuple[str, str]]:
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError):
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the settings file {path} cannot be read: {error}") from None
    import configparser

    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(text if text.lstrip().startswith("[") else f"[{_SECTION}]\n{text}")
    except configparser.Error as error:
        raise UsageError(f"the settings file {path} cannot be read: {error}") from None
    return parser.items(_SECTION) if parser.has_section(_SECTION) else []


def write_setting(path: Path, name: str, value: str) -> None:
    """Put a setting into a file, in place of an earlier value.

    Raises
    ------
    Error
        If the file cannot be written.
    """
    line = f"{name} = {value}"
    try:
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        places = [index for index, text in enumerate(lines) if text.partition("=")[0].strip() == name]
        if places:
            lines[places[0]] = line
        else:
            # Behind the heading, if there is one: at the end another section may follow.
            after = next((index + 1 for index, text in enumerate(lines) if text.strip() == f"[{_SECTION}]"), len(lines))
            lines.insert(after, line)
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f"{path.name}.tmp")
        beside.write_text("\n".join(lines) + "\n", encoding="utf-8")
        beside.replace(path)
    except (OSError, UnicodeDecodeError) as error:
        raise Error(f"the settings file {path} cannot be written: {error}") from None


def settings_of_process(arguments: Mapping[str, Any], settings: Settings | Mapping[str, Any] | None = None) -> Settings:
    """Return the settings that hold: arguments over `settings`, `setup`, the environment, files."""
    files = [from_file(path) for path in settings_files(os.environ)]
    files += [from_wandb_file(path) for path in _files_of("wandb", os.environ, os.environ.get("WANDB_CONFIG_DIR"))]
    return Settings.resolve(arguments, settings, os.environ, files, of_process)


def settings_files(environment: Mapping[str, str]) -> list[Path]:
    """Return where settings files may be: in the working directory, then in the user's configuration."""
    return _files_of("stepwell", environment)


def _files_of(program: str, environment: Mapping[str, str], home: str | None = None) -> list[Path]:
    files = [Path(program) / "settings"]
    with contextlib.suppress(RuntimeError):  # in a container a user may have no home at all
        own = Path(environment.get("XDG_CONFIG_HOME") or Path(environment.get("HOME") or "~").expanduser() / ".config")
        files.append(Path(home or own / program) / "settings")
    return files


def local_directory(directory: str | None) -> Path:
    """Return the directory that was named, or that of the settings."""
    given = {} if directory is None else {"dir": directory}
    return settings_of_process(given).directory
