"""Several lines in one chart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from stepwell.plot.chart import Chart


def line_series(
    xs: Iterable[Any],
    ys: Iterable[Iterable[Any]],
    keys: Iterable[Any] | None = None,
    title: str | None = "",
    xname: str | None = "x",
    split_table: bool = False,
) -> Chart:
    """Draw several lines.

    Parameters
    ----------
    xs
        One sequence of x values for all lines, or one for each.
    ys
        One sequence of y values per line, as long as its x values. Of a line that has more of one than of the
        other, the rest is left out, with a warning when the chart is logged.
    keys
        Names of the lines; `line_0`, `line_1`, … by default.
    title
        Title of the chart.
    xname
        Title of the x axis.
    split_table
        Show the table in a section of its own.

    Raises
    ------
    ValueError
        If the numbers of lines do not match; it names both.
    """
    from stepwell.media.table import Table

    lines = [list(_plain(y)) for y in _plain(ys)]
    shared = list(_plain(xs))
    each = [list(_plain(x)) for x in shared] if shared and _is_sequence(shared[0]) else [shared] * len(lines)
    names = [f"line_{index}" for index in range(len(lines))] if keys is None else list(map(str, keys))
    if len(each) != len(lines):
        raise ValueError(f"line_series: there are {len(each)} sequences of x values and {len(lines)} of y values")
    if len(names) != len(lines):
        raise ValueError(f"line_series: there are {len(names)} keys and {len(lines)} lines")
    rows = [
        [step, name, value]
        for name, x, y in zip(names, each, lines, strict=True)
        for step, value in zip(x, y, strict=False)
    ]
    table = Table(columns=["step", "lineKey", "lineVal"], data=rows, allow_mixed_types=True)
    fields = {"step": "step", "lineKey": "lineKey", "lineVal": "lineVal"}
    chart = Chart(table, "wandb/lineseries/v0", fields, {"title": title, "xname": xname}, split_table)
    for name, x, y in zip(names, each, lines, strict=True):
        if len(x) != len(y):
            remedy = f"the rest is left out: it has {len(x)} x values and {len(y)} y values"
            chart.remarks.append((f"has a line {name!r} with other x than y values", remedy))
    return chart


def _plain(values: Any) -> Iterable[Any]:
    """Return what can be iterated over: an array or a tensor as lists, in which numbers are Python's."""
    if hasattr(values, "detach"):
        values = values.detach().cpu()
    found: Iterable[Any] = values.tolist() if hasattr(values, "tolist") else values
    return found


def _is_sequence(value: Any) -> bool:
    return isinstance(value, (Sequence, Iterable)) and not isinstance(value, (str, bytes))
