"""Names of wandb that have nothing behind them here: they can be asked for, and say what to use instead."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, NoReturn

from stepwell.errors import UnsupportedError

_SWEEPS = "there are no sweeps; let Optuna, Ray Tune or a loop choose the parameters, and begin a run for each"
_QUEUES = "there are no queues; start the program itself, for example with a scheduler"
# What to use instead, by the name below `wandb`.
WAYS = MappingProxyType(
    {
        **dict.fromkeys(("sweep", "agent", "controller"), _SWEEPS),
        **dict.fromkeys(("launch", "launch_add"), _QUEUES),
        "ArtifactTTL": "artifacts stay as long as their run; Api().run(…).delete() removes both",
        "Bokeh": "log the plot as a page: Html(bokeh.embed.file_html(plot))",
        "TensorboardHook": "init(sync_tensorboard=True) logs what the writers of TensorBoard write",
        "autolog": "log with wandb.log from where the library calls you back",
        "cli": "`stepwell --help` lists the commands there are",
        "Graph": "log the text of the model, str(model), with Html or a Table",
        "PartitionedTable": "join the parts, and log the result as a Table",
        "JoinedTable": "join the rows, and log the result as a Table",
        "printer": "write with termlog, termwarn and termerror",
        "sklearn": "log with wandb.plot: confusion_matrix, roc_curve, pr_curve, bar, histogram",
        "trace_tree": "there are no traces; log a Table with a row for each step",
        "workflows": "save the model to a file, and log that with log_model(path); use_model(name) fetches it",
    }
)


class Missing:
    """Something that is not here: a call of it raises `UnsupportedError`, and nothing else does."""

    def __init__(self, name: str, way: str) -> None:
        self._name, self._way = name, way

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        """Say that it is not there, and what to use instead."""
        raise UnsupportedError(f"{self._name} is not there: {self._way}")

    def __getattr__(self, name: str) -> Missing:
        if name.startswith("_"):
            raise AttributeError(name)
        return Missing(f"{self._name}.{name}", self._way)

    def called(self, name: str) -> Missing:
        """Return the same under another name."""
        return Missing(name, self._way)

    def __mro_entries__(self, _bases: tuple[object, ...]) -> tuple[type, ...]:
        return ()  # a class may be made from it

    def __or__(self, other: object) -> object:
        return other  # in annotations

    __ror__ = __or__

    def __instancecheck__(self, _instance: object) -> bool:
        return False

    def __repr__(self) -> str:
        return f"<{self._name}: {self._way}>"


def __getattr__(name: str) -> Missing:
    if name not in WAYS:
        raise AttributeError(name)
    return Missing(f"wandb.{name}", WAYS[name])
