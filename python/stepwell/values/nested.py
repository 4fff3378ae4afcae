"""Nested mapping of the config or the summary, which hands its changes to the mapping that it is part of."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Protocol

from stepwell._native import flatten
from stepwell.settings.naming import DEPTH, contents, key_name, too_deep

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Path = tuple[str, ...]


class Root(Protocol):
    """What a nested mapping belongs to."""

    def set_at(self, path: Path, value: Any) -> None:
        """Set one value; raises to forbid it."""

    def delete_at(self, path: Path) -> None:
        """Remove one value; raises to forbid it."""


class NestedMapping(dict[str, Any]):
    """A nested dict whose changes also reach its root, with attribute access.

    It is a real dict, so it can be passed on, compared and written as JSON. What is taken out of it as a
    whole, by `dict(…)` or `items()`, is plain dicts; pickled or copied it is one.

    Parameters
    ----------
    values
        A plain dict, which follows the changes.
    root
        What it belongs to.
    path
        The keys that lead to it.
    """

    def __init__(self, values: dict[str, Any], root: Root, path: Path) -> None:
        super().__init__(values)
        _show_to_yaml()
        # `_grown`: the nested mappings that stand for its dicts, so that each is the same object every time.
        vars(self).update(_values=values, _root=root, _path=path, _grown={})

    def __getitem__(self, key: str) -> Any:
        name = key if key in self else key_name(key)
        value = super().__getitem__(name)
        if not _is_nested(value):
            return value
        grown: dict[str, NestedMapping] = vars(self)["_grown"]
        if name not in grown:
            grown[name] = NestedMapping(value, vars(self)["_root"], (*vars(self)["_path"], name))
        return grown[name]

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of `key`, or `default` if there is none."""
        try:
            return self[key]
        except KeyError:
            return default

    def __getattr__(self, key: str) -> Any:
        try:
            return self[key]
        except KeyError:
            raise AttributeError(f"there is no {key!r}; there are: {', '.join(map(str, self))}") from None

    def __setattr__(self, key: str, value: Any) -> None:
        self[key] = value

    def __setitem__(self, key: str, value: Any) -> None:
        key = key_name(key)
        vars(self)["_root"].set_at((*vars(self)["_path"], key), value)
        vars(self)["_grown"].pop(key, None)
        vars(self)["_values"][key] = value = prune(value)
        super().__setitem__(key, value)

    def __delitem__(self, key: str) -> None:
        key = key_name(key)
        if key not in self:
            raise KeyError(key)
        vars(self)["_root"].delete_at((*vars(self)["_path"], key))
        vars(self)["_grown"].pop(key, None)
        vars(self)["_values"].pop(key, None)
        super().__delitem__(key)

    def update(self, *values: Mapping[str, Any] | Iterable[tuple[str, Any]], **more: Any) -> None:  # type: ignore[override]
        """Set several values."""
        for key, value in dict(*values, **more).items():
            self[key] = value

    def __ior__(self, values: Any) -> NestedMapping:  # type: ignore[override,misc]
        self.update(values)
        return self

    def setdefault(self, key: str, default: Any = None) -> Any:
        """Return the value of `key` after setting it to `default` if it was missing."""
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key: str, *default: Any) -> Any:
        """Remove `key` and return its value."""
        if key not in self and default:
            return default[0]
        value = self[key]
        del self[key]
        return value

    def popitem(self) -> tuple[str, Any]:
        """Remove the last key and return it with its value."""
        if not self:
            raise KeyError("it is empty")
        key = next(reversed(self))
        return key, self.pop(key)

    def clear(self) -> None:
        """Remove everything."""
        for key in list(self):
            del self[key]

    def __reduce__(self) -> tuple[type[dict[str, Any]], tuple[dict[str, Any]]]:
        return dict, (prune(self),)


# OmegaConf takes what has the name of dict.
NestedMapping.__module__, NestedMapping.__qualname__ = "builtins", "dict"


def _show_to_yaml() -> None:
    """Let yaml, if a script uses it, write nested mappings as it writes dicts; it looks at the very type."""
    yaml = sys.modules.get("yaml.representer")
    if yaml is not None and NestedMapping not in yaml.SafeRepresenter.yaml_representers:
        for representer in (yaml.SafeRepresenter, yaml.Representer):
            representer.add_representer(NestedMapping, yaml.SafeRepresenter.represent_dict)


def grow(value: Any, root: Root, path: Path) -> Any:
    """Return `value`, as a nested mapping if it is a dict that is no typed object.

    That is a copy of its dicts; its lists are shared.
    """
    return NestedMapping(_copied(value), root, path) if _is_nested(value) else value


def _is_nested(value: Any) -> bool:
    return isinstance(value, dict) and "_type" not in value


def _copied(value: dict[str, Any]) -> dict[str, Any]:
    return {name: _copied(inner) if isinstance(inner, dict) else inner for name, inner in value.items()}


def prune(value: Any, key: str = "", depth: int = DEPTH) -> Any:
    """Return `value` with plain dicts in place of nested mappings.

    Raises
    ------
    ValueError
        If it has more than `depth` levels; it names the key.
    """
    # By its type: what pretends to be of another class may raise when asked.
    if not issubclass(type(value), (dict, list)):
        return value
    if depth == 0:
        raise too_deep(key)
    if isinstance(value, dict):
        return {name: prune(inner, key, depth - 1) for name, inner in contents(value)}
    return [prune(inner, key, depth - 1) for inner in contents(value)]


def flat(key: str, value: Any) -> dict[str, Any]:
    """Return the leaves of a value by keys joined by dots; typed objects and empty dicts are leaves."""
    return dict(flatten({key: value}))


def nest(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested dicts for keys joined by dots; a key that is both a leaf and a dict stays joined."""
    nested: dict[str, Any] = {}
    for key, value in values.items():
        *path, last = key.split(".")
        if any(".".join(path[: length + 1]) in values for length in range(len(path))):
            path, last = [], key
        inner = nested
        for name in path:
            inner = inner.setdefault(name, {})
        inner[last] = value
    return nested
