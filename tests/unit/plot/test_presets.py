"""Presets of charts: saved by Api and HTTP, in a directory and at a server; the shipped ones stay."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import stepwell
from stepwell import plot
from stepwell.errors import CommError
from tests.support.http_api import Answer, get
from tests.support.processes import ServerProcess

pytestmark = pytest.mark.e2e

SHIPPED = [
    "wandb/area-under-curve/v0",
    "wandb/bar/v0",
    "wandb/confusion_matrix/v1",
    "wandb/histogram/v0",
    "wandb/line/v0",
    "wandb/lineseries/v0",
    "wandb/scatter/v0",
]
SPEC = {
    "mark": "line",
    "data": {"name": "wandb"},
    "encoding": {"y": {"field": "${field:y}"}, "x": {"field": "${field:x}"}},
}


@pytest.fixture(params=["directory", "server"])
def api(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[stepwell.Api]:
    """Return an Api over an empty directory, and over a server."""
    if request.param == "directory":
        (tmp_path / "stepwell").mkdir()
        with stepwell.Api(tmp_path / "stepwell") as api:
            yield api
        return
    with ServerProcess(tmp_path) as server, stepwell.Api(server.url) as api:
        yield api


def ask(url: str, method: str, name: str, body: Any = None, **headers: str) -> Answer:
    """PUT or DELETE a preset."""
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", **headers}
    request = urllib.request.Request(f"{url}/api/v1/preset?name={name}", data, sent, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=60) as response:
            return Answer(response.status, response.headers.get_content_type(), response.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers.get_content_type(), error.read())


def test_the_shipped_ones_are_there(api: stepwell.Api):
    assert [preset.name for preset in api.presets()] == SHIPPED
    for name in SHIPPED:
        preset = api.preset(name)
        assert (preset.saved_at, preset.title != "") == (0, True)
        assert preset.spec["data"] == {"name": "wandb"}
        with pytest.raises(CommError, match="come with Stepwell"):
            api.save_preset(name, SPEC)
        with pytest.raises(CommError, match="come with Stepwell"):
            api.delete_preset(name)


def test_a_preset_is_saved_changed_listed_and_deleted(api: stepwell.Api):
    saved = api.save_preset("carey/new_chart", SPEC, title="New")
    found = api.preset("carey/new_chart")
    assert saved == found
    assert (found.title, found.saved_at > 1e9) == ("New", True)
    assert json.dumps(found.spec) == json.dumps(SPEC), "the order of its fields stays"
    name = api.create_custom_chart("carey", "new_chart", "Newer", "vega2", "private", json.dumps({"marks": []}))
    assert name == "carey/new_chart"
    assert api.preset(name).spec == {"marks": []}
    (listed,) = api.presets("carey")
    assert (listed.name, listed.title, listed.spec) == (name, "Newer", {})
    assert [preset.name for preset in api.presets()] == sorted([*SHIPPED, name])
    api.delete_preset(name)
    assert api.presets("carey") == []
    with pytest.raises(CommError, match="carey/new_chart"):
        api.preset(name)
    with pytest.raises(CommError, match="carey/new_chart"):
        api.delete_preset(name)


@pytest.mark.parametrize("name", ["carey", "../../etc/passwd", "a/b c", "a//b", "a/" + "b" * 80, ""])
def test_a_bad_name_is_named(api: stepwell.Api, name: str):
    for call in (lambda: api.save_preset(name, SPEC), lambda: api.preset(name), lambda: api.delete_preset(name)):
        with pytest.raises(CommError, match="is no name of a preset; expected owner/name"):
            call()


def test_a_bad_specification_is_refused(api: stepwell.Api):
    for spec in ("", "[]", "{", '{"a": NaN}'):
        with pytest.raises(CommError, match=r"a/b.*must be a JSON object"):
            api.save_preset("a/b", spec)
    for value in (float("nan"), object()):
        with pytest.raises(TypeError, match="a/b"):
            api.save_preset("a/b", {"x": value})
    with pytest.raises(TypeError, match=r"a/b.*list"):
        api.save_preset("a/b", [])  # type: ignore[arg-type]
    with pytest.raises(CommError, match="1048576"):
        api.save_preset("a/b", {"x": "x" * (1 << 20)})
    with pytest.raises(ValueError, match="spec_type"):
        api.create_custom_chart("a", "b", "", "vega9", "private", SPEC)
    with pytest.raises(ValueError, match="access"):
        api.create_custom_chart("a", "b", "", "vega2", "everybody", SPEC)
    assert api.presets("a") == []


def test_over_http(api: stepwell.Api):
    url = api.url
    answer = ask(url, "PUT", "carey/chart", {"title": "T", "spec": SPEC})
    assert answer.status == 200, answer.body
    saved = answer.json
    assert saved == get(url, "/preset", {"name": "carey/chart"}).json
    assert (saved["name"], saved["title"], saved["spec"], saved["shipped"]) == ("carey/chart", "T", SPEC, False)
    assert list(saved["spec"]) == list(SPEC)
    assert api.preset("carey/chart").spec == SPEC
    listed = get(url, "/presets").json["presets"]
    assert [preset["name"] for preset in listed] == ["carey/chart", *SHIPPED]
    assert [preset["shipped"] for preset in listed] == [False, *[True] * len(SHIPPED)]
    assert "spec" not in listed[0]
    assert [preset["name"] for preset in get(url, "/presets", {"owner": "carey"}).json["presets"]] == ["carey/chart"]
    assert get(url, "/preset", {"name": "wandb/line/v0"}).json["shipped"]
    assert ask(url, "DELETE", "carey/chart").status == 200
    assert ask(url, "DELETE", "carey/chart").status == 404
    for method, name, body, status, code in [
        ("PUT", "wandb/line/v0", {"spec": {}}, 400, "invalid"),
        ("DELETE", "wandb/line/v0", None, 400, "invalid"),
        ("PUT", "a/..", {"spec": {}}, 400, "invalid"),
        ("PUT", "a/b", {"title": "no spec"}, 400, "invalid"),
        ("PUT", "a/b", {"spec": []}, 400, "invalid"),
        ("PUT", "a/b", b"{", 400, "invalid"),
        ("PUT", "a/b", {"spec": {"x": "x" * (1 << 20)}}, 413, "too_large"),
    ]:
        answer = ask(url, method, name, body)
        assert (answer.status, answer.json["error"]["code"]) == (status, code), (method, name)
    assert get(url, "/preset").json["error"]["code"] == "invalid"


def test_pages_of_other_sites_change_no_preset(api: stepwell.Api):
    api.save_preset("a/b", SPEC)
    for method, body in (("PUT", {"spec": {}}), ("DELETE", None)):
        assert ask(api.url, method, "a/b", body, Origin="https://evil.example").status == 403
        assert ask(api.url, method, "a/b", body, Host="evil.example").status == 403
    assert api.preset("a/b").spec == SPEC
    assert ask(api.url, "PUT", "a/b", {"spec": {}}, Origin="http://localhost:5173").status == 200


def test_a_preset_outlives_the_server(tmp_path: Path):
    with ServerProcess(tmp_path) as server:
        stepwell.Api(server.url).save_preset("carey/chart", SPEC)
    with ServerProcess(tmp_path) as server:
        assert stepwell.Api(server.url).preset("carey/chart").spec == SPEC


def test_a_chart_may_be_logged_before_its_preset_exists(tmp_path: Path):
    with stepwell.init(project="p", id="r", dir=tmp_path / "stepwell") as run:
        table = stepwell.Table(columns=["step", "height"], data=[[0, 1.5], [1, 2.5]])
        run.log({"chart": stepwell.plot_table("carey/new_chart", table, {"x": "step", "y": "height"})})
    with stepwell.Api(tmp_path / "stepwell") as api:
        found = api.run("p/r")
        (row,) = found.scan_history()
        record = row["chart"]
        assert (record["_type"], record["preset"], record["split_table"]) == ("chart", "carey/new_chart", False)
        assert record["fields"] == {"x": "step", "y": "height"}
        assert (record["table"]["_type"], record["table"]["ncols"], record["table"]["nrows"]) == ("table-file", 2, 2)
        with found.file(record["table"]["path"]).download(root=str(tmp_path)) as file:
            content = json.load(file)
        api.save_preset("carey/new_chart", SPEC)
        rows = [dict(zip(content["columns"], cells, strict=True)) for cells in content["data"]]
        filled = plot.fill(api.preset("carey/new_chart").spec, record, rows)
        assert filled["datasets"]["wandb"] == [{"step": 0, "height": 1.5}, {"step": 1, "height": 2.5}]
        assert filled["encoding"] == {"y": {"field": "height"}, "x": {"field": "step"}}
