"""Names of wandb's settings: those that mean one of ours, and those that are set and read without effect."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from stepwell.settings.naming import page

if TYPE_CHECKING:
    from stepwell.settings.settings import Settings

# What another name of a setting means.
EQUIVALENT = {
    "run_group": "group",
    "run_id": "id",
    "run_job_type": "job_type",
    "run_name": "name",
    "run_notes": "notes",
    "run_tags": "tags",
    "tensorboard": "sync_tensorboard",
    "x_label": "label",
}
# Names of wandb's under which a process says that it does not decide how the run ends.
DECIDES = ("x_primary", "x_primary_node", "x_update_finish_state")
# What a program finds that looks for a key before it logs: nobody asks for one. As long as wandb's.
API_KEY = "stepwell-needs-no-key".ljust(40, "-")

_NAMES = """
allow_media_symlink allow_offline_artifacts anonymous api_key app_url_override azure_account_url_to_access_key base_url
capture_loggers code_dir stop_fn
console console_chunk_max_bytes console_chunk_max_seconds console_multipart credentials_file
disable_code disable_git disable_git_fork_point disable_hints disable_job_creation docker email
finish_timeout_raises git_commit git_remote git_remote_url git_root heartbeat_seconds host http_proxy https_proxy
identity_token_file ignore_globs init_timeout insecure_disable_ssl job_name job_source label_disable launch
launch_config_path login_timeout max_end_of_run_history_metrics max_end_of_run_summary_metrics notebook_name
organization program program_abspath program_relpath relogin resumed root_dir sagemaker_disable settings_system
show_colors show_emoji show_errors show_info show_warnings start_method stop_on_fatal_error strict summary_errors
summary_timeout summary_warnings sweep_id sweep_param_path symlink table_raise_on_max_row_limit_exceeded
use_dot_wandb username x_cli_only_mode x_disable_machine_info x_disable_meta x_disable_service
x_disable_setproctitle x_disable_stats x_disable_update_check x_disable_viewer x_executable x_extra_http_headers
x_file_stream_buffer x_file_stream_retry_max x_file_stream_retry_wait_max_seconds
x_file_stream_retry_wait_min_seconds x_file_stream_timeout_seconds x_file_stream_transmit_interval
x_file_transfer_retry_max x_file_transfer_retry_wait_max_seconds x_file_transfer_retry_wait_min_seconds
x_file_transfer_timeout_seconds x_files_dir x_flow_control_custom x_flow_control_disabled x_graphql_retry_max
x_graphql_retry_wait_max_seconds x_graphql_retry_wait_min_seconds x_graphql_timeout_seconds x_internal_check_process
x_internal_queue_timeout x_jupyter_name x_jupyter_path x_jupyter_root x_live_policy_rate_limit
x_live_policy_wait_time x_log_level x_network_buffer x_noop x_offline x_platform x_proxies x_python
x_require_core x_require_service x_runqueue_item_id x_save_requirements x_server_side_derived_summary
x_service_transport x_service_wait x_skip_transaction_log x_start_datetime x_start_time x_stats_buffer_size
x_stats_cpu_count x_stats_cpu_logical_count x_stats_disk_paths x_stats_gpu_count x_stats_gpu_device_ids
x_stats_gpu_type x_stats_join_assets x_stats_neuron_monitor_config_path x_stats_open_metrics_endpoints
x_stats_open_metrics_filters x_stats_pid x_stats_sample_rate_seconds x_stats_samples_to_average
x_stats_sampling_interval x_stats_track_process_tree x_sync x_tmp_code_dir x_tracelog x_unsaved_keys
"""
_WITHOUT_EFFECT = frozenset(_NAMES.split())
# What wandb's settings are where nobody has set them; all others are None.
_DEFAULTS = MappingProxyType(
    {
        "console": "off",
        "deployment": "local",
        "init_timeout": 90.0,
        "summary_timeout": 60,
        "sweep_url": None,
        "resumed": False,
        "x_primary": True,
        "x_update_finish_state": True,
        **dict.fromkeys(("_aws_lambda", "_colab", "_kaggle", "_shared", "_windows"), False),
        **dict.fromkeys(("show_errors", "show_info", "show_warnings", "symlink"), True),
    }
)
# What follows from our settings.
_DERIVED: MappingProxyType[str, Callable[[Settings], Any]] = MappingProxyType(
    {
        "_jupyter": lambda _: "ipykernel" in sys.modules,
        "_notebook": lambda _: "ipykernel" in sys.modules,
        "api_key": lambda _: API_KEY,
        "app_url": lambda own: own.url or "",
        "base_url": lambda own: own.url or "",
        "files_dir": lambda own: str(own.directory / "files"),
        "host": lambda _: _host(),
        "is_local": lambda _: True,
        "log_dir": lambda own: str(own.directory),
        "program": lambda _: sys.argv[0] if sys.argv else "",
        "project_url": lambda own: page(own.destination, own.entity, own.project),
        "root_dir": lambda own: str(own.directory.parent),
        "run_mode": lambda own: "run" if own.destination else "offline-run",
        "run_url": lambda own: own.id and page(own.destination, own.entity, own.project, "runs", own.id, "charts"),
        "settings": lambda own: own,
        "sync_dir": lambda own: str(own.directory),
        "username": lambda own: own.entity,
        "wandb_dir": lambda own: str(own.directory),
        "x_noop": lambda own: own.mode == "disabled",
        "x_offline": lambda own: own.mode == "offline",
    }
)


def is_foreign(name: str) -> bool:
    """Whether this is one of wandb's settings, now or perhaps in a later version; `_x` once was `x_x`."""
    return name in EQUIVALENT or name.startswith("x_") or name in _WITHOUT_EFFECT or _is_old(name)


def read_foreign(own: Settings, name: str) -> Any:
    """Return what a setting of wandb's is that nobody has set."""
    name = f"x{name}" if _is_old(name) else name
    if name in _DERIVED:
        return _DERIVED[name](own)
    if name in _DEFAULTS or is_foreign(name):
        return _DEFAULTS.get(name)
    raise AttributeError(f"Settings has no {name!r}")


def _is_old(name: str) -> bool:
    return name.startswith("_") and f"x{name}" in _WITHOUT_EFFECT


def _host() -> str:
    import socket

    return socket.gethostname()
