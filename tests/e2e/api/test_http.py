"""HTTP and WebSocket, decoded in pure Python: series equal what was logged, new points are pushed."""

import contextlib
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.http_api import Batch, Live, batch_body, get, panel, post, series_batch
from tests.support.places import exactly
from tests.support.processes import ServerProcess, run_script, script, wait_until

pytestmark = pytest.mark.e2e

ROWS = 5_000
SCRIPT = f"""
import math
import numpy as np
import stepwell

with stepwell.init(project="web", id="r", name="a name", tags=["x", "y"], notes="n", group="g", job_type="j",
                   config={{"lr": 0.1, "big": 2**63 - 1, "nested": {{"nan": float("nan")}}}}) as run:
    run.define_metric("val/*", step_metric="epoch", summary="max", goal="maximize")
    for i in range({ROWS}):
        row = {{"loss": math.sin(i / 100) + i % 7, "epoch": i // 100, "exact": 0.1 * i}}
        if i < 5:
            row["odd"] = [float("nan"), math.inf, -math.inf, -0.0, 2**63 - 1][i]
            row["words"] = f"word {{i}}"
            row["hist"] = np.arange(100.0) * (i + 1)
        run.log(row)
    run.log({{"val/acc": 0.5, "n": {{"a": {{"b": 1}}}}}})
"""
LOSS = [math.sin(i / 100) + i % 7 for i in range(ROWS)]


