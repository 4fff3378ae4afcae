"""`Classes`: names by number."""

from typing import Any

import numpy as np
import pytest

from stepwell import Classes


def test_classes_are_kept():
    classes = Classes([{"id": np.int64(1), "name": "car"}, {"id": 0, "name": "road"}])
    assert classes.class_set == [{"id": 1, "name": "car"}, {"id": 0, "name": "road"}]
    assert type(classes.class_set[0]["id"]) is int
    assert Classes([{"id": 2.0, "name": 7}]).class_set == [{"id": 2, "name": "7"}]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (5, "not int"),
        ("car", "not str"),
        ({"id": 1, "name": "car"}, "not dict"),
        (["car"], r"classes\[0\]"),
        ([{"id": 1}], r'classes\[0\].*"name"'),
        ([{"id": 1, "name": "a"}, {"id": "x", "name": "a"}], r'classes\[1\]\["id"\]'),
        ([{"id": 1.5, "name": "a"}], "integer"),
        ([{"id": True, "name": "a"}], r'\["id"\]'),
    ],
)
def test_what_is_no_class_is_refused(given: Any, said: str):
    with pytest.raises(TypeError, match=said):
        Classes(given)
