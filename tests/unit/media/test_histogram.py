"""`Histogram`: its arguments, and counts that equal those of numpy."""

import math
import warnings
from typing import Any

import numpy as np
import pytest

from stepwell import Histogram


def test_values_are_counted_as_numpy_counts_them():
    values = np.random.default_rng(3).normal(size=10_000).astype(np.float32)
    histogram = Histogram(values)
    counts, edges = np.histogram(values, bins=64)
    assert histogram.histogram == counts.tolist()
    assert histogram.bins == edges.astype(float).tolist()
    assert histogram.record("k") == {"_type": "histogram", "bins": histogram.bins, "values": histogram.histogram}


@pytest.mark.parametrize("value", [5, 5.0, np.float32(5), np.array(5), np.int64(5)], ids=repr)
def test_one_number_is_a_histogram_too(value: Any):
    counts, edges = np.histogram([5.0], bins=8)
    histogram = Histogram(value, num_bins=np.int64(8))
    assert (histogram.histogram, histogram.bins) == (counts.tolist(), edges.tolist())


@pytest.mark.parametrize(
    ("counts", "edges"),
    [([1, 2], [0.0, 2.0, 1.0]), ([1, 2], [0.0, math.nan, 1.0]), ([-1], [0.0, 1.0]), ([2, 0], [5.0, 5.0, 5.0])],
)
def test_a_histogram_that_is_none_stays_as_it_is(counts: list[int], edges: list[float]):
    histogram = Histogram(np_histogram=(counts, edges))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        record = histogram.record("k")
    assert repr((record["values"], record["bins"])) == repr((counts, edges))
    assert ["'k' has a histogram" in str(each.message) for each in said] == [True] * (edges != [5.0, 5.0, 5.0])


def test_more_bins_than_there_may_be_are_as_many_as_possible():
    histogram = Histogram(range(5), num_bins=1000)
    with pytest.warns(RuntimeWarning, match=r"'fine'.*more than 512 bins"):
        assert len(histogram.record("fine")["values"]) == 512
    given = Histogram(np_histogram=([1] * 600, range(601)))
    assert len(given.record("given")["values"]) == 600, "what is binned already stays as it is"


@pytest.mark.parametrize("values", [[1, 2, 2, 3], (1.0, 2.0), range(100), [[1, 2], [3, 4]], np.eye(3)], ids=repr)
def test_any_form_of_numbers_is_accepted(values: Any):
    assert sum(Histogram(values, num_bins=4).histogram) == np.asarray(list(values)).size


def test_a_histogram_of_numpy_is_kept_as_it_is():
    made = np.histogram([1, 2, 2, 3], bins=3)
    histogram = Histogram(np_histogram=made)
    assert (histogram.histogram, histogram.bins) == (made[0].tolist(), made[1].tolist())
    assert repr(histogram) == "Histogram(4 values in 3 bins, 1 to 3)"


@pytest.mark.parametrize(
    ("given", "counts", "bins"),
    [
        (([1, 2], [0, 1, 3]), [1, 2], [0.0, 1.0, 3.0]),
        (([np.int64(1), np.float32(0.5)], (0, 1, 3)), [1, 0.5], [0.0, 1.0, 3.0]),
        ((np.array([0.25, 0.75]), np.array([0.0, 1.0, 2.0])), [0.25, 0.75], [0.0, 1.0, 2.0]),
        # Between large numbers numpy gives equal edges.
        (([1, 0], [1e17, 1e17, 1e17]), [1, 0], [1e17, 1e17, 1e17]),
    ],
)
def test_counts_and_edges_of_any_form_are_kept(given: Any, counts: list[float], bins: list[float]):
    histogram = Histogram(np_histogram=given)
    assert (histogram.histogram, histogram.bins) == (counts, bins)
    assert [type(each) for each in histogram.histogram] == [type(each) for each in counts]


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"sequence": [1], "num_bins": 0}, ValueError, "num_bins"),
        ({"sequence": [1], "num_bins": 2.5}, TypeError, "num_bins"),
        ({"np_histogram": ([1, 2], [0, 1])}, ValueError, "3 edges"),
        ({"np_histogram": ([], [0])}, ValueError, "0 counts"),
        ({"np_histogram": ([1],)}, ValueError, "1 parts"),
        ({"np_histogram": (["a"], [0, 1])}, TypeError, "counts"),
        ({"np_histogram": ([1], [0, None])}, TypeError, "edges"),
        ({}, TypeError, "either"),
        ({"sequence": [1], "np_histogram": ([1], [0, 1])}, TypeError, "not both"),
        ({"sequence": ["a"]}, TypeError, "numbers"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: dict[str, Any], error: type[Exception], said: str):
    with pytest.raises(error, match=said):
        Histogram(**arguments)
