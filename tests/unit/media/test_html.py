"""`Html`: text, paths and files, with a style where it is wanted."""

import io
from pathlib import Path
from typing import Any

import pytest

from stepwell import Html
from tests.support.recorder import Recorder

STYLE = Html("").html


def test_the_style_is_short_and_lets_links_open_elsewhere():
    assert STYLE.startswith('<base target="_blank"><style>')
    assert STYLE.endswith("</style>")


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("<p>ä</p>", "S<p>ä</p>"),
        ("", "S"),
        ("<html><head><title>T</title></head></html>", "<html><head>S<title>T</title></head></html>"),
        ('<HTML lang="en"><HEAD\nid="h"><title>T', '<HTML lang="en"><HEAD\nid="h">S<title>T'),
        ("<html><p>", "<html>S<p>"),
        ("<!doctype html><p>", "<!doctype html>S<p>"),
        ("<header>a</header>", "S<header>a</header>"),
    ],
)
def test_the_style_stands_where_styles_stand(given: str, stored: str):
    assert Html(given).html == stored.replace("S", STYLE, 1)
    assert Html(given, inject=False).html == given


def test_paths_and_files_are_read(tmp_path: Path, recorder: Recorder):
    path = tmp_path / "some.html"
    path.write_text("<p>ü</p>", encoding="utf-8")
    for given in (path, str(path), path.open(encoding="latin-1"), path.open("rb"), io.StringIO("<p>ü</p>")):
        html = Html(given, inject=False)
        assert html.html == "<p>ü</p>"
        assert html._content.read() == "<p>ü</p>".encode()
        if isinstance(given, io.IOBase):
            given.close()
    record = recorder.record(Html(path))
    assert record.pop("path").startswith("media/html/k_")
    assert record == {"_type": "html-file"}
    assert recorder.files() == [(STYLE + "<p>ü</p>").encode()]


@pytest.mark.parametrize("given", ["missing.html", Path("missing"), "x" * 5000 + ".html", "a\0b.html"], ids=repr)
def test_a_path_to_nothing_is_text_and_said(recorder: Recorder, given: Any):
    html = Html(given, inject=False)
    assert html.html == str(given)
    with pytest.warns(RuntimeWarning, match=r"'k'.*not there; it is kept as text"):
        recorder.record(html)


def test_text_that_looks_like_a_path_can_be_text():
    assert Html(b"<p>\xc3\xbc</p>", inject=False).html == "<p>ü</p>"
    assert Html("index.html", inject=False, data_is_not_path=True).html == "index.html"
    assert Html("see index.html.\n", inject=False).html == "see index.html.\n"


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        (5, TypeError, "int"),
        (None, TypeError, "NoneType"),
    ],
)
def test_what_is_no_html_is_refused(given: Any, error: type[Exception], said: str):
    with pytest.raises(error, match=said):
        Html(given)
