"""Ids and names of runs: how they are made, and which ones are accepted."""

import re

import pytest

from stepwell.errors import UsageError
from stepwell.settings import naming


def test_ids_are_eight_lowercase_letters_and_digits_and_differ():
    ids = {naming.new_run_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(re.fullmatch(r"[a-z0-9]{8}", each) for each in ids)


def test_every_process_of_a_run_finds_the_same_name():
    assert naming.run_name("abc") == naming.run_name("abc")
    names = {naming.run_name(naming.new_run_id()) for _ in range(1000)}
    assert len(names) > 950
    assert all(re.fullmatch(r"[a-z]+-[a-z]+-\d{1,2}", each) for each in names)


@pytest.mark.parametrize("value", ["a:b", "a;b", "a,b", "a#b", "a?b", "a/b", "a'b", "a\\b", "", " ", "x" * 129, "a\0b"])
def test_ids_that_cannot_be_part_of_a_path_are_refused(value: str):
    with pytest.raises(UsageError, match="id"):
        naming.check_name("run id", value, "id")


@pytest.mark.parametrize("value", ["a", "ü-1_2.3", "x" * 128, "with space"])
def test_other_ids_are_accepted(value: str):
    naming.check_name("run id", value, "id")


def test_a_label_may_be_empty_or_hold_a_slash():
    naming.check_name("label", "", "label")
    naming.check_name("label", "ünï/0", "label")
