"""Figures of Plotly that look as the figures of matplotlib that they are made of."""

from __future__ import annotations

import sys
import warnings
from itertools import combinations
from typing import Any

from stepwell.media.encoding.figure import pixels_of

# What Plotly calls the ways from point to point.
_STEPS = {"steps": "vh", "steps-pre": "vh", "steps-mid": "hvh", "steps-post": "hv"}
# Labels of ticks that Plotly makes itself, or the converter takes along.
_KNOWN_LABELS = ("ScalarFormatter", "LogFormatter", "FixedFormatter", "FuncFormatter", "NullFormatter", "Date")
# Part of the figure that axes may share with each other: positions are rounded.
_OVERLAP = 1e-6


def plotly_figure(figure: Any) -> Any:
    """Return a figure of matplotlib as one of Plotly; `pyplot` goes on with a new one in any case.

    Raises
    ------
    ValueError
        If that would lose something; it says what.
    """
    try:
        return _converted(figure)
    finally:
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close(figure)


def _converted(figure: Any) -> Any:
    try:
        from plotly import matplotlylib  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ImportError:
        raise ValueError(
            "a figure of matplotlib needs plotly to be interactive: pip install stepwell[plotly]"
        ) from None
    renderer = _renderer(matplotlylib.PlotlyRenderer)
    with warnings.catch_warnings():
        # What it warns of is either an obstacle or of no concern, such as the frame of a legend.
        warnings.simplefilter("ignore")
        try:
            obstacle = _obstacle(figure)
            if obstacle is None:
                matplotlylib.Exporter(renderer, close_mpl=False).run(figure)
        except Exception as error:  # noqa: BLE001  it meets each new version of matplotlib with errors of its own
            reason = " ".join(str(error).split())[:120]
            raise ValueError(f"plotly could not convert the figure ({type(error).__name__}: {reason})") from None
    if obstacle is not None:
        raise ValueError(f"Plotly cannot show {obstacle} of matplotlib")
    return renderer.plotly_fig


def picture_figure(figure: Any, remarks: list[tuple[str, str]]) -> dict[str, Any]:
    """Return a figure of Plotly that shows a figure of matplotlib as a picture."""
    from base64 import b64encode

    from stepwell import _native

    pixels = pixels_of(figure, remarks)
    source = "data:image/png;base64," + b64encode(_native.Content.from_pixels(pixels).read()).decode()
    place = {"xref": "paper", "yref": "paper", "x": 0, "y": 1, "sizex": 1, "sizey": 1}
    layout = {
        "images": [{"source": source, **place}],
        "width": pixels.shape[1],
        "height": pixels.shape[0],
        "margin": dict.fromkeys("lrtb", 0),
        "xaxis": {"visible": False},
        "yaxis": {"visible": False},
    }
    return {"data": [], "layout": layout}


def _obstacle(figure: Any) -> str | None:
    """Return what the converter would leave out or misplace without an error."""
    for child in figure.get_children():
        if child is not figure.patch and child not in figure.axes and not _is_empty(child):
            return f"{type(child).__name__} outside of axes"
    for one, other in combinations([axes.get_position() for axes in figure.axes], 2):
        shared = one.intersection(one, other)
        if shared is not None and shared.width * shared.height > _OVERLAP:
            return "axes over each other (twinx, insets)"
    return next(filter(None, map(_obstacle_in, figure.axes)), None)


def _obstacle_in(axes: Any) -> str | None:
    if axes.name != "rectilinear":
        return f"{axes.name} axes"
    if not axes.get_visible() or not axes.axison:
        return "axes that are switched off"
    for axis in (axes.xaxis, axes.yaxis):
        if axis.get_scale() != "linear" and (axis.get_scale(), getattr(axis.get_transform(), "base", 0)) != ("log", 10):
            return f"{axis.get_scale()} scales"
    named = {_label(axes, each) for each in (*axes.lines, *axes.collections, *axes.containers)}
    legend = axes.get_legend()
    if legend is not None and not _names(legend) <= named:
        return "names that only the legend has"
    bars = [bar for bars in axes.containers for bar in bars if bar is not None]
    frame = (axes.patch, axes.title, axes.xaxis, axes.yaxis, legend, *axes.spines.values())
    shown = {id(part) for part in (*frame, *bars)}
    return next(filter(None, (_lost(axes, each) for each in axes.get_children() if id(each) not in shown)), None)


