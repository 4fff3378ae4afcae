"""`WandbCallback` for Stable-Baselines3, with the parameters of wandb's."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from stable_baselines3.common.callbacks import BaseCallback  # type: ignore[import-not-found, import-untyped, unused-ignore]

from stepwell.process import session


class WandbCallback(BaseCallback):  # type: ignore[misc]
    """Puts the algorithm's parameters into the config, watches the policy, and saves the model.

    Metrics come from the algorithm's own TensorBoard writer: `init(sync_tensorboard=True)` and
    `tensorboard_log=`.

    Parameters
    ----------
    verbose
        As of every callback.
    model_save_path
        Folder for `model.zip`, which is also saved with the run; None saves no model.
    model_save_freq
        Save it every so many calls; 0 saves it at the end only.
    gradient_save_freq
        Log histograms of the policy every so many batches; 0 logs none.
    log
        Which: `gradients`, `parameters`, `all`, or None.

    Raises
    ------
    Error
        If there is no run.
    ValueError
        If there is a `model_save_freq` and no `model_save_path`, or `log` is something else.
    """

    def __init__(
        self,
        verbose: int = 0,
        model_save_path: str | None = None,
        model_save_freq: int = 0,
        gradient_save_freq: int = 0,
        log: Literal["gradients", "parameters", "all"] | None = "all",
    ) -> None:
        super().__init__(verbose)
        self._run = session.current("WandbCallback()")
        if model_save_freq and model_save_path is None:
            raise ValueError("WandbCallback: model_save_freq needs model_save_path, the folder to save the model in")
        if log not in ("gradients", "parameters", "all", None):
            raise ValueError(f"WandbCallback: log must be gradients, parameters, all or None, not {log!r}")
        self._folder = None if model_save_path is None else Path(model_save_path)
        self._save_freq = model_save_freq
        self._gradient_freq = gradient_save_freq
        self._log = log

    def save_model(self) -> None:
        """Save the model in its folder and with the run."""
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / "model.zip"
            self.model.save(path)
            self._run.save(str(path), base_path=str(self._folder))

    def _init_callback(self) -> None:
        known: dict[str, Any] = {"algo": type(self.model).__name__}
        for name, value in vars(self.model).items():
            known[name] = value if isinstance(value, (int, float, str, bool)) else str(value)
        self._run.config.setdefaults(known)
        if self._gradient_freq > 0:
            self._run.watch(self.model.policy, log_freq=self._gradient_freq, log=self._log)

    def _on_step(self) -> bool:
        if self._save_freq > 0 and self.n_calls % self._save_freq == 0:
            self.save_model()
        return True

    def _on_training_end(self) -> None:
        self.save_model()
