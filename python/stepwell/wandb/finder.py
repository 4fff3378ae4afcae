"""Finds `wandb` and its submodules: modules whose names are stepwell's, looked up when they are asked for."""

from __future__ import annotations

from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any

from stepwell.wandb.names import MODULES

if TYPE_CHECKING:
    from collections.abc import Sequence

# A version that the checks of wandb's clients accept; the folder `site` has a distribution of the same
# version.
VERSION = "0.22.3"


class StandIn(ModuleType):
    """A module of wandb; its names are looked up in stepwell when they are first used."""

    def __getattr__(self, name: str) -> Any:
        full = f"{self.__name__}.{name}"
        if full in MODULES:
            return import_module(full)  # which also sets the attribute
        names = MODULES[self.__name__]
        if isinstance(names, str):
            home, attribute = names, name
        else:
            home, _, attribute = names.get(name, names.get("*", "")).partition(":")
            attribute = attribute or name
        if not home or (name.startswith("__") and name != "__all__"):
            raise AttributeError(f"module {self.__name__!r} of stepwell's stand-in for wandb has no attribute {name!r}")
        value = getattr(import_module(home), attribute)
        vars(self)[name] = value
        return value

    def __dir__(self) -> list[str]:
        names = MODULES[self.__name__]
        homes = [names] if isinstance(names, str) else [names["*"]] if "*" in names else []
        found = {name for home in homes for name in dir(import_module(home))}
        found.update(() if isinstance(names, str) else names)
        inside = f"{self.__name__}."
        found.update(full.removeprefix(inside).partition(".")[0] for full in MODULES if full.startswith(inside))
        return sorted(found - {"*"})


class _StandInLoader(Loader):
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return StandIn(spec.name, f"stepwell in the place of {spec.name}.")

    def exec_module(self, module: ModuleType) -> None:
        if module.__name__ == "wandb":
            vars(module)["__version__"] = VERSION


class Finder(MetaPathFinder):
    """Answers for `wandb` and every module below it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of a module of wandb that has a stand-in."""
        if fullname not in MODULES:
            return None
        return ModuleSpec(fullname, _StandInLoader(), origin="stepwell", is_package=True)
