"""Media in values of other libraries: figures of plotly and matplotlib, pictures of Pillow."""

from __future__ import annotations

import sys
from typing import Any

from stepwell.media.encoding.arrays import has
from stepwell.media.records.media import Media

# What is logged most often of all that is no medium is a loss that is still a tensor.
_TENSORS = frozenset({"torch", "jax", "jaxlib", "tensorflow"})


def recognised(value: Any) -> Media | None:
    """Return media as they are, other libraries' as what is logged of them, and None for all else."""
    # Of its type only: what pretends to be of another class may raise when asked.
    if issubclass(type(value), Media):
        found: Media = value
        return found
    if type(value).__module__.partition(".")[0] in _TENSORS:
        return None
    # What is imported here is so only once a value may need it: `init` is quick.
    if type(value).__module__.startswith("plotly.") and has(value, "to_plotly_json"):
        from stepwell.media.plotly import Plotly

        return Plotly(value)
    if is_any(value, ("PIL.Image", "Image")):
        from stepwell.media.image import Image

        return Image(value)
    if "matplotlib" in sys.modules:
        from stepwell.media.encoding.figure import figure_of

        if figure_of(value) is not None:
            from stepwell.media.plotly import from_matplotlib

            return from_matplotlib(value)
    return None


def is_any(value: Any, *types: tuple[str, str]) -> bool:
    """Whether a value is of a type that is named by module and name, without importing the module."""
    found = (getattr(sys.modules.get(module), name, None) for module, name in types)
    return any(issubclass(type(value), kind) for kind in found if kind is not None)
