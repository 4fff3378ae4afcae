"""Figures of Plotly, and those of matplotlib that can become some."""

from __future__ import annotations

import json
import warnings
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from stepwell.media.encoding.figure import figure_of
from stepwell.media.encoding.source import Source
from stepwell.media.records.media import FileMedia

if TYPE_CHECKING:
    from stepwell.media.image import Image

_EXTENSION = "plotly.json"


class Plotly(FileMedia):
    """A figure of Plotly.

    Parameters
    ----------
    val
        A figure of Plotly; a path to a JSON file of one, kept byte for byte; or a figure or axes of
        matplotlib, or `pyplot`, that plotly can convert.

    Raises
    ------
    TypeError
        If it is none of these.
    ValueError
        If the file holds no figure, or the figure of matplotlib cannot be converted; it says why.
    FileNotFoundError
        If there is no such file.
    """

    _type = "plotly-file"
    _folder = "plotly"

    def __init__(self, val: Any) -> None:
        from stepwell import _native

        if figure_of(val) is not None:
            val = _converted(figure_of(val))
        if is_figure(val):
            import plotly.io  # type: ignore[import-not-found, import-untyped, unused-ignore]

            data = plotly.io.to_json(val, validate=False).encode()
        elif isinstance(val, (str, PurePath)):
            data = _read(Source("Plotly", val))
        else:
            raise TypeError(f"Plotly takes a figure of plotly or matplotlib, or a path, not {type(val).__name__}")
        self._content = _native.Content.from_bytes(data, _EXTENSION)

    @classmethod
    def make_plot_media(cls, val: Any) -> Plotly | Image:
        """Return what is logged of a figure of Plotly or matplotlib: see `from_matplotlib`."""
        return cls(val) if figure_of(val) is None else from_matplotlib(val)

    def _fields(self, key: str) -> dict[str, Any]:  # noqa: ARG002, RUF100  a figure has nothing to say but its file
        return {}


def is_figure(value: Any) -> bool:
    """Whether a value is a figure of Plotly."""
    return type(value).__module__.partition(".")[0] == "plotly" and hasattr(value, "to_plotly_json")


def from_matplotlib(value: Any) -> Plotly | Image:
    """Return a figure of matplotlib as one of Plotly, or as an image where it would not look the same.

    Without plotly, and for figures with something that it cannot convert, it is an image, and a warning says
    why, once for each reason. A figure with images in it is an image without a warning. `pyplot` goes on with
    a new figure after a conversion, as wandb's scripts expect: the lines of one `log` are not in the next.

    Parameters
    ----------
    value
        A figure, axes, or `matplotlib.pyplot`: its current figure.
    """
    from stepwell.media.image import Image

    figure = figure_of(value)
    if any(axes.images for axes in figure.axes):
        return Image(figure)
    try:
        return Plotly(figure)
    except ValueError as error:
        _warn_once(str(error))
        return Image(figure)


def _read(source: Source) -> bytes:
    data = source.read()
    try:
        figure = json.loads(data)
    except ValueError as error:
        raise ValueError(f"Plotly: {source.name} is not JSON: {error}") from None
    if not isinstance(figure, dict) or not isinstance(figure.get("data"), list):
        raise ValueError(f"Plotly: {source.name} holds no figure; expected an object with a list `data`")
    return data


def _converted(figure: Any) -> Any:
    """Return a figure of matplotlib as one of Plotly.

    Raises
    ------
    ValueError
        If that would lose something; it says what.
    """
    try:
        from plotly import tools  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ImportError:
        raise ValueError(
            "a figure of matplotlib needs plotly to be interactive: pip install stepwell[plotly]"
        ) from None
    obstacle = _obstacle(figure)
    if obstacle is not None:
        raise ValueError(f"Plotly cannot show {obstacle} of matplotlib")
    with warnings.catch_warnings():
        # What it warns of is either checked above or of no concern, such as the frame of a legend.
        warnings.simplefilter("ignore")
        try:
            return tools.mpl_to_plotly(figure)
        except Exception as error:  # noqa: BLE001  it meets each new version of matplotlib with errors of its own
            reason = " ".join(str(error).split())[:120]
            raise ValueError(f"plotly could not convert the figure ({type(error).__name__}: {reason})") from None


def _obstacle(figure: Any) -> str | None:
    """Return what `mpl_to_plotly` would leave out or misplace without an error."""
    if figure.images or figure.patches or getattr(figure, "subfigs", None):
        return "parts outside of axes"
    for axes in figure.axes:
        if axes.name != "rectilinear":
            return f"{axes.name} axes"
        bars = {id(bar) for bars in axes.containers for bar in bars if bar is not None}
        arrows = [text for text in axes.texts if getattr(text, "arrow_patch", None) is not None]
        for artist in (*axes.images, *axes.tables, *axes.artists, *arrows):
            return f"{type(artist).__name__} artists"
        for patch in axes.patches:
            if id(patch) not in bars:
                return f"{type(patch).__name__} patches"
        for collection in axes.collections:
            if type(collection).__name__ not in {"PathCollection", "LineCollection"}:
                return f"{type(collection).__name__} collections"
        for line in axes.lines:
            if line.get_transform().contains_branch_seperately(axes.transData) != (True, True):
                return "lines that span the axes (axhline, axvline)"
    return None


_warned: set[str] = set()


def _warn_once(reason: str) -> None:
    if reason not in _warned:
        _warned.add(reason)
        warnings.warn(f"stepwell: {reason}; it is logged as an image", RuntimeWarning, stacklevel=4)
