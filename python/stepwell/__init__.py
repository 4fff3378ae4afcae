"""Experiment metrics that cost a microsecond and survive the process: `import stepwell as wandb`.

>>> import stepwell
>>> run = stepwell.init(project="digits", config={"lr": 0.1})  # doctest: +SKIP
>>> stepwell.log({"loss": 0.25})  # doctest: +SKIP
>>> stepwell.finish()  # doctest: +SKIP

Everything is imported on first use, so that importing the package costs a few milliseconds and brings in
neither numpy nor grpc. `log`, `run`, `config`, `summary` and `define_metric` are rebound by `init` and
`finish`: see `stepwell.process.session`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell import errors
from stepwell.errors import CommError, ConfigError, Error, UsageError
from stepwell.process import process_end as _process_end  # noqa: F401  which listens to sys.exit from here on
from stepwell.process.session import config, define_metric, finish, log, run, summary

if TYPE_CHECKING:
    from stepwell import plot as plot
    from stepwell.api import Api as Api
    from stepwell.files.artifact import Artifact as Artifact
    from stepwell.files.restore import restore as restore
    from stepwell.media.audio import Audio as Audio
    from stepwell.media.box3d import box3d as box3d
    from stepwell.media.histogram import Histogram as Histogram
    from stepwell.media.html import Html as Html
    from stepwell.media.image import Image as Image
    from stepwell.media.molecule import Molecule as Molecule
    from stepwell.media.object3d import Object3D as Object3D
    from stepwell.media.plotly import Plotly as Plotly
    from stepwell.media.records.classes import Classes as Classes
    from stepwell.media.table import Table as Table
    from stepwell.media.video import Video as Video
    from stepwell.plot import plot_table as plot_table
    from stepwell.plot import visualize as visualize
    from stepwell.process.terminal import termerror as termerror
    from stepwell.process.terminal import termlog as termlog
    from stepwell.process.terminal import termwarn as termwarn
    from stepwell.runs.alert import AlertLevel as AlertLevel
    from stepwell.runs.config import Config as Config
    from stepwell.runs.run import Run as Run
    from stepwell.settings.settings import Settings as Settings
    from stepwell.startup.attach import attach as attach
    from stepwell.startup.init import init as init
    from stepwell.startup.module_api import alert as alert
    from stepwell.startup.module_api import link_artifact as link_artifact
    from stepwell.startup.module_api import link_model as link_model
    from stepwell.startup.module_api import log_artifact as log_artifact
    from stepwell.startup.module_api import log_code as log_code
    from stepwell.startup.module_api import log_columns as log_columns
    from stepwell.startup.module_api import log_model as log_model
    from stepwell.startup.module_api import login as login
    from stepwell.startup.module_api import mark_preempting as mark_preempting
    from stepwell.startup.module_api import require as require
    from stepwell.startup.module_api import save as save
    from stepwell.startup.module_api import setup as setup
    from stepwell.startup.module_api import teardown as teardown
    from stepwell.startup.module_api import unwatch as unwatch
    from stepwell.startup.module_api import use_artifact as use_artifact
    from stepwell.startup.module_api import use_model as use_model
    from stepwell.startup.module_api import watch as watch
    from stepwell.wandb import env as env
    from stepwell.wandb import install_as_wandb as install_as_wandb

    __version__: str

# Where the names are that are imported on first use.
_NAMES = {
    "stepwell._native": "__version__",
    "stepwell.api": "Api",
    "stepwell.runs.alert": "AlertLevel",
    "stepwell.files.artifact": "Artifact",
    "stepwell.startup.attach": "attach",
    "stepwell.runs.config": "Config",
    "stepwell.startup.init": "init",
    "stepwell.startup.module_api": (
        "alert link_artifact link_model log_artifact log_code log_columns log_model login mark_preempting "
        "require save setup teardown unwatch use_artifact use_model watch"
    ),
    "stepwell.files.restore": "restore",
    "stepwell.runs.run": "Run",
    "stepwell.settings.settings": "Settings",
    "stepwell.process.terminal": "termerror termlog termwarn",
    "stepwell.wandb": "install_as_wandb",
    "stepwell.media.audio": "Audio",
    "stepwell.media.box3d": "box3d",
    "stepwell.media.records.classes": "Classes",
    "stepwell.media.histogram": "Histogram",
    "stepwell.media.html": "Html",
    "stepwell.media.image": "Image",
    "stepwell.media.molecule": "Molecule",
    "stepwell.media.object3d": "Object3D",
    "stepwell.media.plotly": "Plotly",
    "stepwell.media.table": "Table",
    "stepwell.media.video": "Video",
    "stepwell.plot": "plot_table visualize",
}
_HOMES = {name: home for home, names in _NAMES.items() for name in names.split()}
# Modules that are imported on first use as attributes of the package.
_MODULES = {
    "env": "stepwell.wandb.env",
    "integration": "stepwell.integration",
    "plot": "stepwell.plot",
    "tensorboard": "stepwell.tensorboard",
}

__all__ = [
    "AlertLevel", "Api", "Artifact", "Audio", "Classes", "CommError", "Config", "ConfigError", "Error", "Histogram",
    "Html", "Image", "Molecule", "Object3D", "Plotly", "Run", "Settings", "Table", "UsageError", "Video",
    "__version__", "alert", "attach", "box3d", "config", "define_metric", "env", "errors", "finish", "init",
    "install_as_wandb", "link_artifact", "link_model", "log", "log_artifact", "log_code", "log_columns",
    "log_model", "login", "mark_preempting", "plot", "plot_table", "require", "restore", "run", "save", "setup",
    "summary", "teardown", "termerror", "termlog", "termwarn", "unwatch", "use_artifact", "use_model", "visualize",
    "watch",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _MODULES:
        return import_module(_MODULES[name])
    home = _HOMES.get(name)
    if home is None:
        from stepwell.wandb.finder import of_wandb

        return of_wandb(name)
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
