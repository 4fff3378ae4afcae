"""Histograms of the gradients and parameters of torch models, as `watch` logs them.

torch is never imported: a model of its is proof that it is imported already. The hooks run in the midst of a
training: what cannot be watched or logged costs itself only, with a warning.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from stepwell.errors import UsageError
from stepwell.process.terminal import termwarn
from stepwell.settings.strictness import tell

if TYPE_CHECKING:
    from stepwell.runs.run import Run

What = Literal["gradients", "parameters", "all"]
_BINS = 64


@dataclass
class Watch:
    """The models that a run watches."""

    run: Run
    # Models with their hooks, by identity.
    _hooks: dict[int, tuple[Any, list[Any]]] = field(default_factory=dict)
    _count: int = 0

    def add(self, models: Any, log: What | None, log_freq: object, idx: int | None, log_graph: bool) -> None:
        """Watch models: see `Run.watch`."""
        if log not in {"gradients", "parameters", "all", None}:
            raise UsageError(f'watch: log must be "gradients", "parameters", "all" or None, not {log!r}')
        every = log_freq.__index__() if hasattr(log_freq, "__index__") else 0  # numpy's integers have one, too
        if isinstance(log_freq, bool) or every < 1:
            raise UsageError(f"watch: log_freq must be an integer ≥ 1, not {log_freq!r}")
        chosen = _modules(models)
        for model in chosen:
            if id(model) in self._hooks:
                raise UsageError("watch: this model is watched already; call unwatch first")
        if log_graph:
            termwarn("watch: the graph of a model is not logged", repeat=False)
        for model in chosen:
            number = self._count if idx is None else idx
            self._count = number + 1
            prefix = f"graph_{number}" if number else ""
            hooks: list[Any] = []
            self._hooks[id(model)] = model, hooks
            if log in {"parameters", "all"}:
                with _telling(f"parameters/{prefix}*"):
                    look = partial(self._log_parameters, prefix)
                    hooks.append(model.register_forward_hook(_Hook(every, look)))
            if log in {"gradients", "all"}:
                for name, parameter in model.named_parameters():
                    key = f"gradients/{prefix}{name}"
                    if parameter.requires_grad:
                        with _telling(key):
                            hooks.append(parameter.register_hook(_Hook(every, partial(self._log_one, key))))

    def remove(self, models: Any = None) -> None:
        """Watch these models, or all, no longer."""
        chosen = [model for model, _ in self._hooks.values()] if models is None else _modules(models)
        for model in chosen:
            _, hooks = self._hooks.pop(id(model), (None, []))
            for hook in hooks:
                hook.remove()

    def _log_parameters(self, prefix: str, module: Any) -> None:
        self._log({f"parameters/{prefix}{name}": value for name, value in module.named_parameters()})

    def _log_one(self, key: str, gradient: Any) -> None:
        self._log({key: gradient})

    def _log(self, tensors: dict[str, Any]) -> None:
        """Add histograms to the row that is being collected."""
        from stepwell.media.histogram import Histogram

        if self.run.is_finished:
            return
        row = {}
        for key, tensor in tensors.items():
            if tensor is not None:
                with _telling(key):
                    values = _values(tensor)
                    if values.numel():
                        row[key] = Histogram(values, num_bins=_BINS)
        if row:
            with _telling(next(iter(row))):
                self.run.log(row, commit=False)


class _Hook:
    """Hook that looks at a tensor, or a module in training, each time that so many have passed."""

    def __init__(self, every: int, look: Callable[[Any], None]) -> None:
        self._every, self._look, self._passes = every, look, 0

    def __call__(self, watched: Any, *_: Any) -> None:
        if getattr(watched, "training", True):
            self._passes += 1
            if self._passes % self._every == 0:
                _untraced(self._look)(watched)

    # torch.compile calls it between the graphs that it makes; traced, it would be compiled anew each time.
    __call__.__dict__["_torchdynamo_disable"] = True
    __call__.__dict__["_torchdynamo_disable_msg"] = "watch logs here; compile without fullgraph, or watch nothing"

    def __deepcopy__(self, memo: Any) -> _Hook:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # In a pickled model it does nothing, and needs no stepwell.
        return getattr, (nullcontext(), "__exit__")


def _untraced(look: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return what does the same and is not compiled by torch, where that compiles at all."""
    dynamo = sys.modules.get("torch._dynamo")
    return look if dynamo is None else dynamo.disable(look)


@contextmanager
def _telling(key: str) -> Iterator[None]:
    """Go on after an error, and tell it: a training is not ended by what watches it."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  whatever torch has against it
        tell(key, f"is not logged by watch: {type(error).__name__}: {error}", "the training goes on")


def _values(tensor: Any) -> Any:
    """Return real numbers of a tensor on the CPU: stored ones of a sparse one, magnitudes of complex ones."""
    tensor = tensor.detach()
    if tensor.is_sparse:
        tensor = tensor.coalesce().values()
    return (tensor.abs() if tensor.is_complex() else tensor).cpu()


def _modules(models: Any) -> Sequence[Any]:
    torch = sys.modules.get("torch")
    chosen = list(models) if isinstance(models, (list, tuple)) else [models]
    for model in chosen:
        if torch is None or not isinstance(model, torch.nn.Module):
            raise TypeError(f"watch: expected a torch.nn.Module, or several, got {type(model).__name__}")
    return chosen
