"""Rows from events: what is logged by key, and what could not be."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stepwell.api.columns.columns import OF_EVERY_ROW
from stepwell.imports.refusals import Refusals
from stepwell.imports.tensorboard.content import content
from stepwell.imports.tensorboard.hparams import hyperparameters

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from stepwell.imports.tensorboard.event import Event


@dataclass
class Rows:
    """What is known of the events of one directory, and what of it is left out.

    Attributes
    ----------
    left_out
        How many values were not logged because nothing shows them, by reason.
    refused
        What could not be read or stored.
    config
        Hyperparameters that its events told.
    """

    left_out: Counter[str] = field(default_factory=Counter)
    refused: Refusals = field(default_factory=Refusals)
    config: dict[str, Any] = field(default_factory=dict)
    # Many writers say what shows a tag with its first value only.
    _plugins: dict[str, str] = field(default_factory=dict)

    def row(self, event: Event) -> dict[str, Any]:
        """Return the values of an event by tag."""
        found: dict[str, Any] = {}
        for value in event.values:
            plugin = self._plugins.setdefault(value.tag, value.plugin)
            try:
                if plugin == "hparams":
                    self.config.update(hyperparameters(value.plugin_data))
                    continue
                logged = content(value, plugin)
            except Exception as error:  # noqa: BLE001  it is not what it says, whichever parser finds out
                self.refused.note(event.source, value.tag, error)
                continue
            if logged is not None:
                found[value.tag] = logged
            elif value.kind:
                self.left_out[plugin or value.kind] += 1
        return found


def with_free_names(values: Mapping[str, Any], taken: Collection[str] = OF_EVERY_ROW) -> dict[str, Any]:
    """Return values by key; a tag that is called as what every row has is `tag/NAME`, and costs neither."""
    return {f"tag/{key}" if key in taken else key: value for key, value in values.items()}
