"""Table of wandb's modules, as far as real programs touch them, and of the homes of their names in stepwell.

A module is either the home of all its names, or a table of `name → home` (`home:name` where it is called
differently there); `*` is the home of every name that the table does not have.
"""

from __future__ import annotations

from types import MappingProxyType

from stepwell.wandb.missing import WAYS

_RUN = "stepwell.runs.run"
_MEDIUM = "stepwell.media.records.media:Media"
_INIT = "stepwell.wandb.init"
_DISABLED = "stepwell.wandb.disabled"
_TERMINAL = dict.fromkeys(("termlog", "termwarn", "termerror"), "stepwell.process.terminal")
_INTERNAL_API = "stepwell.wandb.internal_api"
_GYM = {"monitor": "stepwell.startup.gym:record_videos"}
_JUPYTER = "stepwell.wandb.jupyter"
_SETTINGS = "stepwell.settings.settings"
_UTIL = "stepwell.wandb.util"
_MISSING = "stepwell.wandb.missing"
_OWN_MEDIA = dict.fromkeys(("BoundingBoxes2D", "EvalTable", "ImageMask"), "stepwell.wandb.media")
_MEDIA = {
    **_OWN_MEDIA,
    **dict.fromkeys(("Bokeh", "PartitionedTable"), _MISSING),
    **dict.fromkeys(("Media", "WBValue"), _MEDIUM),
    "*": "stepwell",
}
_TENSORBOARD = {
    **dict.fromkeys(("TensorboardHook", "WandbHook", "log"), f"{_MISSING}:TensorboardHook"),
    "*": "stepwell.tensorboard",
}

_SKLEARN = {
    **dict.fromkeys(
        (
            "plot_classifier",
            "plot_confusion_matrix",
            "plot_feature_importances",
            "plot_precision_recall",
            "plot_roc",
        ),
        "stepwell.integration.sklearn",
    ),
    "*": f"{_MISSING}:sklearn",
}
_PUBLIC = {
    "Api": "stepwell.api.api",
    "ArtifactCollection": "stepwell.api.artifacts.catalogue:Collection",
    "File": "stepwell.api.file",
    "Files": "stepwell.api.files",
    "HistoryScan": "stepwell.api.columns.history",
    "Project": "stepwell.api.api",
    "Run": "stepwell.api.run",
    "Runs": "stepwell.api.runs",
}

