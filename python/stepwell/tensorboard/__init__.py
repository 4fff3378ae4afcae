"""Mirror of TensorBoard: what its writers write is logged to the run, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stepwell.tensorboard.writers import Hooks

_hooks: Hooks | None = None


def patch(
    save: bool = True, tensorboard_x: bool | None = None, pytorch: bool | None = None, root_logdir: str = ""
) -> None:
    """Log what TensorBoard's writers write from now on, too, as `init(sync_tensorboard=True)` does.

    Tags become keys, and `global_step` is their x axis; the run's own steps count on by themselves. Writers
    of `torch.utils.tensorboard`, `tensorboard`, `tensorboardX` and TensorFlow are mirrored, whether they are
    imported already or later. A second call does nothing.

    Parameters
    ----------
    save, tensorboard_x, pytorch
        Accepted for scripts written for wandb, without effect.
    root_logdir
        Directory of the experiment: tags of writers below it begin with the path from there. By default the
        directory of the first writer (its parent, if it is called `train`, `validation` or alike).
    """
    global _hooks
    if _hooks is None:
        from stepwell.tensorboard import writers

        _hooks = writers.hooks(root_logdir)
        _hooks.install()


def unpatch() -> None:
    """Stop mirroring; what was written until now is logged."""
    global _hooks
    if _hooks is not None:
        _hooks.remove()
        _hooks = None


def settle() -> None:
    """Log what was written until now, also by writers that TensorFlow has not flushed yet."""
    if _hooks is not None:
        _hooks.settle()
