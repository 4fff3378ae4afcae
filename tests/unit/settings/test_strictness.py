"""Values that cannot be kept as given: told once, or with the setting `strict` an error of the key."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import stepwell
from stepwell.settings.strictness import tell


class Foreign:
    """An object of another library, which has a text of its own."""

    def __repr__(self) -> str:
        return "Foreign(3)"


CALLS: dict[str, Callable[[stepwell.Run], Any]] = {
    "k": lambda run: run.log({"k": 2**64}),
    "col": lambda run: run.log_columns({"col": [2**64 - 1]}),
    "object": lambda run: run.log({"object": [Foreign()]}),
    "summary": lambda run: run.summary.update({"summary": Foreign()}),
    "cell": lambda run: run.log({"cell": stepwell.Table(columns=["a"], data=[[Foreign()]])}),
    "config": lambda run: run.config.update({"config": object()}),
    "bins": lambda run: run.log({"bins": stepwell.Histogram([1, 2], num_bins=1_000)}),
    "large": lambda run: run.log({"large": "x" * 9_000_000}),
}
KEYS = {f"key{number}": number for number in range(40)}


@pytest.fixture
def begin(tmp_path: Path) -> Callable[..., stepwell.Run]:
    def begin(**settings: Any) -> stepwell.Run:
        return stepwell.init(project="p", id="r", dir=tmp_path, settings={"silent": True, "max_keys": 30, **settings})

    return begin


def test_what_cannot_be_kept_as_given_ends_no_training(begin: Callable[..., stepwell.Run], tmp_path: Path):
    with begin() as run, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for call in CALLS.values():
            call(run)
        run.log(KEYS)
    read = stepwell.Api(str(tmp_path)).run("p/r")
    assert read.lost_rows == 1, "the large one"
    assert read.config == {"config": "<object>"}


@pytest.mark.parametrize("key", CALLS)
def test_with_strict_it_is_an_error_and_nothing_is_kept(begin: Callable[..., stepwell.Run], tmp_path: Path, key: str):
    with begin(strict=True) as run:
        with pytest.raises((ValueError, TypeError), match=rf"['\"]{key}['\"].*nothing of this call was kept"):
            CALLS[key](run)
        assert run.step == 0
    read = stepwell.Api(str(tmp_path)).run("p/r")
    assert (read.rows, read.lost_rows, read.config) == (0, 0, {})


def test_with_strict_keys_beyond_the_limit_are_an_error(begin: Callable[..., stepwell.Run]):
    with begin(strict=True) as run, pytest.raises(ValueError, match="30 different keys"):
        run.log(KEYS)


def test_init_takes_strict_as_an_argument(tmp_path: Path):
    with (
        stepwell.init(project="p", dir=tmp_path, strict=True, settings={"silent": True}) as run,
        pytest.raises(ValueError, match="'k'"),
    ):
        run.log({"k": 2**64})


def test_a_problem_is_told_once_for_the_line_that_logs(begin: Callable[..., stepwell.Run]):
    with begin() as run, warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for key in ("first", "second"):
            run.log({key: Foreign()})
    (warning,) = told
    assert warning.filename == __file__
    assert str(warning.message).startswith("stepwell: 'first' has a value of type")


def test_words_without_end_are_not_remembered_without_end():
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for number in range(1_100):
            tell("k", f"has {number}", "nothing is done")
    assert len(told) == 1_000
