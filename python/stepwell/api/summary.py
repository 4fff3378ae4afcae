"""The summary of a run that was read, which can be changed and written back."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from stepwell.api.change import changes
from stepwell.settings.naming import clean
from stepwell.values.nested import NestedMapping, flat, nest, prune

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stepwell.values.nested import Path


class Summary(dict[str, Any]):
    """One value per key, by its flat name: `summary["val.acc"]` and `summary["val"]["acc"]` are the same.

    Changes stay here until `update` writes them: `summary["best"] = 0.9; summary.update()`.
    """

    def __init__(self, values: Mapping[str, Any], send: Callable[[Mapping[str, Any], Sequence[str]], None]) -> None:
        super().__init__(values)
        self._send = send
        self._written = copy.deepcopy(dict(values))

    def refill(self, values: Mapping[str, Any]) -> None:
        """Hold other values, as they were read anew; changes that were not written are dropped."""
        super().clear()
        super().update(values)
        self._written = copy.deepcopy(dict(values))

    def __missing__(self, key: str) -> Any:
        below = {name[len(key) + 1 :]: value for name, value in self.items() if name.startswith(f"{key}.")}
        if not below:
            raise KeyError(key)
        return NestedMapping(nest(below), self, (key,))

    def __setitem__(self, key: str, value: Any) -> None:
        self.set_at((key,), value)

    def __delitem__(self, key: str) -> None:
        self.delete_at((key,))

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key, nested ones too."""
        try:
            return self[key]
        except KeyError:
            return default

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
            key = clean(str(key))
            for name, leaf in flat(key, prune(value, key)).items():
                super().__setitem__(name, leaf)
        changed, deleted = self.changes()
        if changed or deleted:
            self._send(changed, deleted)

    def changes(self) -> tuple[dict[str, Any], list[str]]:
        """Return what `update` would write: values by flat key, and deleted keys."""
        return changes(self._written, self)

    def set_at(self, path: Path, value: Any) -> None:
        """Set the value that a path of keys leads to, in place of everything below it."""
        key = clean(".".join(map(str, path)))
        leaves = flat(key, prune(value, key))
        for name in [name for name in self if name == key or name.startswith(f"{key}.")]:
            super().__delitem__(name)
        for name, leaf in leaves.items():
            super().__setitem__(name, leaf)

    def delete_at(self, path: Path) -> None:
        """Remove the value that a path of keys leads to, and everything below it.

        Raises
        ------
        KeyError
            If there is none.
        """
        key = ".".join(map(str, path))
        found = [name for name in self if name == key or name.startswith(f"{key}.")]
        if not found:
            raise KeyError(key)
        for name in found:
            super().__delitem__(name)

    def __reduce__(self) -> tuple[type[dict[str, Any]], tuple[dict[str, Any]]]:
        return dict, (dict(self),)
