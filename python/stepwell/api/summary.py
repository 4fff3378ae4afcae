"""The summary of a run that was read, which can be changed and written back."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from stepwell.api.change import changes
from stepwell.settings.naming import key_name
from stepwell.values.nested import NestedMapping, flat, grow, nest, prune

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stepwell.values.nested import Path


class Summary(NestedMapping):
    """One value per key, in nested dicts: `summary["val"]["acc"]`, which is `summary["val.acc"]` as well.

    What `define_metric` asked for is such a dict: `summary["acc"] == {"max": 0.9}`. Changes stay here until
    `update` writes them: `summary["best"] = 0.9; summary.update()`.
    """

    def __init__(self, values: Mapping[str, Any], send: Callable[[Mapping[str, Any], Sequence[str]], None]) -> None:
        super().__init__({}, self, ())
        vars(self)["_send"] = send
        self.refill(values)

    def refill(self, values: Mapping[str, Any]) -> None:
        """Hold other values by flat key, as read anew; changes that were not written are dropped."""
        vars(self).update(_flat=dict(values), _written=copy.deepcopy(dict(values)))
        self._show()

    def flat(self) -> dict[str, Any]:
        """Return the values by flat key: nested ones under keys joined by dots."""
        return dict(vars(self)["_flat"])

    @property
    def _json_dict(self) -> Summary:
        """The values, as scripts written for wandb ask for them."""
        return self

    def __getitem__(self, key: Any) -> Any:
        key, values = key_name(key), vars(self)["_flat"]
        if key in values:
            return grow(values[key], self, (key,))
        below = {name[len(key) + 1 :]: values[name] for name in self._below(key) if name != key}
        if not below:
            raise KeyError(key)
        return NestedMapping(nest(below), self, (key,))

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or key in vars(self)["_flat"] or bool(self._below(key))

    def __setitem__(self, key: str, value: Any) -> None:
        self.set_at((key,), value)

    def __delitem__(self, key: str) -> None:
        self.delete_at((key,))

    def update(self, *values: Any, **more: Any) -> None:
        """Set several values, and write everything that was changed since the run was loaded.

        Raises
        ------
        TypeError
            If a value cannot be stored; it names the key, and nothing was written.
        CommError
            If it could not be written in time.
        """
        for key, value in dict(*values, **more).items():
            key = key_name(key)
            vars(self)["_flat"].update(flat(key, prune(value, key)))
        self._show()
        changed, deleted = self.changes()
        if changed or deleted:
            vars(self)["_send"](changed, deleted)

    def changes(self) -> tuple[dict[str, Any], list[str]]:
        """Return what `update` would write: values by flat key, and deleted keys."""
        return changes(vars(self)["_written"], vars(self)["_flat"])

    def set_at(self, path: Path, value: Any) -> None:
        """Set the value that a path of keys leads to, in place of everything below it."""
        key = ".".join(map(key_name, path))
        leaves = flat(key, prune(value, key))
        self._replace(key, leaves)

    def delete_at(self, path: Path) -> None:
        """Remove the value that a path of keys leads to, and everything below it.

        Raises
        ------
        KeyError
            If there is none.
        """
        key = ".".join(map(str, path))
        if not self._below(key):
            raise KeyError(key)
        self._replace(key, {})

    def _below(self, key: object) -> list[str]:
        """Return the flat keys of a value and of those below it."""
        return [name for name in vars(self)["_flat"] if name == key or name.startswith(f"{key}.")]

    def _replace(self, key: str, leaves: Mapping[str, Any]) -> None:
        for name in self._below(key):
            del vars(self)["_flat"][name]
        vars(self)["_flat"].update(leaves)
        self._show()

    def _show(self) -> None:
        dict.clear(self)
        dict.update(self, nest(vars(self)["_flat"]))
