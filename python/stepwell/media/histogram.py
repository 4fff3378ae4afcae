"""Histograms: counts of values in bins."""

from __future__ import annotations

from itertools import pairwise
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from stepwell.media.encoding.number import whole_number
from stepwell.media.records.media import Media
from stepwell.settings.strictness import tell_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt


class Histogram(Media):
    """How often values fall in which range.

    Parameters
    ----------
    sequence
        Values of any shape: an array, a tensor, a sequence of numbers, or one number. They are binned
        natively with the GIL released, and the counts equal those of `numpy.histogram`. NaN and infinities
        are counted aside.
    np_histogram
        Instead of values, a histogram as `numpy.histogram` returns it: the counts, n of them, and n + 1
        edges. It is kept as it is given, with a warning if a count is below 0 or the edges do not rise.
    num_bins
        Number of bins for `sequence`; above 512 it is 512, with a warning.

    Attributes
    ----------
    histogram
        Counts: n integers (floats, if `np_histogram` held densities).
    bins
        Edges: n + 1 rising floats; bin i is [bins[i], bins[i + 1]), and the last one includes its right edge.

    Raises
    ------
    ValueError
        For no bins, or if the numbers of counts and edges do not match.
    TypeError
        If neither or both of `sequence` and `np_histogram` are given, or the values are no numbers.
    """

    _type = "histogram"
    MAX_LENGTH = 512

    def __init__(
        self,
        sequence: Sequence[float] | npt.ArrayLike | None = None,
        np_histogram: tuple[Any, Any] | None = None,
        num_bins: int = 64,
    ) -> None:
        if (sequence is None) == (np_histogram is None):
            raise TypeError("Histogram needs either a sequence or np_histogram, and not both")
        self.remarks: list[tuple[str, str]] = []
        if np_histogram is not None:
            self.histogram, self.bins = _given(np_histogram, self.remarks)
        else:
            self.histogram, self.bins = _binned(sequence, num_bins, self.remarks)

    def record(self, key: str) -> dict[str, Any]:
        """Return `{"_type": "histogram", "bins": edges, "values": counts}`."""
        tell_all(key, self.remarks)
        return {"_type": self._type, "bins": self.bins, "values": self.histogram}

    def __repr__(self) -> str:
        count, bins = sum(self.histogram), len(self.histogram)
        return f"Histogram({count:,} values in {bins} bins, {self.bins[0]:g} to {self.bins[-1]:g})"


def _binned(values: Any, num_bins: Any, remarks: list[tuple[str, str]]) -> tuple[list[float], list[float]]:
    from stepwell import _native
    from stepwell.media.encoding.arrays import to_array

    bins = whole_number("num_bins", num_bins)
    if bins < 1:
        raise ValueError(f"num_bins must be 1 to {Histogram.MAX_LENGTH}, not {bins}")
    if bins > Histogram.MAX_LENGTH:
        bins = Histogram.MAX_LENGTH
        remarks.append((f"has a histogram of more than {bins} bins", f"it is made with {bins}"))
    array = to_array("sequence", [values] if isinstance(values, Real) else values)
    counts, edges, _not_finite = _native.histogram(array.reshape(-1) if array.ndim == 0 else array, bins)
    return list(counts), edges


def _given(histogram: tuple[Any, Any], remarks: list[tuple[str, str]]) -> tuple[list[float], list[float]]:
    if len(histogram) != 2:
        raise ValueError(
            f"np_histogram must be (counts, edges) as numpy.histogram returns it, not {len(histogram)} parts"
        )
    counts, edges = (part.tolist() if hasattr(part, "tolist") else list(part) for part in histogram)
    if len(edges) != len(counts) + 1 or not counts:
        raise ValueError(f"{len(counts)} counts need {len(counts) + 1} edges; np_histogram has {len(edges)}")
    for name, numbers in (("counts", counts), ("edges", edges)):
        if wrong := [type(each).__name__ for each in numbers if not isinstance(each, Real)]:
            raise TypeError(f"the {name} of np_histogram are numbers; one is a {wrong[0]}")
    # Between large numbers there is no room for many edges, so numpy gives equal ones there.
    if any(count < 0 for count in counts) or not all(left <= right for left, right in pairwise(edges)):
        remarks.append(("has a histogram with counts below 0 or edges that do not rise", "it is kept as it is"))
    return [_plain(count) for count in counts], [float(edge) for edge in edges]


def _plain(count: Real) -> int | float:
    return int(count) if isinstance(count, Integral) else float(count)
