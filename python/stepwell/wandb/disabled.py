"""`RunDisabled`: the class by which wandb's clients recognise a run that keeps nothing."""

from __future__ import annotations

from stepwell.runs.run import Run


class _Disabled(type):
    """Counts every `Run` that is disabled as an instance."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Run) and instance.disabled


class RunDisabled(metaclass=_Disabled):
    """What `isinstance(wandb.run, RunDisabled)` asks for; nothing is ever made from it."""
