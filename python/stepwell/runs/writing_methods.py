"""Methods of a run that write, for a run that keeps nothing and for one that is over."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NoReturn

from stepwell.process import session

if TYPE_CHECKING:
    from collections.abc import Callable

    from stepwell.runs.run import Run

_NAMES = (
    "log_columns", "define_metric", "watch", "unwatch", "alert", "save", "store", "save_script", "log_code",
    "log_artifact", "log_model", "use_artifact", "use_model", "link_artifact", "link_model", "upsert_artifact",
    "finish_artifact", "mark_preempting",
)  # fmt: skip


def lenient(run: Run) -> dict[str, Callable[..., Any]]:
    """Return the methods of a run that keeps nothing: a call that makes no sense does nothing.

    `log` is not among them: the native method takes everything there.
    """
    return {name: _lenient(getattr(run, name), _OTHERWISE.get(name, _nothing)) for name in _NAMES}


def refusing(run: Run) -> dict[str, Callable[..., Any]]:
    """Return the methods of a run that is over: each raises `UsageError`."""

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise session.finished_error(run.id)

    return dict.fromkeys(("log", *_NAMES), refuse)


def _lenient(method: Callable[..., Any], otherwise: Callable[[], Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(*arguments: Any, **named: Any) -> Any:
        try:
            return method(*arguments, **named)
        except Exception:  # noqa: BLE001  nothing that it is given is wrong
            return otherwise()

    return call


def _nothing() -> None:
    pass


def _metric() -> Any:
    from stepwell.runs.metric import Metric

    return Metric("")


def _artifact() -> Any:
    from stepwell.files.artifact import Artifact, Nothing

    artifact = Artifact("disabled", "unspecified")
    artifact.logged(Nothing)
    return artifact


# What a call returns that does nothing.
_OTHERWISE: dict[str, Callable[[], Any]] = {
    "define_metric": _metric,
    "log_artifact": _artifact,
    "log_model": _artifact,
    "save": list,
    "use_model": str,
}
