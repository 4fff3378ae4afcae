"""Table of wandb's modules, as far as real programs touch them, and of the homes of their names in stepwell.

A module is either the home of all its names, or a table of `name → home` (`home:name` where it is called
differently there); `*` is the home of every name that the table does not have.
"""

from __future__ import annotations

from types import MappingProxyType

_RUN = "stepwell.runs.run"
_MEDIUM = "stepwell.media.records.media:Media"
_MEDIA = {"Media": _MEDIUM, "WBValue": _MEDIUM, "*": "stepwell"}
_INIT = "stepwell.wandb.init"
_DISABLED = "stepwell.wandb.disabled"

_names: dict[str, str | dict[str, str]] = {
    "wandb": {"init": _INIT, "*": "stepwell"},
    "wandb.apis": {},
    "wandb.apis.public": {
        "Api": "stepwell.api.api",
        "Run": "stepwell.api.run",
        "Runs": "stepwell.api.runs",
    },
    "wandb.catboost": "stepwell.integration.catboost",
    "wandb.data_types": _MEDIA,
    "wandb.env": "stepwell.wandb.env",
    "wandb.errors": {"*": "stepwell.errors"},
    "wandb.errors.term": dict.fromkeys(("termlog", "termwarn", "termerror"), "stepwell.process.terminal"),
    "wandb.integration": {},
    "wandb.integration.catboost": "stepwell.integration.catboost",
    "wandb.integration.keras": "stepwell.integration.keras",
    "wandb.integration.lightgbm": "stepwell.integration.lightgbm",
    "wandb.integration.sb3": "stepwell.integration.sb3",
    "wandb.integration.tensorboard": "stepwell.tensorboard",
    "wandb.integration.xgboost": "stepwell.integration.xgboost",
    "wandb.keras": "stepwell.integration.keras",
    "wandb.lightgbm": "stepwell.integration.lightgbm",
    "wandb.plot": {"CustomChart": "stepwell.plot.chart:Chart", "*": "stepwell.plot"},
    "wandb.sdk": {"Summary": "stepwell.runs.summary", "init": _INIT, "*": "stepwell"},
    "wandb.sdk.artifacts": {},
    "wandb.sdk.artifacts.artifact": {"Artifact": "stepwell.files.artifact"},
    "wandb.sdk.data_types": _MEDIA,
    "wandb.sdk.data_types.base_types": {},
    "wandb.sdk.data_types.base_types.media": {"Media": _MEDIUM},
    "wandb.sdk.data_types.base_types.wb_value": {"WBValue": _MEDIUM},
    "wandb.sdk.data_types.table": {"Table": "stepwell.media.table"},
    "wandb.sdk.lib": {"RunDisabled": _DISABLED},
    "wandb.sdk.lib.config_util": {"ConfigError": "stepwell.errors"},
    "wandb.sdk.lib.disabled": {"RunDisabled": _DISABLED},
    "wandb.sdk.lib.runid": {"generate_id": "stepwell.wandb.util"},
    "wandb.sdk.wandb_alerts": {"AlertLevel": "stepwell.runs.alert"},
    "wandb.sdk.wandb_config": {"Config": "stepwell.runs.config"},
    "wandb.sdk.wandb_init": {"init": _INIT},
    "wandb.sdk.wandb_login": {"login": "stepwell"},
    "wandb.sdk.wandb_run": {"Run": _RUN, "finish": "stepwell"},
    "wandb.sdk.wandb_settings": {"Settings": "stepwell.settings.settings"},
    "wandb.sdk.wandb_setup": {"setup": "stepwell", "teardown": "stepwell"},
    "wandb.sdk.wandb_summary": {"Summary": "stepwell.runs.summary"},
    "wandb.tensorboard": "stepwell.tensorboard",
    "wandb.util": "stepwell.wandb.util",
    "wandb.wandb_run": {"Run": _RUN},
    "wandb.xgboost": "stepwell.integration.xgboost",
}
for _kind in ("audio", "histogram", "html", "image", "molecule", "plotly", "video"):
    _names[f"wandb.sdk.data_types.{_kind}"] = f"stepwell.media.{_kind}"
_names["wandb.sdk.data_types.object_3d"] = "stepwell.media.object3d"

MODULES = MappingProxyType(_names)
