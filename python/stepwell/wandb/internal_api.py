"""`wandb.api`, which programs ask for a key before they log, and `wandb.apis.internal.Api`."""

from __future__ import annotations

from typing import Any

from stepwell.errors import UnsupportedError
from stepwell.settings.foreign_settings import API_KEY
from stepwell.settings.settings_file import settings_of_process


class Api:
    """What programs ask the internal interface of wandb for; there is nobody behind it."""

    api_key = API_KEY
    is_authenticated = True

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    @property
    def default_entity(self) -> str:
        """Owner of projects that are named without one."""
        return settings_of_process({}).entity

    def settings(self, key: str | None = None, section: str | None = None) -> Any:
        """Return `entity`, `project` and `base_url`, or one of them."""
        settings = settings_of_process({})
        values = {name: getattr(settings, name) for name in ("entity", "project", "base_url")}
        return values if key is None else values.get(key)

    def viewer(self) -> dict[str, Any]:
        """Return who asks: the entity, as there are no accounts."""
        return {"entity": self.default_entity, "username": self.default_entity, "flags": "{}"}

    def set_setting(self, key: str, value: Any, globally: bool = False, persist: bool = False) -> None:
        """Do nothing: settings are arguments of `init`, variables and files."""

    def clear_setting(self, key: str, globally: bool = False, persist: bool = False) -> None:
        """Do nothing, as `set_setting`."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise UnsupportedApiError(f"the internal API of wandb has no {name!r} here; stepwell.Api reads runs")


class UnsupportedApiError(UnsupportedError, AttributeError):
    """A method of wandb's internal API that is not here."""


InternalApi = Api
api = Api()
