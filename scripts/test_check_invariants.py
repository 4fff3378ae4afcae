"""Plants one mistake of each sort in a small tree and sees that the check of the invariants names it."""

from __future__ import annotations

from pathlib import Path

import pytest
from check_invariants import PAGE, check

ROOT = Path(__file__).resolve().parent.parent
SOUND = "| A1 | Rows stay. | `rust/spool/src/writer.rs` | `tests/test_rows.py::test_rows_stay` |\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Lay out a page with one invariant, its code and its test."""
    write(tmp_path, PAGE, SOUND)
    write(tmp_path, "rust/spool/src/writer.rs", "//! Writes (A1).\n")
    write(tmp_path, "tests/test_rows.py", '"""Rows (invariant A1)."""\ndef test_rows_stay(): ...\n')
    return tmp_path


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def found(root: Path) -> list[str]:
    return [f"{finding.place}: {finding.what}" for finding in check(root)]


def test_a_sound_page_has_no_findings(tree):
    assert found(tree) == []


@pytest.mark.parametrize("words", ["(A9)", "(invariants A1 and A9)", "invariant A9: more", "(invariant 2, A9)"])
def test_a_number_that_is_not_on_the_page_is_found(tree, words):
    write(tree, "rust/spool/src/mark.rs", f"//! Marks {words}.\n")
    assert found(tree) == [f"rust/spool/src/mark.rs:1: cites A9, which is not on {PAGE}"]


def test_a_test_that_does_not_exist_is_found(tree):
    write(tree, PAGE, SOUND.replace("test_rows_stay", "test_rows_go"))
    assert found(tree) == [f"{PAGE}: there is no test_rows_go in tests/test_rows.py"]


def test_a_file_that_does_not_exist_is_found(tree):
    write(tree, PAGE, SOUND.replace("writer.rs", "reader.rs"))
    assert found(tree) == [f"{PAGE}: there is no rust/spool/src/reader.rs"]


def test_an_invariant_without_code_or_test_is_found(tree):
    write(tree, PAGE, SOUND + "| A2 | Once. | somewhere | somehow |\n")
    assert found(tree) == [f"{PAGE}: A2 names no code that keeps it", f"{PAGE}: A2 names no test that shows it"]


def test_a_number_that_is_given_twice_is_found(tree):
    write(tree, PAGE, SOUND + SOUND)
    assert found(tree) == [f"{PAGE}: A1 is given to 2 invariants"]


def test_this_repository_is_sound():
    assert found(ROOT) == []
