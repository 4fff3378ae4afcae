"""The manifest: what a directory remembers of its runs."""

from pathlib import Path

from stepwell.writing.manifest import Manifest


def test_lives_of_a_label_are_counted(tmp_path: Path):
    manifest = Manifest(tmp_path)
    path = ("local", "p", "r")
    assert [manifest.next_attempt(*path, "0", 0) for _ in range(3)] == [0, 1, 2]
    assert manifest.next_attempt(*path, "1", 0) == 0
    assert manifest.next_attempt(*path, "0", 7) == 7
    assert manifest.next_attempt(*path, "0", 0) == 8


def test_an_unfinished_run_is_remembered_until_it_ends(tmp_path: Path):
    manifest = Manifest(tmp_path)
    assert manifest.unfinished_run("local", "p") is None
    manifest.begin("local", "p", "r")
    assert manifest.unfinished_run("local", "p") == "r"
    assert manifest.unfinished_run("local", "q") is None
    manifest.end("local", "p", "another")
    assert manifest.unfinished_run("local", "p") == "r"
    manifest.end("local", "p", "r")
    assert manifest.unfinished_run("local", "p") is None


def test_a_damaged_file_is_not_known(tmp_path: Path):
    manifest = Manifest(tmp_path)
    manifest.begin("local", "p", "r")
    for file in (tmp_path / "manifest").iterdir():
        file.write_text("[")
    assert manifest.unfinished_run("local", "p") is None


def test_what_cannot_be_written_is_not_remembered(tmp_path: Path):
    (tmp_path / "manifest").write_text("no folder")
    manifest = Manifest(tmp_path)
    assert manifest.next_attempt("local", "p", "r", "0", least=3) == 3
    manifest.begin("local", "p", "r")
    manifest.end("local", "p", "r")
    assert manifest.unfinished_run("local", "p") is None


def test_no_text_of_a_user_becomes_a_path(tmp_path: Path):
    Manifest(tmp_path).begin("..", "../..", "\ud800")
    assert all(file.name.removesuffix(".json").isalnum() for file in (tmp_path / "manifest").iterdir())
