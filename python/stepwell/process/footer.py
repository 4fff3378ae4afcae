"""Table at the end of a run: each metric as a sparkline, and its last value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LEVELS = "▁▂▃▄▅▆▇█"
_MOST_KEYS = 30
_MOST_CHARS = 60


def footer(history: Mapping[str, Sequence[float]], summary: Mapping[str, Any]) -> str:
    """Return a table of sparklines and one of last values, at most 30 keys each; empty without any.

    Parameters
    ----------
    history
        A few numbers per key, in order.
    summary
        The summary of the run. Typed values (media) and keys that begin with `_` are left out.
    """
    lines = {key: sparkline(points) for key, points in history.items() if len(points) > 1 and not key.startswith("_")}
    values = {key: short(value) for key, value in summary.items() if _is_shown(key, value)}
    parts = [_table("Run history:", lines), _table("Run summary:", values)]
    return "\n".join(part for part in parts if part)


def sparkline(points: Sequence[float]) -> str:
    """Return one character per point, as high as the point lies between the least and the greatest."""
    least, greatest = min(points), max(points)
    # Halves, because the difference of the largest floats is no float.
    width = greatest / 2 - least / 2
    if width == 0:
        return _LEVELS[0] * len(points)
    return "".join(_LEVELS[round((point / 2 - least / 2) / width * (len(_LEVELS) - 1))] for point in points)


def short(value: object) -> str:
    """Return a value in one short line."""
    text = f"{value:.5g}" if isinstance(value, float) else str(value).replace("\n", " ")
    return text if len(text) <= _MOST_CHARS else text[: _MOST_CHARS - 1] + "…"


def _is_shown(key: str, value: object) -> bool:
    return not key.startswith("_") and not isinstance(value, (dict, list)) and value is not None


def _table(title: str, cells: Mapping[str, str]) -> str:
    if not cells:
        return ""
    shown = sorted(cells)[:_MOST_KEYS]
    width = max(map(len, shown))
    rows = [f"  {key.rjust(width)} {cells[key]}" for key in shown]
    if len(cells) > len(shown):
        rows.append(f"  … and {len(cells) - len(shown)} more")
    return "\n".join([title, *rows])
