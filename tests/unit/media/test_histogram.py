"""`Histogram`: its arguments, and counts that equal those of numpy."""

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
        ({"sequence": [1], "num_bins": 513}, ValueError, "512"),
        ({"sequence": [1], "num_bins": 0}, ValueError, "num_bins"),
        ({"sequence": [1], "num_bins": 2.5}, TypeError, "num_bins"),
        ({"np_histogram": ([1, 2], [0, 1])}, ValueError, "3 edges"),
        ({"np_histogram": ([1] * 513, list(range(514)))}, ValueError, "512"),
        ({"np_histogram": ([1],)}, ValueError, "1 parts"),
        ({"np_histogram": ([1, 2], [0, 2, 1])}, ValueError, "edge 2 is 1, after 2"),
        ({"np_histogram": ([1, 2], [0, float("nan"), 1])}, ValueError, "edge 1 is nan"),
        ({"np_histogram": ([-1], [0, 1])}, ValueError, "not negative"),
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
