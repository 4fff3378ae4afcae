"""Plants one fault of each rule for Python and sees that the check names it."""

from __future__ import annotations

import pytest

from arrows.tests.planted import append, found, write


def test_a_heavy_import_is_found_through_the_imports_of_the_package(tree):
    append(
        tree,
        "python/stepwell/runs/run.py",
        "try:\n    from google.protobuf import message\nexcept ImportError:\n    pass\n",
    )
    assert "python/stepwell/runs/run.py:8: google.protobuf is imported when stepwell is" in found(tree)


def test_a_heavy_import_for_types_only_is_fine(tree):
    append(
        tree, "python/stepwell/runs/run.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pandas\n"
    )
    assert found(tree) == []


def test_an_arrow_up_is_found_in_a_function_too(tree):
    write(tree, "python/stepwell/api/read.py", '"""Reading."""\n\n\ndef read():\n    from stepwell.runs import run\n')
    assert found(tree) == ["python/stepwell/api/read.py:5: api → runs, which is above it"]


def test_the_longest_name_of_a_package_counts(tree):
    write(tree, "python/stepwell/media/encoding/pixels.py", '"""Pixels."""\n\nfrom stepwell.media import image\n')
    write(tree, "python/stepwell/media/image.py", '"""An image."""\n')
    assert found(tree) == ["python/stepwell/media/encoding/pixels.py:3: media.encoding → media, which is above it"]


def test_a_package_that_is_not_drawn_is_found(tree):
    write(tree, "python/stepwell/extra.py", '"""More."""\n')
    assert found(tree) == ["python/stepwell/extra.py: is in no package of the order"]


@pytest.mark.parametrize(
    "back", ["from stepwell.api.one import f", "def g():\n    from stepwell.api import one", "import stepwell.api.one"]
)
def test_a_circle_is_found_within_a_package_too(tree, back):
    write(tree, "python/stepwell/api/one.py", '"""One."""\n\nfrom stepwell.api import two\n')
    write(tree, "python/stepwell/api/two.py", f'"""Two."""\n\n{back}\n')
    assert found(tree) == ["python/stepwell/api/one.py:3: a circle: api/one.py → api/two.py → api/one.py"]


def test_imports_for_types_make_no_circle(tree):
    write(tree, "python/stepwell/api/one.py", '"""One."""\n\nfrom stepwell.api import two\n')
    back = "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from stepwell.api.one import f\n"
    write(tree, "python/stepwell/api/two.py", f'"""Two."""\n\n{back}')
    assert found(tree) == []
