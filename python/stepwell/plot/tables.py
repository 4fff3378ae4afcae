"""Charts of a table's columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stepwell.plot.chart import Chart

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stepwell.media.table import Table


def line(
    table: Table,
    x: str,
    y: str,
    stroke: str | None = None,
    title: str | None = "",
    split_table: bool = False,
) -> Chart:
    """Join points by a line, in the order of the table's rows.

    Parameters
    ----------
    table
        The points.
    x, y
        Columns of numbers.
    stroke
        Column that tells several lines apart.
    title
        Title of the chart.
    split_table
        Show the table in a section of its own.

    Raises
    ------
    ValueError
        If the table does not have a column.
    """
    fields = {"x": x, "y": y} if stroke is None else {"x": x, "y": y, "stroke": stroke}
    return Chart(table, "wandb/line/v0", fields, {"title": title}, split_table)


def scatter(table: Table, x: str, y: str, title: str | None = "", split_table: bool = False) -> Chart:
    """Show each row of a table as a point. The parameters are those of `line`."""
    return Chart(table, "wandb/scatter/v0", {"x": x, "y": y}, {"title": title}, split_table)


def bar(table: Table, label: str, value: str, title: str | None = "", split_table: bool = False) -> Chart:
    """Show each row of a table as a bar; the other parameters are those of `line`.

    Parameters
    ----------
    label
        Column with the names of the bars.
    value
        Column with their lengths.
    """
    return Chart(table, "wandb/bar/v0", {"label": label, "value": value}, {"title": title}, split_table)


def histogram(table: Table, value: str, title: str | None = "", split_table: bool = False) -> Chart:
    """Count how many values of a column fall in which range; the chart makes the bins.

    `value` is a column of numbers with a row per value; the other parameters are those of `line`.
    """
    return Chart(table, "wandb/histogram/v0", {"value": value}, {"title": title}, split_table)


def plot_table(
    vega_spec_name: str,
    data_table: Table,
    fields: Mapping[str, Any],
    string_fields: Mapping[str, Any] | None = None,
    split_table: bool = False,
) -> Chart:
    """Draw a table by any preset, also one of your own.

    Parameters
    ----------
    vega_spec_name
        Name of the preset, `owner/name`. It need not exist yet: it is looked up when the chart is looked at.
    data_table
        What is drawn.
    fields
        Which column stands for which field of the preset. A `title` that is no column counts as a text, as
        wandb's own example has it.
    string_fields
        Texts of the preset.
    split_table
        Show the table in a section of its own.

    Raises
    ------
    ValueError
        If the table does not have a column.
    TypeError
        If `data_table` is no Table.
    """
    columns, texts = dict(fields), dict(string_fields or {})
    if "title" in columns and columns["title"] not in getattr(data_table, "columns", ()):
        texts.setdefault("title", columns.pop("title"))
        columns.pop("title", None)
    return Chart(data_table, vega_spec_name, columns, texts, split_table)


def visualize(id: str, value: Table) -> Chart:  # noqa: A002  wandb's name
    """Draw a table by the preset `id`, which takes its columns by their names."""
    return Chart(value, id, {column: column for column in map(str, getattr(value, "columns", ()))})
