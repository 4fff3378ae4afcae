"""The setting `strict`: media that cannot be kept as given are refused when they are logged, by key."""

from typing import Any

import numpy as np
import pytest

from stepwell import Histogram, Html, Image, Object3D, Table, Video, plot
from stepwell.settings import strictness
from tests.support.recorder import Recorder

MASK = {"mask_data": [[0.5, 300]]}


@pytest.mark.parametrize(
    "make",
    [
        lambda: Image(np.zeros((0, 5))),
        lambda: Image(np.zeros((1, 2)), masks={"truth": MASK}),
        lambda: [Image(np.zeros((1, 2)), masks={"truth": MASK})],
        lambda: Table(columns=["a"], data=[[Image(np.zeros((0, 5)))]]),
        lambda: Table(columns=["a"], data=[[1]] * 3),
        lambda: Video(np.zeros((0, 3, 4, 4))),
        lambda: Object3D(np.zeros((3, 5))),
        lambda: Histogram([1], num_bins=513),
        lambda: Html("missing.html"),
        lambda: plot.line(Table(columns=["a"], data=[[1]]), "a", "b"),
    ],
)
def test_what_is_told_is_refused(recorder: Recorder, monkeypatch: pytest.MonkeyPatch, make: Any):
    monkeypatch.setattr(Table, "MAX_ROWS", 2)
    value = make()
    monkeypatch.setattr(strictness, "_strict", True)
    with pytest.raises(ValueError, match=r"'k' has .*because of the setting `strict`"):
        recorder.record(value)
    monkeypatch.setattr(strictness, "_strict", False)
    with pytest.warns(RuntimeWarning, match="'k' has"):
        recorder.record(value)
