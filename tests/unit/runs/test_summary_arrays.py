"""Arrays and tensors in the summary: the whole array in a file, and statistics as numpy has them."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import stepwell
from stepwell import _native
from stepwell.values.tensor import Tensor, with_tensors

PERCENTILES = [5, 10, 25, 50, 75, 90, 95]
FLOATS = ["float64", "float32", "float16"]
INTEGERS = ["int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8", "bool"]


def check(array: np.ndarray, relative: float = 1e-12) -> None:
    """Compare all statistics with numpy's, of the array in float64."""
    found = _native.array_statistics(array)
    wide = array.astype(np.float64).ravel()
    numbers = wide[~np.isnan(wide)]
    scale = np.abs(numbers).max()
    assert found.get("nan", 0) == wide.size - numbers.size
    assert (found["min"], found["max"]) == (np.nanmin(array), np.nanmax(array))
    # A sum of both signs loses digits, in numpy too: what is compared with is exact.
    assert found["mean"] == pytest.approx(math.fsum(numbers) / numbers.size, rel=relative, abs=scale * 1e-16)
    mean = math.fsum(numbers) / numbers.size
    var = math.fsum((numbers - mean) ** 2) / numbers.size
    assert found["var"] == pytest.approx(var, rel=relative, abs=(scale * 1e-15) ** 2)
    assert found["std"] == pytest.approx(math.sqrt(var), rel=relative, abs=scale * 1e-15)
    assert found["var"] == pytest.approx(numbers.var(), rel=1e-9, abs=(scale * 1e-13) ** 2)
    expected = np.nanpercentile(wide, PERCENTILES)
    assert [found[f"{percent}%"] for percent in PERCENTILES] == pytest.approx(expected, rel=relative, abs=scale * 1e-15)


@pytest.mark.parametrize("dtype", FLOATS + INTEGERS)
@pytest.mark.parametrize("size", [33, 34, 100, 5_001])
def test_statistics_are_those_of_numpy(dtype: str, size: int):
    generator = np.random.default_rng(size)
    for scale in (1.0, 40.0):
        values = generator.normal(size=size) * scale
        check((np.abs(values) if dtype.startswith("u") else values).astype(dtype))


@pytest.mark.parametrize("seed", range(30))
def test_statistics_of_awkward_arrays_are_those_of_numpy(seed: int):
    generator = np.random.default_rng(seed)
    size = int(generator.integers(1, 400))
    check(generator.normal(loc=1e8, scale=1e-3, size=size))
    check(generator.integers(-3, 3, size).astype(float))
    check(np.exp(generator.normal(scale=40, size=size)))
    holes = generator.normal(size=size)
    holes[generator.random(size) < 0.3] = np.nan
    holes[0] = 1.0
    check(holes)


def test_any_layout_and_byte_order_is_read():
    cube = np.random.default_rng(0).normal(size=(6, 7, 8))
    for array in (
        cube,
        cube[::2, ::-1],
        cube.transpose(2, 0, 1),
        np.asfortranarray(cube),
        cube.astype(">f8"),
        cube[:, 3],
    ):
        check(array)
    check(np.broadcast_to(np.arange(5.0), (9, 5)))
    check(np.frombuffer(b"\0" + cube.tobytes(), offset=1, dtype=np.float64))
    check(cube.astype(np.longdouble))


def test_infinities_are_values_and_nan_alone_has_no_statistics():
    found = _native.array_statistics(np.array([1.0, 2.0, math.inf] * 20))
    assert (found["max"], found["mean"], found["50%"]) == (math.inf, math.inf, 2.0)
    assert math.isnan(found["var"])
    found = _native.array_statistics(np.full(40, np.nan))
    assert found.pop("nan") == 40
    assert all(math.isnan(value) for value in found.values())


def test_extremes_of_integers_are_exact():
    found = _native.array_statistics(np.array([2**63 - 1, -(2**63), 0]))
    assert (found["min"], found["max"]) == (-(2**63), 2**63 - 1)
    assert isinstance(_native.array_statistics(np.arange(40, dtype=np.uint8))["max"], int)
    for wrong in (np.zeros(40, complex), np.array(["a"] * 40)):
        with pytest.raises(TypeError, match="expected real numbers"):
            _native.array_statistics(wrong)