@pytest.fixture(scope="module")
def url(shared_server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> str:
    run_script(SCRIPT, tmp_path_factory.mktemp("train"), shared_server.env)
    return shared_server.url


def test_the_status_says_what_the_server_is(url: str):
    status = get(url, "/status").json
    assert status["mode"] == "server"
    assert abs(status["started_us"] / 1e6 - time.time()) < 600
    assert Path(status["directory"]).is_dir()
    assert status["version"]


def test_projects_and_runs_are_listed(url: str):
    (project,) = [each for each in get(url, "/projects").json["projects"] if each["name"] == "web"]
    assert (project["entity"], project["runs"], project["running"]) == ("local", 1, 0)
    runs = get(url, "/runs", {"entity": "local", "project": "web"}).json
    assert runs["total"] == 1
    (run,) = runs["runs"]
    assert run == get(url, "/run", {"entity": "local", "project": "web", "run": "r"}).json
    assert (run["run"], run["name"], run["state"], run["slot"]) == ("r", "a name", "finished", 0)
    assert (run["tags"], run["notes"], run["group"], run["job_type"]) == (["x", "y"], "n", "g", "j")
    assert (run["exit_code"], run["rows"], run["last_step"]) == (0, ROWS + 1, ROWS)
    assert run["loss"] == {"sampled_rows": 0, "lost_rows": 0}
    assert [label["label"] for label in run["labels"]] == [""]


def test_values_that_json_lacks_are_written_as_documented(url: str):
    run = get(url, "/run", {"entity": "local", "project": "web", "run": "r"}).json
    assert run["config"]["lr"] == 0.1
    assert run["config"]["big"] == {"_type": "int", "value": str(2**63 - 1)}
    assert run["config"]["nested"]["nan"] == {"_type": "float", "value": "NaN"}
    assert run["summary"]["odd"] == {"_type": "int", "value": str(2**63 - 1)}


def test_keys_are_listed_with_their_kinds(url: str):
    answer = get(url, "/keys", [("entity", "local"), ("project", "web"), ("run", "r")]).json
    keys = {key["key"]: key for key in answer["keys"]}
    assert sorted(keys) == ["epoch", "exact", "hist", "loss", "n.a.b", "odd", "val/acc", "words"]
    assert keys["loss"] == {
        "key": "loss", "kinds": ["number"], "runs": 1, "points": ROWS, "first_step": 0, "last_step": ROWS - 1
    }  # fmt: skip
    assert (keys["words"]["kinds"], keys["hist"]["kinds"]) == (["string"], ["histogram"])
    (metric,) = answer["metrics"]
    assert (metric["name"], metric["step_metric"], metric["summary"]) == ("val/*", "epoch", ["max"])
    assert metric["goal"] == "maximize"


def test_a_short_series_is_its_points_bit_for_bit(url: str):
    series = series_batch(url, "web", panel("r", "exact", **{"from": 100, "to": 199})).one()
    assert series.exact
    assert series.points == 100
    assert set(series.columns) == {"x", "mean"}
    assert series.columns["x"] == list(range(100, 200))
    assert series.columns["mean"] == [0.1 * i for i in range(100, 200)]


def test_nan_and_infinities_are_points(url: str):
    series = series_batch(url, "web", panel("r", "odd")).one()
    assert series.columns["x"] == [0, 1, 2, 3, 4]
    assert exactly(series.columns["mean"]) == exactly([math.nan, math.inf, -math.inf, -0.0, float(2**63 - 1)])


def test_buckets_are_what_the_points_give(url: str):
    batch = series_batch(url, "web", panel("r", "loss", buckets=100))
    series, width = batch.one(), batch.header["panels"][0]["bucket_width"]
    assert not series.exact
    assert series.points == ROWS
    assert width == 64.0, "the smallest power of two that needs at most 100 buckets for 5,000 steps"
    columns = series.columns
    # The middle of a bucket of steps lies between its first and its last one: 0 to 63, 64 to 127, …
    assert columns["x"] == [width * bucket + (width - 1) / 2 for bucket in range(math.ceil(ROWS / width))]
    for index in range(len(columns["x"])):
        part = LOSS[int(index * width) : int((index + 1) * width)]
        assert columns["count"][index] == len(part)
        assert columns["min"][index] == min(part)
        assert columns["max"][index] == max(part)
        assert columns["first"][index] == part[0]
        assert columns["last"][index] == part[-1]
        assert columns["mean"][index] == pytest.approx(math.fsum(part) / len(part), rel=1e-12)


def test_zooming_in_ends_at_the_points(url: str):
    for first, last in ((0, ROWS), (1000, 2000), (1400, 1500)):
        series = series_batch(url, "web", panel("r", "loss", buckets=100, **{"from": first, "to": last})).one()
        assert series.points == min(last, ROWS - 1) - first + 1
    assert series.exact
    assert series.columns["mean"] == LOSS[1400:1501]


def test_the_x_axis_is_any_key(url: str):
    by_epoch = series_batch(url, "web", panel("r", "loss", buckets=16_384, x="epoch")).one()
    assert by_epoch.exact
    assert sorted(by_epoch.columns["mean"]) == sorted(LOSS)
    assert sorted(by_epoch.columns["x"]) == [i // 100 for i in range(ROWS)]
    for name, low, high in (("_timestamp", time.time() - 3600, time.time()), ("_runtime", 0, 3600)):
        series = series_batch(url, "web", panel("r", "loss", buckets=100, x=name)).one()
        assert series.points == ROWS
        assert low <= series.columns["x"][0] <= series.columns["x"][-1] <= high


def test_the_same_question_has_the_same_answer(url: str):
    body = batch_body("web", panel("r", "loss", buckets=77), panel("r", "epoch", buckets=50, log_x=True))
    assert post(url, "/series:batch", body).body == post(url, "/series:batch", body).body


def test_a_series_that_does_not_exist_is_empty(url: str):
    series = series_batch(url, "web", panel("nobody", "nothing")).one()
    assert (series.points, series.columns.get("x", [])) == (0, [])


def test_histograms_come_evenly_over_the_run(url: str):
    body = {"entity": "local", "project": "web", "run": "r", "key": "hist", "label": None, "columns": 3}
    answer = post(url, "/histograms", body).json
    assert answer["points"] == 5
    assert (answer["steps"][0], answer["steps"][-1]) == (0, 4)
    assert len(answer["steps"]) <= 3
    for step, bins, values in zip(answer["steps"], answer["bins"], answer["values"], strict=True):
        counts, edges = np.histogram(np.arange(100.0) * (step + 1), bins=32)
        assert values == counts.tolist()
        assert bins == edges.tolist()


def test_the_newest_other_values_are_listed(url: str):
    body = {"entity": "local", "project": "web", "run": "r", "key": "words", "label": None, "limit": 2}
    answer = post(url, "/values", body).json
    assert answer["points"] == 5
    assert {(value["step"], value["kind"], value["value"]) for value in answer["values"]} == {
        (3, "string", "word 3"),
        (4, "string", "word 4"),
    }


@pytest.mark.parametrize(
    ("path", "body", "status", "code", "named"),
    [
        ("/run?entity=local&project=web&run=nobody", None, 404, "not_found", "nobody"),
        ("/runs?entity=local", None, 400, "invalid", "project"),
        ("/runs?entity=local&project=web&limit=many", None, 400, "invalid", "limit"),
        ("/nonsense", None, 404, "not_found", "docs/http-api.md"),
        ("/series:batch", b"{", 400, "invalid", ""),
        ("/series:batch", {"entity": "local", "project": "web"}, 400, "invalid", "panels"),
        ("/series:batch", batch_body("web", panel("r", "loss", buckets=0)), 400, "invalid", "buckets"),
        ("/series:batch", batch_body("web", panel("r", "loss", buckets=10**9)), 400, "invalid", "buckets"),
        ("/series:batch", b"[" * ((4 << 20) + 1), 413, "too_large", "4 MiB"),
        ("/histograms", {"entity": "local", "project": "web", "run": "r"}, 400, "invalid", "key"),
    ],
)
def test_a_mistake_is_answered_with_what_was_expected(
    url: str, path: str, body: Any, status: int, code: str, named: str
):
    answer = get(url, path) if body is None else post(url, path, body)
    assert answer.status == status, answer.body[:500]
    error = answer.json["error"]
    assert error["code"] == code
    assert named in error["message"]


LIVE = """
import sys, time
import stepwell

run = stepwell.init(project="live", id="r")
run.log({"loss": 0.5})
for i in range(1000):
    time.sleep(0.5)
    run.log({"loss": i + 0.25, "at": time.time()})
"""


def hear_batch(live: Live, at_least: int, deadline: float = 60.0) -> Batch:
    """Return the first binary push that has so many points."""
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        message = live.hear()
        if isinstance(message, Batch) and message.series and message.one().points >= at_least:
            return message
    raise AssertionError(f"no push with {at_least} points within {deadline} s")


@pytest.mark.alone
def test_a_new_point_is_pushed_within_a_second(shared_server: ServerProcess, work: Path):
    url = shared_server.url
    with script(LIVE, work, shared_server.env), Live(url) as live:
        query = {"entity": "local", "project": "live", "run": "r"}
        wait_until("the run is there", lambda: get(url, "/run", query).status == 200)
        live.say({"op": "subscribe", "id": 7, "batch": batch_body("live", panel("r", "at"))})
        first = hear_batch(live, 1)
        assert first.header["subscription"] == 7
        lags = []
        for number in range(first.one().points + 1, first.one().points + 5):
            push = hear_batch(live, number)
            lags.append(time.time() - push.one().columns["mean"][-1])
            assert push.header["seq"] > first.header["seq"]
            assert abs(push.header["server_us"] / 1e6 - time.time()) < 60
        # A busy machine may hold up any one of them; what is pushed only every few seconds is never this
        # quick.
        assert min(lags) <= 1.0, lags


def test_a_quiet_run_pushes_nothing(url: str):
    with Live(url) as live:
        live.say({"op": "subscribe", "id": 1, "batch": batch_body("web", panel("r", "loss"))})
        assert hear_batch(live, ROWS).one().points == ROWS
        heard: list[Any] = []
        with contextlib.suppress(TimeoutError):
            while len(heard) < 10:
                heard.append(live.hear(1.5))
        assert not [message for message in heard if isinstance(message, Batch)], "nothing changed"


def test_a_mistake_on_the_live_connection_is_said_and_the_connection_stays(url: str):
    with Live(url) as live:
        for wrong in ("no json", {"op": "sing"}, {"op": "subscribe", "id": 1, "batch": {"entity": "local"}}):
            live.say(wrong)
            answer = live.hear()
            assert isinstance(answer, dict), answer
            assert answer["op"] == "error"
            assert answer["message"]
        live.say({"op": "subscribe", "id": 2, "batch": batch_body("web", panel("r", "exact"))})
        assert hear_batch(live, 1).header["subscription"] == 2


def test_the_dashboard_itself_is_served(url: str):
    import urllib.request

    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for path in ("/", "/local/web", "/local/web/runs/r/overview"):
        with opener.open(url + path, timeout=60) as response:
            assert response.status == 200
            assert response.headers.get_content_type() == "text/html"
            assert b"<script" in response.read()