def _lost(axes: Any, child: Any) -> str | None:
    """Return what a part of axes is, if it would be lost or misplaced."""
    kind = type(child).__name__
    if _is_empty(child):
        return None
    if not child.get_visible():
        return f"hidden {kind} artists"
    if kind in {"Line2D", "LineCollection"}:
        if kind == "Line2D" and child.get_markevery() is not None:
            return "markers at some points only"
        is_data = child.get_transform().contains_branch_seperately(axes.transData) == (True, True)
        return None if is_data else "lines that span the axes (axhline, axvline)"
    if kind == "PathCollection" or (child in axes.texts and getattr(child, "arrow_patch", None) is None):
        return None
    return f"{kind} artists"


def _is_empty(child: Any) -> bool:
    return type(child).__name__ in {"Text", "Annotation"} and not child.get_text()


def _label(axes: Any, part: Any) -> Any:
    """Return the name of a line, points or bars: their own, or that of what they stand for."""
    own = part.get_label()
    if not str(own).startswith("_"):
        return own
    if hasattr(part, "patches"):  # those of a histogram have their name on the first one
        return part.patches[0].get_label() if part.patches else own
    return next((group.get_label() for group in axes.containers if group and group[0] is part), own)


def _names(legend: Any) -> set[str]:
    return {text.get_text() for text in legend.get_texts()}


def _renderer(base: Any) -> Any:
    """Return a renderer that keeps names, steps, bars and labels of ticks, which plotly's own does not."""

    class Renderer(base):  # type: ignore[misc]
        def open_axes(self, ax: Any, props: Any) -> None:
            super().open_axes(ax, props)
            for name, axis in (("xaxis", ax.xaxis), ("yaxis", ax.yaxis)):
                if not any(known in type(axis.get_major_formatter()).__name__ for known in _KNOWN_LABELS):
                    labels = [label.get_text() for label in axis.get_ticklabels()]
                    ticks = {"tickmode": "array", "tickvals": list(axis.get_majorticklocs()), "ticktext": labels}
                    self.plotly_fig["layout"][f"{name}{self.axis_ct}"].update(ticks)

        def open_legend(self, legend: Any, props: Any) -> None:
            super().open_legend(legend, props)
            if title := legend.get_title().get_text():
                self.plotly_fig["layout"]["legend"]["title"]["text"] = title

        def draw_marked_line(self, **props: Any) -> None:
            before = len(self.plotly_fig.data)
            super().draw_marked_line(**props)
            shape = _STEPS.get(getattr(props.get("mplobj"), "get_drawstyle", str)())
            for trace in self.plotly_fig.data[before:]:
                if props.get("mplobj") is not None:
                    self._name(trace, props["mplobj"])
                if shape is not None:
                    trace.line.shape = shape

        def draw_path_collection(self, **props: Any) -> None:
            before = len(self.plotly_fig.data)
            super().draw_path_collection(**props)
            for trace in self.plotly_fig.data[before:]:
                self._name(trace, props["mplobj"])

        def draw_bars(self, bars: Any) -> None:
            if self.x_is_mpl_date and self.bar_containers:
                raise ValueError("bars over dates")
            for container in self.bar_containers:
                self.plotly_fig.add_trace(_bars(container, self.axis_ct))
                self._name(self.plotly_fig.data[-1], container)
                self.plotly_fig["layout"]["barmode"] = "overlay"

        def _name(self, trace: Any, part: Any) -> None:
            legend = self.current_mpl_ax.get_legend()
            trace.name = _label(self.current_mpl_ax, part)
            trace.showlegend = legend is not None and trace.name in _names(legend)

    return Renderer()


def _bars(container: Any, number: int) -> dict[str, Any]:
    """Return a trace with each bar of a container where it is; `number` is that of its axes."""
    from matplotlib.colors import to_hex

    bars = container.patches
    x, y = [bar.get_x() for bar in bars], [bar.get_y() for bar in bars]
    width, height = [bar.get_width() for bar in bars], [bar.get_height() for bar in bars]
    middle_x = [at + size / 2 for at, size in zip(x, width, strict=True)]
    middle_y = [at + size / 2 for at, size in zip(y, height, strict=True)]
    trace = (
        {"orientation": "h", "x": width, "y": middle_y, "base": x, "width": height}
        if getattr(container, "orientation", None) == "horizontal"
        else {"orientation": "v", "x": middle_x, "y": height, "base": y, "width": width}
    )
    colours = [to_hex(bar.get_facecolor(), keep_alpha=True) for bar in bars]
    edges = {
        "color": [to_hex(bar.get_edgecolor(), keep_alpha=True) for bar in bars],
        "width": [bar.get_linewidth() for bar in bars],
    }
    return {
        "type": "bar",
        "xaxis": f"x{number}",
        "yaxis": f"y{number}",
        "marker": {"color": colours, "line": edges},
        **trace,
    }
