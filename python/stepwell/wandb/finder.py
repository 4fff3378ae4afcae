"""Finds `wandb` and its submodules: modules whose names are stepwell's, looked up when they are asked for."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from stepwell.wandb.missing import Missing
from stepwell.wandb.names import MODULES, NAMESAKES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# A version that the checks of wandb's clients accept; the folder `site` has a distribution of the same
# version.
VERSION = "0.22.3"


class StandIn(ModuleType):
    """A module of wandb; its names are looked up in stepwell when they are first used."""

    def __getattr__(self, name: str) -> Any:
        full = f"{self.__name__}.{name}"
        if full in MODULES and full not in NAMESAKES:
            return stand_in(full)
        names = MODULES[self.__name__]
        if isinstance(names, str):
            home, attribute = names, name
        else:
            home, _, attribute = names.get(name, names.get("*", "")).partition(":")
            attribute = attribute or name
        if not home or (name.startswith("__") and (name != "__all__" or attribute != name)):
            raise AttributeError(f"module {self.__name__!r} of stepwell's stand-in for wandb has no attribute {name!r}")
        value = getattr(import_module(home), attribute)
        if isinstance(value, Missing):
            value = value.called(full)
        if name == "__all__":
            value = [each for each in value if hasattr(self, each)]
        vars(self)[name] = value
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        # The import of `wandb.plot.line` would put the module in the place of the function.
        if f"{self.__name__}.{name}" not in NAMESAKES or not isinstance(value, StandIn):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        names = MODULES[self.__name__]
        homes = [names] if isinstance(names, str) else [names["*"]] if "*" in names else []
        found = {name for home in homes if ":" not in home for name in dir(import_module(home))}
        found.update(() if isinstance(names, str) else names)
        inside = f"{self.__name__}."
        found.update(full.removeprefix(inside).partition(".")[0] for full in MODULES if full.startswith(inside))
        return sorted(found - {"*"})

    def __reduce__(self) -> tuple[Callable[[str], Any], tuple[str]]:
        return import_module, (self.__name__,)  # as every module is pickled by those who pickle functions


@cache
def stand_in(name: str) -> StandIn:
    """Return the one module that stands for a module of wandb."""
    return StandIn(name, f"stepwell in the place of {name}.")


def of_wandb(name: str) -> Any:
    """Return what stands for a name of wandb that stepwell itself does not have."""
    if f"wandb.{name}" in MODULES:
        return stand_in(f"wandb.{name}")
    if name in MODULES["wandb"] and name != "*":
        return getattr(stand_in("wandb"), name)
    raise AttributeError(f"module 'stepwell' has no attribute {name!r}")


class _StandInLoader(Loader):
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return stand_in(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        if module.__name__ == "wandb":
            file = str(Path(__file__).parent / "site" / "wandb" / "__init__.py")
            vars(module).update(__version__=VERSION, __file__=file)


class Finder(MetaPathFinder):
    """Answers for `wandb` and every module below it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of a module of wandb that has a stand-in."""
        if fullname == "wandb.__main__":  # of `python -m wandb`, which wants a file
            return spec_from_file_location(fullname, Path(__file__).with_name("command.py"))
        if fullname not in MODULES:
            return None
        return ModuleSpec(fullname, _StandInLoader(), origin="stepwell", is_package=True)
