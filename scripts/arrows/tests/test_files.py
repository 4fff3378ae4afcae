"""Plants one fault of each rule for files and sees that the check names it."""

from __future__ import annotations

import pytest

from arrows.tests.planted import found, write


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rust/model/src/step.rs", "use std::fmt;\n"),
        ("rust/model/src/step.rs", "//! stepwell-model\n"),
        ("python/stepwell/runs/config.py", "import os\n"),
        ("python/stepwell/runs/config.py", ""),
        ("web/src/ui/axis.tsx", "import x from 'y';\n"),
    ],
)
def test_a_file_without_a_first_sentence_is_found(tree, name, text):
    write(tree, name, text)
    assert found(tree) == [f"{name}:1: does not start with a sentence"]


@pytest.mark.parametrize(
    ("name", "text", "bad"),
    [
        ("rust/model/src/utils.rs", "//! Things.\n", "utils"),
        ("python/stepwell/runs/run_helpers.py", '"""Things."""\n', "helpers"),
        ("web/src/ui/common/x.ts", "// Things.\n", "common"),
        ("web/src/ui/x.ts", "// Things.\nexport class RunManager {}\n", "manager"),
    ],
)
def test_a_name_that_says_nothing_is_found(tree, name, text, bad):
    write(tree, name, text)
    assert [entry.endswith(f"contains {bad!r}") for entry in found(tree)] == [True]


@pytest.mark.parametrize(
    ("name", "text", "word"),
    [
        ("rust/model/src/step.rs", "//! What a step is.\n", "What"),
        ("python/stepwell/runs/config.py", '"""How it is configured."""\n', "How"),
        ("web/src/ui/axis.tsx", "// Whether an axis is logarithmic.\n", "Whether"),
    ],
)
def test_a_first_sentence_that_is_a_question_is_found(tree, name, text, word):
    write(tree, name, text)
    assert found(tree) == [f"{name}:1: its first sentence begins with {word!r}"]


def test_a_long_file_is_found(tree):
    write(tree, "rust/model/src/step.rs", "//! Steps.\n" * 400)
    assert found(tree) == []
    write(tree, "rust/model/src/step.rs", "//! Steps.\n" * 401)
    assert found(tree) == ["rust/model/src/step.rs: 401 lines, 400 at most"]


def test_a_full_folder_is_found(tree):
    for number in range(14):
        write(tree, f"tests/rows/test_{number}.py", '"""Tests."""\n')
    write(tree, "tests/rows/__init__.py", '"""Tests."""\n')
    assert found(tree) == []
    write(tree, "tests/rows/one_more.py", '"""Tests."""\n')
    assert found(tree) == ["tests/rows: 15 files beside each other"]


def test_a_wide_line_of_a_document_is_found_but_not_in_code_and_tables(tree):
    wide = "word " * 23
    write(tree, "README.md", f"```\n{wide}\n```\n| {wide} |\n")
    assert found(tree) == []
    write(tree, "docs/page.md", f"{wide}\n")
    assert found(tree) == ["docs/page.md:1: 115 columns"]
