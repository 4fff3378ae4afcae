"""Pages of HTML."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import IO, Any

from stepwell.media.encoding.source import Source, file_at
from stepwell.media.records.media import FileMedia

# Readable without any further style: the font of the reader's system, room at the edges, lines between cells.
_STYLE = (
    '<base target="_blank"><style>'
    "body{font:14px/1.5 system-ui,sans-serif;margin:12px;overflow-wrap:anywhere}"
    "img,video,svg{max-width:100%}"
    "pre,code{font-family:ui-monospace,monospace}"
    "table{border-collapse:collapse}td,th{border:1px solid #8884;padding:4px 8px;text-align:left}"
    "</style>"
)
# The style stands before that of the page, so that the page has the last word.
_BEGINNINGS = (r"<head(\s[^>]*)?>", r"<html(\s[^>]*)?>", r"<!doctype[^>]*>")
_ENDINGS = (".html", ".htm")


class Html(FileMedia):
    """A page, or a piece of one; the dashboard shows it in a frame of its own.

    Parameters
    ----------
    data
        HTML as text or bytes, a path that ends with `.html` (or any `pathlib.Path`), or an open file. What
        looks like a path and leads to no file is text, with a warning.
    inject
        Add a base style, and let links open in a new tab. False stores the text as it is.
    data_is_not_path
        Take `data` for text even if it looks like a path.

    Attributes
    ----------
    html
        The text that is stored.

    Raises
    ------
    TypeError
        If it is none of these.
    """

    _type = "html-file"
    _folder = "html"
    remarks: list[tuple[str, str]]

    def __init__(
        self, data: str | PurePath | IO[str] | IO[bytes], inject: bool = True, data_is_not_path: bool = False
    ) -> None:
        from stepwell import _native

        self.remarks = []
        self.html = _text(data, data_is_not_path, self.remarks)
        if inject:
            self.html = _styled(self.html)
        # Lone surrogates have no bytes; a page with a question mark is better than none.
        self._content = _native.Content.from_bytes(self.html.encode("utf-8", "replace"), "html")

    def _fields(self, key: str) -> dict[str, Any]:
        return {}

    def __repr__(self) -> str:
        return f"Html({len(self.html):,} characters)"


def _text(data: Any, data_is_not_path: bool, remarks: list[tuple[str, str]]) -> str:
    if isinstance(data, str) and (data_is_not_path or not _is_path(data)):
        return data
    if isinstance(data, (str, PurePath)) and file_at(data) is None:
        remarks.append(("has the path of a page that is not there", "it is kept as text"))
        return str(data)
    if not Source.is_given(data):
        raise TypeError(f"Html: expected text, a path or an open file, not {type(data).__name__}")
    return Source("Html", data).read().decode("utf-8", "replace")


def _is_path(text: str) -> bool:
    """Whether a text means a file: a name that ends with .html, which no piece of HTML does."""
    return "\n" not in text and "<" not in text and text.lower().endswith(_ENDINGS)


def _styled(html: str) -> str:
    for beginning in _BEGINNINGS:
        if found := re.search(beginning, html, re.IGNORECASE):
            return html[: found.end()] + _STYLE + html[found.end() :]
    return _STYLE + html
