"""Exports of runs to files that other programs read: Parquet, CSV and JSON lines."""

from stepwell.export.comma_separated import read_csv
from stepwell.export.export import Exported, export_run
from stepwell.export.json_lines import read_jsonl
from stepwell.export.parquet import read_parquet

__all__ = ["Exported", "export_run", "read_csv", "read_jsonl", "read_parquet"]
