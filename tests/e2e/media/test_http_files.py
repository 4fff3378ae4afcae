"""Files of runs over HTTP: the list, whole and in part, known versions, and what a page among them may do."""

import hashlib
import os
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from tests.support.http_api import get
from tests.support.places import Place
from tests.support.processes import ServerProcess, wait_until

pytestmark = pytest.mark.e2e

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010800000000"
    "3a7e9b550000000a49444154789c6360000000020001e221bc330000000049454e44ae426082"
)
FILES = {
    "film.mp4": bytes(range(256)) * 4_000,
    "page.html": b"<script>document.title = 'ran'</script>",
    "drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "deep/er/pixel.png": PIXEL,
    "sound.wav": b"RIFF",
    "noise.npy": os.urandom(5_000),
    "empty.txt": b"",
    "table.json": b"{" + b" " * 5_000 + b"}",
    "with space \u00fc&#.txt": b"odd name",
}
SAVING = """
import stepwell
with stepwell.init(project="files", id="r") as run:
    run.log({"x": 1})
    for path in __import__("pathlib").Path("to_save").rglob("*.*"):
        run.save(path, base_path="to_save")
with stepwell.init(project="files", id="bare") as run:
    run.log({"x": 1})
"""
SANDBOX = (
    "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "img-src data: blob:; media-src data: blob:"
)


@dataclass
class Reply:
    """A response that was read."""

    status: int
    headers: HTTPResponse
    body: bytes

    def __getitem__(self, name: str) -> str | None:
        """Return a header."""
        return self.headers.getheader(name)


@dataclass
class Site:
    """A server that has the files."""

    url: str

    def ask(self, path: str, method: str = "GET", **headers: str) -> Reply:
        """Ask for a path below /api/v1; underscores in names of headers are dashes."""
        connection = HTTPConnection(urllib.parse.urlsplit(self.url).netloc, timeout=60)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, f"/api/v1{path}", headers=named)
        response = connection.getresponse()
        reply = Reply(response.status, response, response.read())
        connection.close()
        return reply

    def file(self, path: str, method: str = "GET", run: str = "r", **headers: str) -> Reply:
        """Ask for a file."""
        query = urllib.parse.urlencode({"entity": "local", "project": "files", "run": run, "path": path})
        return self.ask(f"/file?{query}", method, **headers)

    def list(self, run: str = "r") -> Any:
        """Ask for the list."""
        return get(self.url, "/files", {"entity": "local", "project": "files", "run": run})


