"""Media of wandb that are others here: `EvalTable` is a `Table`, and parts of images are dicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stepwell.media.table import Table


class EvalTable(Table):
    """A `Table`; what its columns are for has no effect.

    Parameters
    ----------
    columns, data, rows, dataframe, arguments, named
        As of a `Table`; the columns are by default those below, one after the other.
    input_columns, output_columns, score_columns
        Names of columns.
    backend, unsupported_media_mode
        Accepted for scripts written for wandb, without effect.
    """

    def __init__(
        self,
        columns: Sequence[str | int] | None = None,
        data: Any = None,
        rows: Any = None,
        dataframe: Any = None,
        *arguments: Any,
        input_columns: Sequence[str] | None = None,
        output_columns: Sequence[str] | None = None,
        score_columns: Sequence[str] | None = None,
        backend: str | None = None,
        unsupported_media_mode: str | None = None,
        **named: Any,
    ) -> None:
        said = [*(input_columns or ()), *(output_columns or ()), *(score_columns or ())]
        super().__init__(columns or said or None, data, rows, dataframe, *arguments, **named)


class BoundingBoxes2D(dict[str, Any]):
    """A set of boxes.

    Parameters
    ----------
    val
        `{"box_data": …, "class_labels": …}`.
    key
        Accepted for scripts written for wandb, without effect: the key in `boxes` is its name.
    """

    def __init__(self, val: Mapping[str, Any], key: str = "") -> None:
        super().__init__(val)


class ImageMask(BoundingBoxes2D):
    """A set of masks: `{"mask_data": …, "class_labels": …}`."""
