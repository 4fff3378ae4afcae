"""Specifications of presets, filled with columns, texts and rows; web/tests/presets/fill.ts does the same."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from stepwell.media.records.media import Media

if TYPE_CHECKING:
    from stepwell.plot.chart import Chart

# The name of the data that a specification asks for.
_DATA = "wandb"
_PLACEHOLDER = re.compile(r"\$\{(field|string):([^}]*)\}")
# What breaks the expressions that Vega-Lite makes of titles and names, and what looks the same.
_ALIKE_IN_TITLES = str.maketrans({"\\": "⧵", "\n": " ", "\r": " "})
_ALIKE = {**_ALIKE_IN_TITLES, **str.maketrans({"'": "’", '"': "”"})}
# Where a string is an expression: a column stands in quotes.
_EXPRESSIONS = frozenset({"calculate", "expr", "filter", "init", "signal", "test", "update"})
# Where a string is shown.
_TEXTS = frozenset({"description", "subtitle", "text", "title"})
# What stands for nothing: None is a value of its own.
_NOTHING = object()


def fill(
    spec: Mapping[str, Any] | str,
    chart: Chart | Mapping[str, Any],
    rows: Iterable[Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return a complete Vega or Vega-Lite specification.

    Parameters
    ----------
    spec
        Specification of a preset, as `Api().preset(name).spec` has it, or its JSON. `${field:x}` stands for
        the column that the chart names for x, `${string:title}` for a text of it; its data are named `wandb`.
    chart
        A chart, or its record as it is read back through `Api`.
    rows
        The rows of its table: dicts of cells by column. They are needed with a record; a chart has them.

    Returns
    -------
    dict
        What Vega draws. What stands for a column or a text that the chart does not name is left out, and with
        it the object that it is the `field` of. NaN, infinities and media are None.

    Raises
    ------
    TypeError
        If there are no rows, or the specification is no dict.
    """
    import json

    known = json.loads(spec) if isinstance(spec, str) else spec
    if not isinstance(known, Mapping):
        raise TypeError(f"a specification is a dict or a JSON object, not {type(known).__name__}")
    fields, texts = _named(chart)
    if rows is None:
        if isinstance(chart, Mapping):
            raise TypeError("a chart's record has no rows; pass the rows of its table as well")
        rows = [dict(zip(map(str, chart.table.columns), row, strict=True)) for row in chart.table.data]
    values = [{_column(name): _plain(cell) for name, cell in row.items()} for row in rows]
    filled: dict[str, Any] = _filled(known, "", fields, texts)
    if isinstance(filled.get("data"), list):
        filled["data"] = [
            {**source, "values": values} if isinstance(source, dict) and source.get("name") == _DATA else source
            for source in filled["data"]
        ]
        return filled
    filled.setdefault("data", {"name": _DATA})
    filled["datasets"] = {**filled.get("datasets", {}), _DATA: values}
    return filled


def _named(chart: Chart | Mapping[str, Any]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    if isinstance(chart, Mapping):
        return chart.get("fields", {}), chart.get("string_fields", {})
    return chart.fields, chart.string_fields


def _filled(value: Any, key: str, fields: Mapping[str, str], texts: Mapping[str, str]) -> Any:
    """Return a value with its placeholders filled; `key` is the key that it, or its list, stands under."""
    if isinstance(value, str):
        return _filled_text(value, key, fields, texts)
    if isinstance(value, list):
        inner = (_filled(each, key, fields, texts) for each in value)
        return [each for each in inner if each is not _NOTHING]
    if not isinstance(value, Mapping):
        return value
    filled = {name: _filled(inner, name, fields, texts) for name, inner in value.items()}
    if filled.get("field") is _NOTHING:
        return _NOTHING
    return {name: inner for name, inner in filled.items() if inner is not _NOTHING}


def _filled_text(text: str, key: str, fields: Mapping[str, str], texts: Mapping[str, str]) -> Any:
    missing = False

    def insert(match: re.Match[str]) -> str:
        nonlocal missing
        kind, name = match.groups()
        value = (fields if kind == "field" else texts).get(name)
        if value is None:
            missing = True
            return ""
        if key in _TEXTS:
            return value.translate(_ALIKE_IN_TITLES)
        if kind == "string":
            return _quotable(value) if key in _EXPRESSIONS else value
        return _column(value) if key == "as" or key in _EXPRESSIONS else _path(_column(value))

    filled = _PLACEHOLDER.sub(insert, text)
    return _NOTHING if missing and _PLACEHOLDER.fullmatch(text) else filled


def _column(name: str) -> str:
    """Return the name of a column in the data."""
    return name.translate(_ALIKE)


def _path(column: str) -> str:
    """Return a column as Vega's `field` wants it: dots and brackets are parts of the name."""
    return re.sub(r"[.\[\]]", r"\\\g<0>", column)


def _quotable(text: str) -> str:
    """Return text as it may stand between the quotes of an expression."""
    return re.sub(r"[\\'\"]", r"\\\g<0>", text).replace("\n", "\\n").replace("\r", "\\r")


def _plain(cell: Any) -> Any:
    """Return a cell as JSON has it: NaN, infinities and media are None, times and the like text."""
    from stepwell.media.records.cell import stored
    from stepwell.values.json_form import from_json

    cell = stored("table", cell)
    if isinstance(cell, Mapping):
        cell = from_json(cell) if isinstance(cell, dict) else dict(cell)
    if cell is None or isinstance(cell, (bool, int, str)):
        return cell
    if isinstance(cell, float):
        return cell if math.isfinite(cell) else None
    if isinstance(cell, list):
        return [_plain(each) for each in cell]
    if isinstance(cell, dict):
        return cell
    if isinstance(cell, Media):
        return None
    return cell.isoformat() if hasattr(cell, "isoformat") else str(cell)
