"""Makes an unmodified `import wandb` mean stepwell."""

from __future__ import annotations

import importlib.util
import os
import sys
import warnings
from pathlib import Path
from types import MappingProxyType

from stepwell.process import session
from stepwell.settings.foreign_settings import API_KEY
from stepwell.wandb.finder import Finder
from stepwell.wandb.jupyter import load_in_notebook

# Holds a package `wandb` that installs the drop-in when it is imported, and the metadata of a distribution
# `wandb`. A process that has it on its path, for example by PYTHONPATH, needs nothing else.
FOLDER = Path(__file__).parent / "site"
# Holds the command `wandb`, which explains what takes its place.
COMMANDS = Path(__file__).parent / "bin"
# What differs from stepwell by itself: in wandb a later `log` replaces a summary value that was set by hand,
# and programs look for a key before they log.
ENVIRONMENT = MappingProxyType({"STEPWELL_SUMMARY_FOLLOWS_LOG": "1", "WANDB_API_KEY": API_KEY})


def install_as_wandb() -> None:
    """Make `import wandb`, and every import of a part of it, mean stepwell from now on in this process.

    Call it before anything imports wandb. `wandb` is then found by `importlib.util.find_spec` and by
    `importlib.metadata`, and processes begun by `multiprocessing` find it as well; `stepwell exec` does the
    same for a whole program and every Python process that it begins. A real wandb may be installed beside it;
    it is not touched.

    Warns
    -----
    RuntimeWarning
        If wandb was imported already: modules that hold it keep it.
    """
    if any(isinstance(finder, Finder) for finder in sys.meta_path):
        return
    earlier = sys.modules.get("wandb")
    if earlier is not None and not _is_ours(earlier):
        warnings.warn(
            "wandb was imported before install_as_wandb(); modules that hold it keep it", RuntimeWarning, stacklevel=2
        )
    for name in [name for name in sys.modules if name.partition(".")[0] == "wandb"]:
        del sys.modules[name]
    for variable, value in ENVIRONMENT.items():
        os.environ.setdefault(variable, value)
    if str(FOLDER) not in sys.path:
        sys.path.insert(1, str(FOLDER))
    finder = Finder()
    sys.meta_path.insert(0, finder)
    spec = finder.find_spec("wandb")
    assert spec is not None
    assert spec.loader is not None
    sys.modules["wandb"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules["wandb"])
    session.follow("wandb")
    load_in_notebook()


def _is_ours(module: object) -> bool:
    return Path(getattr(module, "__file__", None) or "").parent.parent == FOLDER
