"""Histograms of the gradients and parameters of torch models, as `watch` logs them.

torch is never imported: a model of its is proof that it is imported already.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from stepwell.errors import UsageError
from stepwell.process.terminal import termwarn

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
        if isinstance(log_freq, bool) or not isinstance(log_freq, int) or log_freq < 1:
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
            if log in {"parameters", "all"}:
                hooks.append(model.register_forward_hook(self._parameters_hook(prefix, log_freq)))
            if log in {"gradients", "all"}:
                hooks += [
                    parameter.register_hook(self._gradient_hook(f"gradients/{prefix}{name}", log_freq))
                    for name, parameter in model.named_parameters()
                    if parameter.requires_grad
                ]
            self._hooks[id(model)] = model, hooks

    def remove(self, models: Any = None) -> None:
        """Watch these models, or all, no longer."""
        chosen = [model for model, _ in self._hooks.values()] if models is None else _modules(models)
        for model in chosen:
            _, hooks = self._hooks.pop(id(model), (None, []))
            for hook in hooks:
                hook.remove()

    def _gradient_hook(self, key: str, every: int) -> Callable[[Any], None]:
        passes = 0

        def hook(gradient: Any) -> None:
            nonlocal passes
            passes += 1
            if passes % every == 0:
                self._log({key: gradient})

        return hook

    def _parameters_hook(self, prefix: str, every: int) -> Callable[[Any, Any, Any], None]:
        passes = 0

        def hook(module: Any, _input: Any, _output: Any) -> None:
            nonlocal passes
            if not module.training:
                return
            passes += 1
            if passes % every == 0:
                self._log({f"parameters/{prefix}{name}": value for name, value in module.named_parameters()})

        return hook

    def _log(self, tensors: dict[str, Any]) -> None:
        """Add histograms to the row that is being collected."""
        from stepwell.media.histogram import Histogram

        if self.run.is_finished:
            return
        found = {key: _values(tensor) for key, tensor in tensors.items() if tensor is not None}
        row = {key: Histogram(values, num_bins=_BINS) for key, values in found.items() if values.numel()}
        self.run.log(row, commit=False)


def _values(tensor: Any) -> Any:
    """Return the numbers of a tensor as one on the CPU; of a sparse one those that are stored."""
    tensor = tensor.detach()
    if tensor.is_sparse:
        tensor = tensor.coalesce().values()
    return tensor.cpu()


def _modules(models: Any) -> Sequence[Any]:
    torch = sys.modules.get("torch")
    chosen = list(models) if isinstance(models, (list, tuple)) else [models]
    for model in chosen:
        if torch is None or not isinstance(model, torch.nn.Module):
            raise TypeError(f"watch: expected a torch.nn.Module, or several, got {type(model).__name__}")
    return chosen
