"""Figures of Plotly, and those of matplotlib that can become some."""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from stepwell.media.encoding.figure import figure_of
from stepwell.media.encoding.plotly_figure import picture_figure, plotly_figure
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
        matplotlib, or `pyplot`. One that plotly cannot convert becomes a figure that is a picture of it, with
        a warning when it is logged.

    Raises
    ------
    TypeError
        If it is none of these.
    ValueError
        If the file holds no figure.
    FileNotFoundError
        If there is no such file.
    """

    _type = "plotly-file"
    _folder = "plotly"
    remarks: list[tuple[str, str]]

    def __init__(self, val: Any) -> None:
        from stepwell import _native

        self.remarks = []
        figure = figure_of(val)
        if figure is not None:
            try:
                val = plotly_figure(figure)
            except ValueError as error:
                self.remarks.append((f"is a picture in a figure of Plotly: {error}", "it looks the same"))
        if is_figure(val):
            import plotly.io  # type: ignore[import-not-found, import-untyped, unused-ignore]

            data = plotly.io.to_json(val, validate=False).encode()
        elif figure is not None:
            data = json.dumps(picture_figure(figure, self.remarks)).encode()
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
    why when it is logged, once for each reason. `pyplot` goes on with a new figure, as wandb's scripts
    expect: the lines of one `log` are not in the next. A figure with images in it is an image without a
    warning, and stays.

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
        return Plotly(plotly_figure(figure))
    except ValueError as error:
        image = Image(figure)
        image.remarks.append((f"is logged as an image: {error}", "it looks the same"))
        return image


def _read(source: Source) -> bytes:
    data = source.read()
    try:
        figure = json.loads(data)
    except ValueError as error:
        raise ValueError(f"Plotly: {source.name} is not JSON: {error}") from None
    if not isinstance(figure, dict) or not isinstance(figure.get("data"), list):
        raise ValueError(f"Plotly: {source.name} holds no figure; expected an object with a list `data`")
    return data
