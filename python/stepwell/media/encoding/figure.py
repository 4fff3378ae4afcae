"""Figures of matplotlib: found in what is logged, and drawn."""

from __future__ import annotations

from types import ModuleType
from typing import Any


def figure_of(value: Any) -> Any:
    """Return the figure of a figure, axes, `matplotlib.pyplot` or a grid of seaborn; None for all else.

    Nothing is imported: a value of matplotlib is proof that it is imported already.
    """
    if issubclass(type(value), ModuleType) and value.__name__ == "matplotlib.pyplot":
        return value.gcf()
    package = type(value).__module__.partition(".")[0]
    if package not in {"matplotlib", "mpl_toolkits", "seaborn"}:
        return None
    if hasattr(value, "savefig") and hasattr(value, "axes") and hasattr(value, "canvas"):
        return value
    figure = getattr(value, "figure", None)
    while figure is not None and not hasattr(figure, "savefig"):  # a part of a figure that has parts
        figure = figure.figure if figure.figure is not figure else None
    return figure


def pixels_of(figure: Any, remarks: list[tuple[str, str]]) -> Any:
    """Return a figure as it looks, at its own size and dpi: an array, height × width × 4, of uint8.

    The figure keeps the canvas that it has, so a window that shows it goes on. One that cannot be drawn, for
    a formula that matplotlib does not understand, is a black pixel, with a remark.
    """
    import numpy
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = figure.canvas
    try:
        drawn: Any = FigureCanvasAgg(figure)
        drawn.draw()
        return numpy.asarray(drawn.buffer_rgba())
    except Exception as error:  # noqa: BLE001  whatever an artist raises
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        remarks.append(("has a figure that matplotlib cannot draw", f"one black pixel stands for it: {reason}"))
        return numpy.zeros((1, 1), numpy.uint8)
    finally:
        figure.set_canvas(canvas)
