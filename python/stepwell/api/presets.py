"""Presets of charts: how a table becomes a picture, saved by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stepwell.proto.v1 import manage_pb2

if TYPE_CHECKING:
    from stepwell.api.server.connection import Connection

_TYPES = ("vega2",)
_ACCESS = ("private", "public")


@dataclass(frozen=True)
class Preset:
    """How a table becomes a chart.

    Attributes
    ----------
    name
        `owner/name`; those of the owner `wandb` come with Stepwell and stay as they are.
    title
        Title for people.
    saved_at
        When it was saved, in seconds since 1970; 0 for those that come with Stepwell.
    spec
        Specification of Vega or Vega-Lite. `${field:x}` stands for the column that a chart names for x,
        `${string:title}` for a text of it; its data are named `wandb`. `stepwell.plot.fill` completes it. In
        a list of presets it is empty.
    """

    name: str
    title: str
    saved_at: float
    spec: dict[str, Any]


class PresetCalls:
    """The part of `Api` that knows presets."""

    _connection: Connection

    def presets(self, owner: str | None = None) -> list[Preset]:
        """Return all presets, or those of `owner`, by name and without their specifications."""
        reply = self._connection.manage("ListPresets", manage_pb2.ListPresetsRequest(owner=owner or ""))
        return [_preset(each) for each in reply.presets]

    def preset(self, name: str) -> Preset:
        """Return one preset.

        Parameters
        ----------
        name
            `owner/name`.

        Raises
        ------
        CommError
            If there is none of this name, or the server cannot be reached.
        """
        return _preset(self._connection.manage("GetPreset", manage_pb2.GetPresetRequest(name=name)))

    def save_preset(self, name: str, spec: Mapping[str, Any] | str, title: str = "") -> Preset:
        """Save a preset, in place of one of the same name. Charts that name it are drawn by it from now on.

        Parameters
        ----------
        name
            `owner/name` of letters, digits, `-`, `_` and `.`, with up to two more parts, such as a version.
        spec
            Specification of Vega or Vega-Lite, a dict or its JSON; 1 MiB at most.
        title
            Title for people; 200 characters at most.

        Raises
        ------
        TypeError
            If the specification is neither, or holds what JSON cannot.
        CommError
            If the name or the specification is not allowed, or the server cannot be reached.
        """
        preset = manage_pb2.Preset(name=name, title=title, spec=_json(name, spec))
        return _preset(self._connection.manage("PutPreset", preset))

    def create_custom_chart(
        self,
        entity: str,
        name: str,
        display_name: str,
        spec_type: str,
        access: str,
        spec: str | Mapping[str, Any],
    ) -> str:
        """Save a preset under `entity/name`, by wandb's name for it; see `save_preset`.

        Parameters
        ----------
        entity, name
            Its owner and its name.
        display_name
            Title for people.
        spec_type
            `vega2`.
        access
            `private` or `public`; everybody who can read the directory or the server can read it either way.
        spec
            Specification of Vega or Vega-Lite, a dict or its JSON.

        Returns
        -------
        str
            `entity/name`, which `plot_table` takes.

        Raises
        ------
        ValueError
            If the type or the access is none of these.
        TypeError, CommError
            As `save_preset`.
        """
        if spec_type not in _TYPES:
            raise ValueError(f"spec_type must be {_TYPES[0]!r}, not {spec_type!r}")
        if str(access).lower() not in _ACCESS:
            raise ValueError(f"access must be 'private' or 'public', not {access!r}")
        return self.save_preset(f"{entity}/{name}", spec, display_name).name

    def delete_preset(self, name: str) -> None:
        """Remove a preset that somebody saved. Charts that name it stay; their tables can be read.

        Raises
        ------
        CommError
            If there is none of this name, it came with Stepwell, or the server cannot be reached.
        """
        self._connection.manage("DeletePreset", manage_pb2.DeletePresetRequest(name=name))


def _json(name: str, spec: Mapping[str, Any] | str) -> str:
    if isinstance(spec, str):
        return spec
    if not isinstance(spec, Mapping):
        raise TypeError(f"the specification of the preset {name!r} is a dict or JSON, not {type(spec).__name__}")
    try:
        return json.dumps(spec, ensure_ascii=False, allow_nan=False, indent=2)
    except (TypeError, ValueError) as error:
        raise TypeError(f"the specification of the preset {name!r} cannot be JSON: {error}") from None


def _preset(message: manage_pb2.Preset) -> Preset:
    spec = json.loads(message.spec) if message.spec else {}
    return Preset(message.name, message.title, message.saved_us / 1e6, spec)
