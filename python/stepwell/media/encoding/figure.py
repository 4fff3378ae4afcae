"""Figures of matplotlib: found in what is logged, and drawn."""

from __future__ import annotations

from typing import Any


def figure_of(value: Any) -> Any:
    """Return the figure of a figure, axes, `matplotlib.pyplot` or a grid of seaborn; None for all else.

    Nothing is imported: a value of matplotlib is proof that it is imported already.
    """
    if getattr(value, "__name__", "") == "matplotlib.pyplot":
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


def pixels_of(figure: Any) -> Any:
    """Return a figure as it looks, at its own size and dpi: an array, height × width × 4, of uint8.

    The figure keeps the canvas that it has, so a window that shows it goes on.
    """
    import numpy
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = figure.canvas
    try:
        drawn: Any = FigureCanvasAgg(figure)
        drawn.draw()
        return numpy.asarray(drawn.buffer_rgba())
    finally:
        figure.set_canvas(canvas)