def test_only_large_numeric_arrays_become_tensors():
    large, small = np.zeros(33), np.zeros(32)
    found = with_tensors({"a": {"b": large, "c": small}, "d": [large], "e": stepwell.Histogram(large)})
    assert isinstance(found["a"]["b"], Tensor)
    assert found["a"]["c"] is small
    assert found["d"][0] is large
    assert isinstance(found["e"], stepwell.Histogram)
    plain = {"a": {"b": 1}}
    assert with_tensors(plain) is plain
    for value in (large.astype("U"), large.astype("M8[s]"), large.astype(complex), list(range(40)), "x" * 40, None, 3):
        assert with_tensors(value) is value


def stored(directory: Path, record: dict[str, Any], run: Any) -> np.ndarray:
    """Return the array that a record leads to."""
    assert record["path"].startswith("media/arrays/")
    with run.file(record["path"]).download(root=str(directory)) as file:
        return np.load(file.name, allow_pickle=False)


def test_the_summary_holds_whole_arrays(tmp_path: Path):
    weights = np.random.default_rng(3).normal(size=(40, 5)).astype(np.float32)
    with stepwell.init(project="p", id="r", dir=tmp_path / "stepwell") as run:
        run.summary["tensor"] = weights[:, ::2]
        run.summary.update({"nested": {"ids": np.arange(100)}, "short": np.arange(3), "best": 0.5})
        run.summary["histogram"] = stepwell.Histogram(weights)
        assert run.summary["tensor"]["shape"] == [40, 3]
        run.log({"row": np.arange(100.0)})
        weights[:] = 0
    original = np.random.default_rng(3).normal(size=(40, 5)).astype(np.float32)[:, ::2]
    with stepwell.Api(tmp_path / "stepwell") as api:
        found = api.run("p/r")
        summary = found.summary
        record = summary["tensor"]
        assert (record["_type"], record["size"], record["shape"], record["dtype"]) == ("array", 120, [40, 3], "float32")
        assert record["95%"] == pytest.approx(np.percentile(original.astype(float), 95), rel=1e-12)
        assert (record["min"], record["max"]) == (original.min(), original.max())
        array = stored(tmp_path, record, found)
        assert array.dtype == np.float32
        assert np.array_equal(array, original)
        nested = summary["nested.ids"] if "nested.ids" in summary else summary["nested"]["ids"]
        assert (nested["dtype"], nested["min"], nested["max"]) == ("int64", 0, 99)
        assert np.array_equal(stored(tmp_path, nested, found), np.arange(100))
        assert (summary["short"], summary["best"]) == ([0, 1, 2], 0.5)
        assert summary["histogram"]["_type"] == "histogram"
        assert summary["row"]["_type"] == "histogram", "in rows arrays are histograms"


def test_the_summary_is_written_through_api(tmp_path: Path):
    with stepwell.init(project="p", id="r", dir=tmp_path / "stepwell") as run:
        run.log({"loss": 1.0})
    array = np.random.default_rng(4).random(1000)
    with stepwell.Api(tmp_path / "stepwell") as api:
        found = api.run("p/r")
        found.summary["tensor"] = array
        found.summary.update()
        again = api.run("p/r")
        assert again.summary["tensor"]["mean"] == pytest.approx(array.mean(), rel=1e-12)
        assert np.array_equal(stored(tmp_path, again.summary["tensor"], again), array)


def test_tensors_of_other_libraries_are_arrays(tmp_path: Path):
    import jax.numpy as jnp

    tensors = {"float32": jnp.arange(50, dtype=jnp.float32), "bfloat16": jnp.arange(50, dtype=jnp.bfloat16)}
    with stepwell.init(project="p", id="r", dir=tmp_path / "stepwell") as run:
        run.summary.update(tensors)
    with stepwell.Api(tmp_path / "stepwell") as api:
        found = api.run("p/r")
        for key in tensors:
            assert (found.summary[key]["_type"], found.summary[key]["mean"]) == ("array", 24.5)
            assert stored(tmp_path, found.summary[key], found).tolist() == list(range(50))
