"""Reads a log with wandb's own reader: `python read.py RUN.wandb DATASTORE > expected.json`.

wandb 0.31.0 has no reader in Python any more. So the framing is read by `wandb/sdk/internal/datastore.py` of
wandb 0.19.11, whose path is DATASTORE, and the messages by the generated classes of the installed wandb.
"""

import importlib.util
import json
import sys
from typing import Any

import wandb
from wandb.proto import wandb_internal_pb2


def place(values: dict[str, Any], item: Any) -> tuple[dict[str, Any], str]:
    *above, last = list(item.nested_key) or [item.key]
    for key in above:
        values = values.setdefault(key, {})
    return values, last


def put(values: dict[str, Any], items: Any) -> None:
    for item in items:
        inner, last = place(values, item)
        inner[last] = json.loads(item.value_json)


def change(values: dict[str, Any], record: Any) -> None:
    put(values, record.update)
    for item in record.remove:
        inner, last = place(values, item)
        inner.pop(last, None)


wandb._assert_is_internal_process = True
spec = importlib.util.spec_from_file_location("datastore", sys.argv[2])
datastore = importlib.util.module_from_spec(spec)
spec.loader.exec_module(datastore)
store = datastore.DataStore()
store.open_for_scan(sys.argv[1])
found: dict[str, Any] = {"config": {}, "summary": {}, "rows": [], "metrics": [], "files": []}
while (data := store.scan_data()) is not None:
    record = wandb_internal_pb2.Record()
    record.ParseFromString(data)
    kind = record.WhichOneof("record_type")
    if kind == "run":
        run = record.run
        for name in ("run_id", "entity", "project", "display_name", "notes", "run_group", "job_type"):
            found[name] = getattr(run, name)
        found["tags"] = list(run.tags)
        found["start"] = run.start_time.seconds + run.start_time.nanos / 1e9
        change(found["config"], run.config)
        change(found["summary"], run.summary)
    elif kind == "config":
        change(found["config"], record.config)
    elif kind == "summary":
        change(found["summary"], record.summary)
    elif kind == "history":
        row: dict[str, Any] = {}
        put(row, record.history.item)
        found["rows"].append({"step": record.history.step.num, "values": row})
    elif kind == "metric":
        metric = record.metric
        found["metrics"].append(
            {
                "name": metric.name or metric.glob_name,
                "step_metric": metric.step_metric or None,
                "step_sync": metric.options.step_sync or None,
                "hidden": metric.options.hidden or None,
                "summary": [field.name for field, _ in metric.summary.ListFields()],
            }
        )
    elif kind == "files":
        found["files"] += [file.path for file in record.files.files]
    elif kind == "exit":
        found["exit_code"] = record.exit.exit_code
json.dump(found, sys.stdout, indent=1, sort_keys=True)
