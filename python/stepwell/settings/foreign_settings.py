"""Names of wandb's settings: those that mean one of ours, and those that scripts may pass without effect."""

from __future__ import annotations

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

_NAMES = """
allow_media_symlink allow_offline_artifacts anonymous api_key app_url_override base_url capture_loggers code_dir
config_paths console console_chunk_max_bytes console_chunk_max_seconds console_multipart credentials_file
disable_code disable_git disable_git_fork_point disable_hints disable_job_creation docker email
finish_timeout_raises git_commit git_remote git_remote_url git_root heartbeat_seconds host http_proxy https_proxy
identity_token_file ignore_globs init_timeout insecure_disable_ssl job_name job_source label_disable launch
launch_config_path login_timeout max_end_of_run_history_metrics max_end_of_run_summary_metrics notebook_name
organization program program_abspath program_relpath relogin root_dir sagemaker_disable settings_system show_colors
show_emoji show_errors show_info show_warnings start_method stop_on_fatal_error strict summary_errors
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


def is_without_effect(name: str) -> bool:
    """Whether wandb has, or had, a setting of this name that means nothing here; `_x` once was `x_x`."""
    return name in _WITHOUT_EFFECT or (name.startswith("_") and f"x{name}" in _WITHOUT_EFFECT)
