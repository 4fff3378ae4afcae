"""Experiment metrics that cost a microsecond and survive the process: `import stepwell as wandb`.

>>> import stepwell
>>> run = stepwell.init(project="digits", config={"lr": 0.1})  # doctest: +SKIP
>>> stepwell.log({"loss": 0.25})  # doctest: +SKIP
>>> stepwell.finish()  # doctest: +SKIP

Everything is imported on first use, so that importing the package costs a few milliseconds and brings in neither numpy
nor grpc. `log`, `run`, `config`, `summary` and `define_metric` are rebound by `init` and `finish`: see
`stepwell.client.session`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell.client.session import config, define_metric, finish, log, run, summary
from stepwell.errors import CommError, ConfigError, Error, UsageError

if TYPE_CHECKING:
    from stepwell.api import Api as Api
    from stepwell.client.config import Config as Config
    from stepwell.client.init import init as init
    from stepwell.client.run import Run as Run
    from stepwell.client.settings import Settings as Settings
    from stepwell.media.histogram import Histogram as Histogram

    __version__: str

_HOMES = {
    "AlertLevel": "stepwell.client.alert",
    "Api": "stepwell.api",
    "Artifact": "stepwell.client.artifact",
    "Audio": "stepwell.media.audio",
    "Classes": "stepwell.media.classes",
    "Config": "stepwell.client.config",
    "Histogram": "stepwell.media.histogram",
    "Html": "stepwell.media.html",
    "Image": "stepwell.media.image",
    "Molecule": "stepwell.media.molecule",
    "Object3D": "stepwell.media.object3d",
    "Plotly": "stepwell.media.plotly",
    "Run": "stepwell.client.run",
    "Settings": "stepwell.client.settings",
    "Table": "stepwell.media.table",
    "Video": "stepwell.media.video",
    "box3d": "stepwell.media.box3d",
    "init": "stepwell.client.init",
    "install_as_wandb": "stepwell.drop_in",
    "plot_table": "stepwell.plot",
    "visualize": "stepwell.plot",
    "__version__": "stepwell._native",
}

__all__ = [
    "Api",
    "CommError",
    "Config",
    "ConfigError",
    "Error",
    "Histogram",
    "Run",
    "Settings",
    "UsageError",
    "__version__",
    "config",
    "define_metric",
    "finish",
    "init",
    "log",
    "run",
    "summary",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
