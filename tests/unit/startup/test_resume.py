"""Resuming a run: the step where it goes on."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from stepwell.errors import CommError
from stepwell.startup.resume import ResumableRun, find


@dataclass
class Known:
    """Stands for the Api and the run that it knows."""

    last: dict[str, int] = field(default_factory=dict)
    error: CommError | None = None
    runtime: float = 7.0

    @property
    def labels(self) -> list[str]:
        return list(self.last)

    def run(self, path: str) -> Any:
        if self.error:
            raise self.error
        return self

    def said(self) -> dict[str, Any]:
        return SAID

    def last_step(self, label: str | None) -> int | None:
        return max(self.last.values(), default=None) if label is None else self.last[label]


SAID: dict[str, Any] = {"name": "first", "config": {"lr": 0.1}}


def test_each_rank_goes_on_after_its_own_last_step():
    known: Any = Known({"0": 10, "1": 8})
    assert find(known, "p/r", "1") == ResumableRun(9, 7.0, **SAID)
    assert find(known, "p/r", "0") == ResumableRun(11, 7.0, **SAID)


def test_a_rank_that_has_written_nothing_begins_at_0():
    """The others may have begun a moment ago, with the same `resume="allow"`."""
    known: Any = Known({"0": 10})
    assert find(known, "p/r", "1") == ResumableRun(0, 0.0, has_begun=False, **SAID)


def test_the_only_writer_goes_on_after_all_ranks():
    known: Any = Known({"0": 10, "1": 12})
    assert find(known, "p/r", "") == ResumableRun(13, 7.0, **SAID)
    empty: Any = Known()
    assert find(empty, "p/r", "") == ResumableRun(0, 7.0, **SAID)


def test_nothing_comes_after_the_greatest_step():
    known: Any = Known({"": 2**63 - 1})
    assert find(known, "p/r", "") == ResumableRun(2**63 - 1, 7.0, **SAID)


def test_an_unknown_run_is_none_and_an_unreachable_server_is_an_error():
    unknown: Any = Known(error=CommError("no", not_found=True))
    assert find(unknown, "p/r", "") is None
    away: Any = Known(error=CommError("away"))
    with pytest.raises(CommError, match="away"):
        find(away, "p/r", "")
