"""The native histogram equals `numpy.histogram` to count and edge, on over 10,000 arrays made to break it."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from stepwell import _native

Array = Any
FLOATS = ("float16", "float32", "float64")
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
BINS = (1, 2, 3, 7, 10, 32, 64, 100, 255, 511, 512)
ROUNDS = 30


def on_edges(random: np.random.Generator, size: int) -> Array:
    """Values that lie exactly on the edges of some number of bins."""
    edges = np.linspace(*sorted(random.normal(size=2)), int(random.choice(BINS)) + 1)
    return random.choice(edges, size)


def beside_edges(random: np.random.Generator, size: int) -> Array:
    """Values one rounding away from the edges."""
    values = on_edges(random, size)
    return np.nextafter(values, random.choice([-np.inf, np.inf], size))


def huge_range(random: np.random.Generator, size: int) -> Array:
    """Values over the whole range of exponents that numpy can still bin."""
    return random.choice([-1, 1], size) * 10.0 ** random.uniform(-300, 300, size)


def tiny_range(random: np.random.Generator, size: int) -> Array:
    """Neighbouring floats far from zero: less values than bins between the lowest and the highest."""
    base = 10.0 ** random.uniform(-5, 15)
    values = np.full(size, base)
    for _ in range(int(random.integers(1, 4))):
        values = np.where(random.random(size) < 0.5, np.nextafter(values, np.inf), values)
    return values


SHAPES: dict[str, Callable[[np.random.Generator, int], Array]] = {
    "normal": lambda random, size: random.normal(size=size),
    "uniform": lambda random, size: random.uniform(-1, 1, size),
    "cauchy": lambda random, size: random.standard_cauchy(size),
    "lognormal": lambda random, size: random.lognormal(0, 5, size),
    "few values": lambda random, size: random.integers(-3, 3, size).astype(float),
    "constant": lambda random, size: np.full(size, random.normal()),
    "zero": lambda random, size: random.choice([0.0, -0.0], size),
    "subnormal": lambda random, size: random.integers(-9, 9, size) * 5e-324,
    "on edges": on_edges,
    "beside edges": beside_edges,
    "huge range": huge_range,
    "tiny range": tiny_range,
}


def floats(dtype: str) -> Iterator[Array]:
    """Arrays of one float type, of every shape and many sizes."""
    for name, make in SHAPES.items():
        for seed in range(ROUNDS):
            random = np.random.default_rng([seed, len(name)])
            size = int(random.choice([1, 2, 3, 5, 17, 100, 1000]))
            with np.errstate(over="ignore", under="ignore"):
                values = make(random, size).astype(dtype)
            yield values
            values = values.copy()
            values[random.random(size) < 0.2] = np.nan
            values[random.random(size) < 0.1] = random.choice([np.inf, -np.inf])
            yield values


def integers(dtype: str) -> Iterator[Array]:
    """Arrays of one integer type: the whole range, its ends, few values, constants."""
    limits = np.iinfo(dtype)
    for seed in range(ROUNDS):
        random = np.random.default_rng(seed)
        size = int(random.choice([1, 2, 5, 33, 1000]))
        low, high = sorted(int(bound) for bound in random.integers(limits.min, limits.max, 2, dtype, endpoint=True))
        yield random.integers(limits.min, limits.max, size, dtype, endpoint=True)
        yield random.integers(low, high, size, dtype, endpoint=True)
        yield random.integers(0, 5, size, dtype)
        yield np.full(size, low, dtype)
        yield np.array([limits.min, limits.max] * size, dtype)


def layouts(values: Array) -> Iterator[Array]:
    """Yield the same numbers strided, reversed, two-dimensional, and of the other byte order."""
    yield values
    yield values[::-1]
    yield np.repeat(values, 3)[::3]
    yield np.asfortranarray(np.stack([values, values]))
    yield values.astype(values.dtype.newbyteorder(">"))


def assert_equals_numpy(values: Array, bins: int) -> bool:
    """Compare one histogram; False where numpy itself has no answer."""
    finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            expected, edges = np.histogram(finite.astype(finite.dtype.newbyteorder("=")), bins=bins)
        except ValueError:
            expected = None
    counts, found_edges, not_finite = _native.histogram(values, bins)
    assert sum(counts) + not_finite == values.size, "no value is lost"
    if expected is None or not np.isfinite(edges).all():
        return False
    assert counts == expected.tolist(), (values.dtype, values.size, bins)
    assert found_edges == edges.astype(float).tolist(), (values.dtype, values.size, bins)
    return True


@pytest.mark.parametrize("dtype", [*FLOATS, *INTEGERS, "bool"])
def test_counts_and_edges_equal_those_of_numpy(dtype: str):
    compared = 0
    arrays = floats(dtype) if dtype in FLOATS else integers(dtype) if dtype in INTEGERS else booleans()
    for index, array in enumerate(arrays):
        for layout in layouts(array):
            compared += assert_equals_numpy(layout, BINS[index % len(BINS)])
    assert compared > 400


def booleans() -> Iterator[Array]:
    """Truth values, which numpy counts as 0 and 1."""
    for seed in range(100):
        random = np.random.default_rng(seed)
        yield (random.random(int(random.integers(1, 200))) < random.random()).astype(np.uint8)


def test_an_empty_array_has_empty_bins():
    for dtype in (*FLOATS, *INTEGERS):
        assert assert_equals_numpy(np.zeros(0, dtype), 10)


def test_more_than_ten_thousand_arrays_are_compared():
    per_float, per_integer = len(SHAPES) * ROUNDS * 2, ROUNDS * 5
    assert 5 * (len(FLOATS) * per_float + len(INTEGERS) * per_integer) > 10_000
