"""Files as scripts give them: a text that can be no path leads to no file, for every kind of media."""

from typing import Any

import pytest

from stepwell import Audio, Image, Molecule, Object3D, Plotly, Video

KINDS = {Audio: ".wav", Image: ".png", Molecule: ".pdb", Object3D: ".obj", Plotly: ".json", Video: ".gif"}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize(
    "name",
    ["x" * 5000, "a/" * 5000, "nul\0", "~nobody-of-this-name/a", "", "line\nbreak"],
    ids=["long", "deep", "nul", "user", "empty", "lines"],
)
def test_a_text_that_can_be_no_path_is_a_file_that_is_not_there(kind: Any, name: str):
    with pytest.raises(FileNotFoundError, match="there is no file") as raised:
        kind(name + KINDS[kind])
    assert isinstance(raised.value, ValueError)
    assert len(str(raised.value)) < 300, "the message does not repeat all of it"