_names: dict[str, str | dict[str, str]] = {
    "wandb": {
        "EvalTable": "stepwell.wandb.media",
        "InternalApi": _INTERNAL_API,
        "PublicApi": "stepwell.api.api:Api",
        "_attach": "stepwell:attach",
        "_teardown": "stepwell:teardown",
        "api": _INTERNAL_API,
        "ensure_configured": _UTIL,
        "init": _INIT,
        "join": "stepwell:finish",
        "load_ipython_extension": _JUPYTER,
        "patched": _UTIL,
        **dict.fromkeys(WAYS, _MISSING),
        "*": "stepwell",
    },
    "wandb.apis": {"InternalApi": _INTERNAL_API, "PublicApi": "stepwell.api.api:Api"},
    "wandb.apis.internal": _INTERNAL_API,
    "wandb.apis.public": _PUBLIC,
    "wandb.beta": {},
    "wandb.beta.workflows": {"*": f"{_MISSING}:workflows"},
    "wandb.catboost": "stepwell.integration.catboost",
    "wandb.cli": {},
    "wandb.cli.cli": {"*": f"{_MISSING}:cli"},
    "wandb.data_types": _MEDIA,
    "wandb.env": "stepwell.wandb.env",
    "wandb.errors": {"*": "stepwell.errors"},
    "wandb.errors.term": _TERMINAL,
    "wandb.errors.util": {},
    "wandb.fastai": {"*": f"{_MISSING}:autolog"},
    "wandb.gym": _GYM,
    "wandb.integration": {},
    "wandb.integration.catboost": "stepwell.integration.catboost",
    "wandb.integration.gym": _GYM,
    "wandb.integration.keras": "stepwell.integration.keras",
    "wandb.integration.lightgbm": "stepwell.integration.lightgbm",
    "wandb.integration.lightning": {},
    "wandb.integration.lightning.fabric": {"WandbLogger": "lightning.pytorch.loggers"},
    "wandb.integration.sb3": "stepwell.integration.sb3",
    "wandb.integration.tensorboard": _TENSORBOARD,
    "wandb.integration.xgboost": "stepwell.integration.xgboost",
    "wandb.jupyter": _JUPYTER,
    "wandb.keras": "stepwell.integration.keras",
    "wandb.lightgbm": "stepwell.integration.lightgbm",
    "wandb.old": {},
    "wandb.old.settings": {"Settings": _SETTINGS},
    "wandb.old.summary": {"Summary": "stepwell.runs.summary"},
    "wandb.plot": {"CustomChart": "stepwell.plot.chart:Chart", "*": "stepwell.plot"},
    "wandb.sdk": {"Summary": "stepwell.runs.summary", "init": _INIT, "*": "stepwell"},
    "wandb.sdk.artifacts": {},
    "wandb.sdk.artifacts.artifact": {"Artifact": "stepwell.files.artifact"},
    "wandb.sdk.artifacts.exceptions": {"ArtifactFinalizedError": "stepwell.errors"},
    "wandb.sdk.data_types": _MEDIA,
    "wandb.sdk.data_types.base_types": {},
    "wandb.sdk.data_types.base_types.media": {"Media": _MEDIUM},
    "wandb.sdk.data_types.base_types.wb_value": {"WBValue": _MEDIUM},
    "wandb.sdk.data_types.table": {"Table": "stepwell.media.table"},
    "wandb.sdk.data_types.trace_tree": {"*": f"{_MISSING}:trace_tree"},
    "wandb.sdk.integration_utils": {},
    "wandb.sdk.integration_utils.auto_logging": {"*": f"{_MISSING}:autolog"},
    "wandb.sdk.integration_utils.data_logging": {"*": f"{_MISSING}:autolog"},
    "wandb.sdk.launch": {"*": f"{_MISSING}:launch"},
    "wandb.sdk.lib": {"RunDisabled": _DISABLED},
    "wandb.sdk.internal": {},
    "wandb.sdk.internal.internal_api": _INTERNAL_API,
    "wandb.sdk.lib.apikey": {"api_key": _UTIL, "write_key": _UTIL},
    "wandb.sdk.lib.config_util": {"ConfigError": "stepwell.errors"},
    "wandb.sdk.lib.disabled": {"RunDisabled": _DISABLED},
    "wandb.sdk.lib.filesystem": {"mkdir_exists_ok": _UTIL},
    "wandb.sdk.lib.ipython": {"in_jupyter": _JUPYTER, "in_notebook": _JUPYTER},
    "wandb.sdk.lib.paths": "stepwell.wandb.paths",
    "wandb.sdk.lib.printer": {"*": f"{_MISSING}:printer"},
    "wandb.sdk.lib.runid": {"generate_id": _UTIL},
    "wandb.sdk.lib.telemetry": "stepwell.wandb.telemetry",
    "wandb.sdk.wandb_alerts": {"AlertLevel": "stepwell.runs.alert"},
    "wandb.sdk.wandb_config": {"Config": "stepwell.runs.config"},
    "wandb.sdk.wandb_init": {"init": _INIT},
    "wandb.sdk.wandb_login": {"login": "stepwell"},
    "wandb.sdk.wandb_run": {"Run": _RUN, "finish": "stepwell"},
    "wandb.sdk.wandb_settings": {"Settings": _SETTINGS},
    "wandb.sdk.wandb_setup": {
        "_setup": "stepwell:setup",
        "setup": "stepwell",
        "singleton": "stepwell:setup",
        "teardown": "stepwell",
    },
    "wandb.sdk.wandb_summary": {"Summary": "stepwell.runs.summary"},
    "wandb.integration.sklearn": _SKLEARN,
    "wandb.sklearn": _SKLEARN,
    "wandb.tensorboard": _TENSORBOARD,
    "wandb.util": _UTIL,
    "wandb.wandb_run": {"Run": _RUN},
    "wandb.xgboost": "stepwell.integration.xgboost",
}
for _kind in ("audio", "histogram", "html", "image", "molecule", "plotly", "video"):
    _names[f"wandb.sdk.data_types.{_kind}"] = f"stepwell.media.{_kind}"
_names["wandb.sdk.data_types.object_3d"] = "stepwell.media.object3d"
# Modules that are called as what is in them: `wandb.plot.line` is the function.
NAMESAKES = frozenset(
    f"wandb.plot.{_chart}"
    for _chart in ("bar", "confusion_matrix", "histogram", "line", "line_series", "pr_curve", "roc_curve", "scatter")
)
_names.update(dict.fromkeys(NAMESAKES, "stepwell.plot"))
_names["wandb.plot.custom_chart"] = _names["wandb.plot.viz"] = _names["wandb.plot"]
for _part in ("api", "artifacts", "files", "history", "projects", "runs"):
    _names[f"wandb.apis.public.{_part}"] = _PUBLIC
for _cache in ("artifacts.artifact_file_cache", "wandb_artifacts"):
    _names[f"wandb.sdk.{_cache}"] = {"get_artifact_file_cache": _UTIL, "get_artifacts_cache": _UTIL}
# What wandb supplies for other libraries, and stepwell does not.
for _library in (
    "cohere", "diffusers", "dspy", "fastai", "huggingface", "kfp", "langchain", "metaflow", "openai", "prodigy",
    "sacred", "tensorflow", "ultralytics", "yolov8",
):  # fmt: skip
    _names[f"wandb.integration.{_library}"] = {"*": f"{_MISSING}:autolog"}
# Other names of the same modules.
for _new, _old in (("wandb.wandb_lib", "wandb.sdk.lib"), ("wandb.wandb_sdk", "wandb.sdk")):
    _names.update({_new + name.removeprefix(_old): home for name, home in _names.items() if name.startswith(_old)})

MODULES = MappingProxyType(_names)
