"""The configuration of a run: what was chosen before it began."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stepwell.errors import ConfigError
from stepwell.settings.naming import DEPTH, key_name
from stepwell.values.attribute_mapping import AttributeMapping
from stepwell.values.nested import NestedMapping, grow, prune
from stepwell.values.plain import items_of, plain

if TYPE_CHECKING:
    from stepwell.values.nested import Path

Send = Callable[[Mapping[str, Any], Sequence[str]], None]

# Methods of dicts that wandb's config has not: scripts have keys of these names and read them as attributes.
_GIVING_WAY = frozenset({"clear", "copy", "fromkeys", "pop", "popitem", "setdefault", "values"})


def _send_nowhere(_values: Mapping[str, Any], _deleted: Sequence[str]) -> None:
    pass


class Config(AttributeMapping, dict[str, Any]):
    """Values by key, read and written as items or attributes: `config["lr"]`, `config.lr`.

    A key is set once. Setting it again to another value is a `ConfigError`, unless changes were allowed by
    `init(allow_val_change=True)` or `update(…, allow_val_change=True)`. Nested dicts keep to the same rule,
    key by key.

    It is a dict, so that `dict(config)`, `config.items()` and JSON have plain dicts, which are copies: what a
    script does to them changes nothing here. A list that is read as an item or an attribute is the config's
    own: what is appended to it is written when the run ends, or by `persist`.

    Made by itself it belongs to no run.
    """

    # Those of dict, not of the abstract mapping: so a copy is made of what the dict itself holds.
    __iter__ = dict.__iter__
    __len__ = dict.__len__
    keys = dict.keys
    items = dict.items
    values = dict.values

    def __init__(
        self, send: Send = _send_nowhere, allow_val_change: bool = False, store: Callable[[Any], Any] = str
    ) -> None:
        vars(self).update(_send=send, _allow=allow_val_change, _store=store, _values={})

    def __getitem__(self, key: str) -> Any:
        key = key_name(key)
        return grow(self._current()[key], self, (key,))

    def __ior__(self, values: Any) -> Config:  # type: ignore[override,misc]
        self.update(values)
        return self

    def copy(self) -> dict[str, Any]:
        """Return a copy as a plain dict."""
        return self.as_dict()

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._current()]

    def as_dict(self) -> dict[str, Any]:
        """Return a copy as a plain dict."""
        # The config itself is one level more.
        values: dict[str, Any] = prune(self._current(), depth=DEPTH + 1)
        return values

    def update(self, *values: Any, allow_val_change: bool | None = None, **more: Any) -> None:
        """Set several keys, all or none.

        Parameters
        ----------
        values
            A mapping, a dataclass, an `argparse.Namespace` or the like, or key-value pairs.
        allow_val_change
            Whether keys may change in this call; by default as said in `init`.

        Raises
        ------
        ConfigError
            If a key would change and may not.
        ValueError
            If a value is nested too deep, or holds itself.
        """
        given: dict[str, Any] = {}
        for source in values:
            found = None if issubclass(type(source), (list, tuple)) else items_of(source)
            given.update(source if found is None else found)
        given.update(more)
        names = {key: key_name(key) for key in given}
        changes = {names[key]: plain(value, vars(self)["_store"], names[key]) for key, value in given.items()}
        allow = vars(self)["_allow"] if allow_val_change is None else allow_val_change
        for key, value in changes.items():
            if not allow:
                _check((key,), self._current(), key, value)
        self._keep(changes)

    def setdefault(self, key: str, default: Any = None) -> Any:
        """Return the value of a key after setting it to `default` if it was missing."""
        if key not in self:
            self[key] = default
        return self[key]

    def persist(self) -> None:
        """Write the lists that were changed in place; everything else that is set is written at once."""
        lists = {key: value for key, value in self._current().items() if isinstance(value, (list, dict))}
        values = {key: plain(value, vars(self)["_store"], key) for key, value in lists.items()}
        # What is shown is a copy, made when the key was set.
        changed = {key: value for key, value in values.items() if not same(dict.__getitem__(self, key), value)}
        if changed:
            vars(self)["_send"](changed, ())
            self.remember(changed)

    @property
    def _items(self) -> dict[str, Any]:
        return self.as_dict()

    _as_dict = as_dict  # wandb's name

    def remember(self, values: Mapping[str, Any]) -> None:
        """Take over values that are known elsewhere already."""
        for key, value in values.items():
            self._show(key, value)

    def setdefaults(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Set the keys that are missing, and return the whole config."""
        self.update({key: value for key, value in (items_of(values) or {}).items() if key not in self})
        return self.as_dict()

    def set_at(self, path: Path, value: Any) -> None:
        """Set the value that a path of keys leads to."""
        path = tuple(map(key_name, path))
        value = plain(value, vars(self)["_store"], ".".join(path))
        top = prune(self._current().get(path[0]))
        changed = {"": top} if path[0] in self._current() else {}
        inner, keys = changed, ("", *path[1:])
        for key in keys[:-1]:
            inner = inner.setdefault(key, {})
        if not vars(self)["_allow"]:
            _check(path, inner, keys[-1], value)
        inner[keys[-1]] = value
        self._keep({path[0]: changed[""]})

    def delete_at(self, path: Path) -> None:
        """Remove the value that a path of keys leads to.

        Where that is not allowed, below the first key only the dict loses it that a script has in its hands.
        """
        path = tuple(map(key_name, path))
        inner = values = self.as_dict()
        for key in path[:-1]:
            inner = inner[key]
        if path[-1] not in inner:
            raise KeyError(path[-1])
        if not vars(self)["_allow"]:
            if len(path) > 1:
                return
            raise ConfigError(f"{_dotted(path)} would be deleted; pass allow_val_change=True to init to allow it")
        del inner[path[-1]]
        if len(path) > 1:
            self._keep({path[0]: values[path[0]]})
            return
        vars(self)["_send"]({}, path)
        del self._current()[path[0]]
        dict.__delitem__(self, path[0])
        if path[0] in _GIVING_WAY:
            del vars(self)[path[0]]

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return _detached, (self.as_dict(), vars(self)["_allow"])

    def _keep(self, changes: dict[str, Any]) -> None:
        """Send what is new and remember it, in this order: what cannot be sent is not remembered."""
        current = self._current()
        news = {key: value for key, value in changes.items() if key not in current or not same(current[key], value)}
        if news:
            vars(self)["_send"](news, ())
            self.remember(news)

    def _show(self, key: str, value: Any) -> None:
        """Remember a value, and show a copy of it to who looks at the dict."""
        self._current()[key] = value
        dict.__setitem__(self, key, prune(value, depth=DEPTH + 1))
        if key in _GIVING_WAY:
            vars(self)[key] = self[key]

    def _missing(self, key: str) -> str:
        return f"the config has no {key!r}; it has: {', '.join(self._current()) or 'nothing yet'}"

    def _current(self) -> dict[str, Any]:
        values: dict[str, Any] = vars(self)["_values"]
        return values


def _detached(values: dict[str, Any], allow_val_change: bool) -> Config:
    """Return a config that belongs to no run: what a pickle or a copy becomes."""
    config = Config(allow_val_change=allow_val_change)
    config.remember(values)
    return config


def same(old: Any, new: Any) -> bool:
    """Whether two plain values are the same: NaN is itself, and 1, 1.0 and True are one."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(same(old[key], new[key]) for key in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(same, old, new))
    return bool(old == new or (old != old and new != new))


def _check(path: Path, values: Mapping[str, Any], key: str, value: Any) -> None:
    if key in values and not same(values[key], value):
        raise ConfigError(
            f"{_dotted(path)} is {_short(values[key])} and would become {_short(value)}; the old value was kept. "
            "If this is meant, pass allow_val_change=True to init or to config.update."
        )


def _dotted(path: Path) -> str:
    return f"config[{'.'.join(path)!r}]"


def _short(value: Any) -> str:
    text = repr(prune(value) if isinstance(value, NestedMapping) else value)
    return text if len(text) <= 60 else text[:57] + "…"
