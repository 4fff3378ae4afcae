"""The argument `config` of `init`: a mapping, a namespace, flags, a dataclass, or the path of a YAML file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from stepwell.errors import UsageError
from stepwell.settings.naming import key_name
from stepwell.values.plain import items_of


def read_config(
    source: object, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None
) -> dict[str, Any]:
    """Return the values of a config by key.

    Parameters
    ----------
    source
        A mapping, or anything with `keys()` and `[]`; an object whose attributes are the values
        (`argparse.Namespace`, a dataclass, a model of pydantic or attrs); flags of absl; or the path of a
        YAML file with a mapping, whose entries may be `{"value": …, "desc": …}` as wandb writes them.
    include, exclude
        Keys to take, or to leave out; not both.

    Raises
    ------
    UsageError
        If the source is none of these, or the file cannot be read.
    """
    if include is not None and exclude is not None:
        raise UsageError("config_include_keys and config_exclude_keys exclude each other; pass one of them")
    values = _values(source)
    chosen, left_out = _keys("config_include_keys", include), _keys("config_exclude_keys", exclude)
    return {
        key_name(key): value
        for key, value in values.items()
        if (include is None or key in chosen) and key not in left_out
    }


# Where wandb looks for defaults of the config, in the working directory.
_DEFAULTS = "config-defaults.yaml"


def read_defaults(paths: Iterable[str], warn: Callable[[str], None]) -> dict[str, Any]:
    """Return what `config-defaults.yaml` and YAML files say; of one that cannot be read it warns."""
    found: dict[str, Any] = {}
    for path in (*([_DEFAULTS] if os.path.isfile(_DEFAULTS) else ()), *paths):  # noqa: PTH113  `init` is quick
        found.update(_read_or_warn(Path(path), warn))
    return found


def _read_or_warn(path: Path, warn: Callable[[str], None]) -> dict[str, Any]:
    try:
        return {key_name(key): value for key, value in _from_yaml(path).items()}
    except UsageError as error:
        warn(str(error))
        return {}


def _keys(name: str, keys: Iterable[str] | None) -> set[str]:
    if isinstance(keys, str):
        raise UsageError(f"{name} must be a sequence of str, not the str {keys!r}")
    return set(keys or ())


def _values(source: object) -> dict[Any, Any]:
    if source is None or (isinstance(source, (str, list, tuple)) and not source):
        return {}
    if isinstance(source, (str, Path)):
        return _from_yaml(Path(source))
    found = items_of(source)
    if found is None:
        raise UsageError(
            f"config must be a dict, a Namespace, a dataclass or the path of a YAML file, not {type(source).__name__}"
        )
    return found


def _from_yaml(path: Path) -> dict[Any, Any]:
    try:
        import yaml
    except ImportError:
        raise UsageError(f"config={str(path)!r} is read with PyYAML, which is missing: pip install pyyaml") from None
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"config: the file {path} cannot be read: {error}") from None
    if not isinstance(values, dict):
        raise UsageError(f"config: the file {path} holds no mapping")
    return {key: _unwrap(value) for key, value in values.items() if key != "wandb_version"}


def _unwrap(value: object) -> object:
    """Return the value of `{"value": …, "desc": …}`, the form in which wandb writes config files."""
    if isinstance(value, dict) and "value" in value and value.keys() <= {"value", "desc"}:
        return value["value"]
    return value