@pytest.fixture(scope="module")
def site(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Return a server, or the dashboard over a local directory, with the files."""
    for path, content in FILES.items():
        target = place.directory / "to_save" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    place.run(SAVING)
    if place.server is not None:
        yield Site(place.server.url)
        return
    home = tmp_path_factory.mktemp("ui")
    with ServerProcess(home, ("ui", place.directory / "stepwell", "--no-browser")) as ui:
        site = Site(ui.url)
        wait_until("a run without files is known", lambda: site.list("bare").status == 200)
        wait_until("the files are read", lambda: len(site.list().json["files"]) == len(FILES))
        yield site


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_the_list_names_every_file_by_path(site: Site):
    listed = site.list().json["files"]
    assert [each["path"] for each in listed] == sorted(FILES)
    for each in listed:
        content = FILES[each["path"]]
        assert (each["sha256"], each["size"], each["present"]) == (sha256(content), len(content), True)
        assert each["time_us"] > 1_700_000_000_000_000
    assert site.list("bare").json == {"files": []}
    assert (site.list("nobody").status, site.list("nobody").json["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("path", "kind"),
    {
        "film.mp4": "video/mp4",
        "page.html": "text/html; charset=utf-8",
        "drawing.svg": "image/svg+xml",
        "deep/er/pixel.png": "image/png",
        "sound.wav": "audio/wav",
        "noise.npy": "application/octet-stream",
        "empty.txt": "text/plain; charset=utf-8",
        "table.json": "application/json",
        "with space \u00fc&#.txt": "text/plain; charset=utf-8",
    }.items(),
)
def test_a_file_comes_as_it_is_with_its_type(site: Site, path: str, kind: str):
    reply = site.file(path, Accept_Encoding="gzip")
    assert (reply.status, reply.body) == (200, FILES[path])
    assert reply["Content-Type"] == kind
    assert reply["Content-Length"] == str(len(FILES[path]))
    assert reply["Content-Encoding"] is None
    assert reply["ETag"] == f'"{sha256(FILES[path])}"'
    assert reply["Cache-Control"] == "private, no-cache"
    assert reply["X-Content-Type-Options"] == "nosniff"
    head = site.file(path, "HEAD")
    assert (head.status, head.body, head["Content-Length"]) == (200, b"", str(len(FILES[path])))


@pytest.mark.parametrize("path", ["page.html", "drawing.svg", "noise.npy", "table.json", "empty.txt"])
def test_what_a_browser_could_run_is_put_into_an_origin_of_its_own(site: Site, path: str):
    assert site.file(path)["Content-Security-Policy"] == SANDBOX
    known = site.file(path, If_None_Match=f'"{sha256(FILES[path])}"')
    assert known["Content-Security-Policy"] == SANDBOX, "a stored page takes the headers of the answer that renews it"


@pytest.mark.parametrize("path", ["deep/er/pixel.png", "film.mp4", "sound.wav"])
def test_what_is_only_shown_is_not_in_the_sandbox(site: Site, path: str):
    policy = site.file(path)["Content-Security-Policy"]
    assert policy is not None
    assert "sandbox" not in policy


def test_a_known_version_is_not_sent_again(site: Site):
    tag = f'"{sha256(FILES["film.mp4"])}"'
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        reply = site.file("film.mp4", If_None_Match=known)
        assert (reply.status, reply.body, reply["ETag"]) == (304, b"", tag)
    assert site.file("film.mp4", If_None_Match='"other"').status == 200


def test_a_film_can_be_sought_in(site: Site):
    film = FILES["film.mp4"]
    size = len(film)
    assert site.file("film.mp4")["Accept-Ranges"] == "bytes"
    for asked, first, last in [
        ("bytes=0-0", 0, 0),
        ("bytes=1000-600000", 1_000, 600_000),
        (f"bytes={size - 1}-", size - 1, size - 1),
        ("bytes=-7", size - 7, size - 1),
        ("bytes=5-999999999999", 5, size - 1),
    ]:
        reply = site.file("film.mp4", Range=asked)
        assert (reply.status, reply.body) == (206, film[first : last + 1])
        assert reply["Content-Range"] == f"bytes {first}-{last}/{size}"
        assert reply["Content-Length"] == str(last + 1 - first)
    beyond = site.file("film.mp4", Range=f"bytes={size}-")
    assert (beyond.status, beyond["Content-Range"]) == (416, f"bytes */{size}")
    for whole in ("bytes=0-1,5-6", "lines=1-2", "bytes=9-3"):
        assert site.file("film.mp4", Range=whole).body == film
    old = site.file("film.mp4", Range="bytes=0-1", If_Range='"other"')
    assert (old.status, old.body) == (200, film)
    same = site.file("film.mp4", Range="bytes=0-1", If_Range=f'"{sha256(film)}"')
    assert (same.status, same.body) == (206, film[:2])


def test_a_blob_is_kept_for_ever_under_its_own_name(site: Site):
    reply = site.ask(f"/blob/{sha256(PIXEL)}.png")
    assert (reply.status, reply.body, reply["Content-Type"]) == (200, PIXEL, "image/png")
    assert reply["Cache-Control"] == "private, max-age=31536000, immutable"
    assert site.ask(f"/blob/{sha256(PIXEL)}")["Content-Type"] == "application/octet-stream"
    assert site.ask(f"/blob/{sha256(b'nobody')}").status == 404
    for name in ("x", sha256(PIXEL)[:-1], "..%2f..%2fstore.sqlite", sha256(PIXEL).upper()):
        assert site.ask(f"/blob/{name}").status == 400


def test_what_is_not_there_is_said(site: Site):
    for reply in (site.file("no.txt"), site.file("film.mp4", run="nobody"), site.file("../../etc/passwd")):
        assert (reply.status, b"not_found" in reply.body) == (404, True)
    assert site.ask("/file?entity=local&project=files&run=r").status == 400
    assert site.file("film.mp4", "POST").status == 400


def test_a_foreign_name_is_refused(site: Site):
    assert site.file("film.mp4", Host="evil.com").status == 403


def test_a_file_whose_content_is_elsewhere_says_so(place: Place, site: Site):
    root = place.directory / "stepwell" if place.server is None else place.server.directory
    content = FILES["sound.wav"]
    path = root / "blobs" / sha256(content)[:2] / sha256(content)
    aside = path.rename(Path(f"{path}.aside"))
    try:
        reply = site.file("sound.wav")
        assert (reply.status, b"not arrived yet" in reply.body) == (503, True)
        present = {each["path"]: each["present"] for each in site.list().json["files"]}
        assert present == {name: name != "sound.wav" for name in FILES}
    finally:
        aside.rename(path)
    assert site.file("sound.wav").body == content
