"""The summary: last values, with values set by hand over them."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from stepwell.runs.summary import Summary
from stepwell.values.nested import flat, nest


class Writer:
    """Stands for the writer of a run."""

    def __init__(self) -> None:
        self.last: dict[str, Any] = {}
        self.sent: list[tuple[dict[str, Any], list[str]]] = []

    def send(self, values: Mapping[str, Any], deleted: Sequence[str]) -> None:
        self.sent.append((dict(values), list(deleted)))

    def summary(self) -> dict[str, Any]:
        values = dict(self.last)
        for changes, deleted in self.sent:
            values = {key: value for key, value in {**values, **changes}.items() if key not in deleted}
        return values


@pytest.fixture
def writer() -> Writer:
    return Writer()


@pytest.fixture
def summary(writer: Writer) -> Summary:
    return Summary(writer.send, writer.summary, lambda key, value: value)


def test_the_last_value_shows(summary: Summary, writer: Writer):
    writer.last = {"acc": 0.5}
    assert (summary["acc"], summary.acc, dict(summary)) == (0.5, 0.5, {"acc": 0.5})
    writer.last = {"acc": 0.6}
    assert summary.acc == 0.6


def test_a_value_set_by_hand_stays(summary: Summary, writer: Writer):
    summary["acc"] = 1
    writer.last = {"acc": 0.5}
    assert summary["acc"] == 1
    assert writer.sent == [({"acc": 1}, [])]


def test_a_deleted_key_is_gone_until_it_is_set_again(summary: Summary, writer: Writer):
    writer.last = {"acc": 0.5}
    del summary["acc"]
    assert "acc" not in summary
    assert writer.sent[-1] == ({}, ["acc"])
    summary.acc = 2
    assert summary.acc == 2
    with pytest.raises(KeyError):
        del summary["missing"]


def test_nested_values_are_leaves_with_joined_keys(summary: Summary, writer: Writer):
    writer.last = {"val.loss": 0.1}
    summary["val"]["acc"] = 0.9
    assert dict(summary) == {"val": {"loss": 0.1, "acc": 0.9}}
    assert (list(summary), len(summary), summary["val.acc"]) == (["val"], 1, 0.9)
    assert "val" in summary
    assert "val.acc" in summary
    assert summary["val"] == {"loss": 0.1, "acc": 0.9}
    assert summary.val.acc == 0.9
    assert writer.sent == [({"val.acc": 0.9}, [])]


def test_update_merges_and_setting_replaces_what_was_set_by_hand(summary: Summary, writer: Writer):
    summary.update({"best": {"epoch": 3}}, score=1)
    summary.update({"best": {"acc": 0.9}})
    assert dict(summary) == {"best": {"epoch": 3, "acc": 0.9}, "score": 1}
    summary["best"] = {"acc": 1.0}
    assert summary["best"] == {"acc": 1.0}
    assert writer.sent[-1] == ({"best.acc": 1.0}, ["best.epoch"])


def test_what_holds_values_is_taken_by_update(summary: Summary):
    summary.update(SimpleNamespace(a=1), b=2)
    summary.update([("c", 3)])
    assert dict(summary) == {"a": 1, "b": 2, "c": 3}


def test_typed_objects_stay_whole(summary: Summary):
    record = {"_type": "histogram", "bins": [0.0, 1.0], "values": [3]}
    summary["grad"] = record
    assert summary["grad"] == record


def test_flat_and_nest_are_inverse():
    values = {"a": 1, "b": {"c": {"d": 2}, "e": {}}}
    leaves = {key: value for name, inner in values.items() for key, value in flat(name, inner).items()}
    assert leaves == {"a": 1, "b.c.d": 2, "b.e": {}}
    assert nest(leaves) == values
    assert nest({"a": 1, "a.b": 2}) == {"a": 1, "a.b": 2}
    assert nest({"a.b.c": 1, "a.b": 2, "a.c": 3}) == {"a": {"b": 2, "c": 3}, "a.b.c": 1}
