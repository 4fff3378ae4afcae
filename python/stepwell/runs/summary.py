"""The summary of a run: what stands for each key, by default the last value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stepwell.settings.naming import key_name
from stepwell.values.attribute_mapping import AttributeMapping
from stepwell.values.nested import NestedMapping, flat, nest, prune
from stepwell.values.plain import items_of

if TYPE_CHECKING:
    from stepwell.values.nested import Path

Send = Callable[[Mapping[str, Any], Sequence[str]], None]
Convert = Callable[[str, Any], Any]


class Summary(AttributeMapping):
    """What stands for each key, with values set by hand over it: `summary["best"] = 0.9`, `summary.best`.

    That is the value at the greatest step, or what `define_metric` asked for: `summary["acc"] == {"max":
    0.9}`.

    A value set by hand stays until it is set again or deleted; a later `log` of the key does not replace it.
    A deleted key is gone until it is set by hand again. Reading sees every `log` that has returned. Values
    are in nested dicts, and known by joined keys as well: `summary["val"]["acc"]` and `summary["val.acc"]`
    are the same.
    """

    def __init__(self, send: Send, values: Callable[[], Mapping[str, Any]], convert: Convert) -> None:
        vars(self).update(_send=send, _values=values, _convert=convert, _hand=set())

    def __getitem__(self, key: str) -> Any:
        key = key_name(key)
        values = self._current()
        if key in values:
            return values[key]
        below = {name[len(key) + 1 :]: value for name, value in values.items() if name.startswith(f"{key}.")}
        if not below:
            raise KeyError(key)
        return NestedMapping(nest(below), self, (key,))

    def as_dict(self) -> dict[str, Any]:
        """Return a copy as a plain dict, with nested ones."""
        return nest(self._current())

    @property
    def set_by_hand(self) -> set[str]:
        """The flat keys that this process has set by hand."""
        names: set[str] = vars(self)["_hand"]
        return names

    def __iter__(self) -> Iterator[str]:
        return iter(self.as_dict())

    def __len__(self) -> int:
        return len(self.as_dict())

    _as_dict = as_dict  # wandb's name

    def update(self, *values: Any, **more: Any) -> None:
        """Set several values by hand, in one piece. Nested dicts are merged into what is there."""
        changes: dict[str, Any] = {}
        for key, value in dict(*map(_items, values), **more).items():
            changes.update(self._changes(key_name(key), value))
        self._keep(changes, ())

    def set_at(self, path: Path, value: Any) -> None:
        """Set by hand the value that a path of keys leads to, in place of everything set by hand below it."""
        key = ".".join(map(key_name, path))
        changes = self._changes(key, value)
        below = [name for name in vars(self)["_hand"] if name.startswith(f"{key}.") and name not in changes]
        self._keep(changes, below)

    def delete_at(self, path: Path) -> None:
        """Remove the value that a path of keys leads to.

        Raises
        ------
        KeyError
            If there is none.
        """
        key = ".".join(map(key_name, path))
        deleted = [name for name in self._current() if name == key or name.startswith(f"{key}.")]
        if not deleted:
            raise KeyError(key)
        self._keep({}, deleted)

    def __reduce__(self) -> tuple[Any, tuple[Any, str]]:
        return getattr, (vars(self)["_send"].__self__, "summary")  # of the run, as another process joins it

    def _missing(self, key: str) -> str:
        return f"the summary has no {key!r}"

    def _current(self) -> Mapping[str, Any]:
        values: Mapping[str, Any] = vars(self)["_values"]()
        return values

    def _changes(self, key: str, value: Any) -> dict[str, Any]:
        """Return what is stored of a value, leaf by leaf."""
        return flat(key, vars(self)["_convert"](key, prune(value, key)))

    def _keep(self, changes: dict[str, Any], deleted: Sequence[str]) -> None:
        """Send what is new and remember its names, in this order: what cannot be sent is not remembered."""
        if changes or deleted:
            vars(self)["_send"](changes, list(deleted))
        vars(self)["_hand"] = (vars(self)["_hand"] - set(deleted)) | changes.keys()


def _items(source: Any) -> Any:
    found = items_of(source)
    return source if found is None else found
