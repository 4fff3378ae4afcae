"""Arrays and tensors in the summary: the whole array in a file, with its shape and statistics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from stepwell.media.encoding.arrays import array_of, without_mask
from stepwell.media.encoding.reading import raise_with_key
from stepwell.media.records.media import Media, attach
from stepwell.settings.naming import DEPTH, contents, too_deep

if TYPE_CHECKING:
    import numpy.typing as npt

# Smaller ones are stored as lists.
_LIST_ELEMENTS = 32


class Tensor(Media):
    """An array in the summary."""

    _type = "array"

    def __init__(self, array: npt.NDArray[Any]) -> None:
        self._array = without_mask(array)

    def record(self, key: str) -> dict[str, Any]:
        """Return path, size, shape and dtype, and statistics, computed natively with the GIL released.

        These are `min max mean var std` and the percentiles `5%` to `95%`, interpolated linearly, as numpy
        has them for the array in float64. NaN are left out of them, and counted under `nan` where there are
        some.
        """
        from stepwell import _native

        array = self._array
        path = attach(_native.Content.from_array(array), "arrays", key)
        shape = list(array.shape)
        said = {"size": int(array.size), "shape": shape, "dtype": array.dtype.name}
        return {"_type": self._type, "path": path, **said, **_native.array_statistics(array)}


def with_tensors(value: Any, key: str = "", depth: int = DEPTH) -> Any:
    """Return a value for the summary in which the arrays and tensors of more than 32 numbers are `Tensor`.

    Dicts are copied as far as there are some in them; everything else, lists too, stays as it is.

    Raises
    ------
    ValueError
        If it has more than `depth` levels of dicts; it names the key.
    """
    # By its type: what pretends to be of another class may raise when asked.
    if issubclass(type(value), Mapping):
        if depth == 0:
            raise too_deep(key)
        items = contents(value) if issubclass(type(value), dict) else value.items()
        found = {name: with_tensors(inner, key, depth - 1) for name, inner in items}
        return value if all(found[name] is inner for name, inner in items) else found
    try:
        array = None if issubclass(type(value), (str, bytes, list, tuple, int, float, Media)) else array_of(value)
    except Exception as error:  # noqa: BLE001  whatever its library raises
        raise_with_key(key, value, error)
    if array is None or array.size <= _LIST_ELEMENTS or array.dtype.kind not in "biuf":
        return value
    return Tensor(array)
