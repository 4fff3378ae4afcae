"""An independent reader of Stepwell's formats in pure Python, simple, to test the first one.

It is written from the format descriptions and shares no code with the product but the protobuf messages.
Invariants of the formats that it checks are cited where they are checked; what it finds wrong is a
`Violation`.
"""

from tests.decoder.entries import (
    Config,
    Entry,
    Exit,
    Info,
    Lost,
    Metric,
    Open,
    Row,
    SummaryValues,
    merged_rows,
    read_payload,
)
from tests.decoder.frame import Frame, FrameHeader, Violation, build_frame, read_frame

__all__ = [
    "Config",
    "Entry",
    "Exit",
    "Frame",
    "FrameHeader",
    "Info",
    "Lost",
    "Metric",
    "Open",
    "Row",
    "SummaryValues",
    "Violation",
    "build_frame",
    "merged_rows",
    "read_frame",
    "read_payload",
]
