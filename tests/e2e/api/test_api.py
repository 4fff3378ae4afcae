"""The reading side, over a directory and over a server: columns, changes, files, media, deletion."""

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import stepwell
from stepwell import Api, CommError, UsageError
from stepwell.errors import UnsupportedError, WaitTimeoutError
from tests.support.places import Place, exactly, scan
from tests.support.processes import script, wait_until

pytestmark = pytest.mark.e2e

ROWS = 3_000
SCRIPT = f"""
import math
import numpy as np
import stepwell
with stepwell.init(project="api", id="r", config={{"lr": 0.1, "opt": {{"name": "adam"}}}}, tags=["one"]) as run:
    for i in range({ROWS}):
        row = {{"loss": 1 / (i + 1), "i": i, "x": -i, "mixed": i if i % 2 else i / 2, "d": {{"e": i}}}}
        if i % 3 == 0:
            row["seldom"] = i
        if i % 7 == 0:
            row["text"] = f"t{{i}}" if i % 2 else None
            row["gap"] = math.nan if i == 7 else float(i)
        run.log(row)
    run.summary["best"] = {{"loss": 0.5}}
"""
MEDIA = """
import numpy as np
import stepwell
pixels = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
with stepwell.init(project="api", id=ID) as run:
    both = [stepwell.Image(pixels), stepwell.Image(255 - pixels)]
    run.log({"image": stepwell.Image(pixels, caption="one"), "list": both})
    run.log({"path": "plain text"})
    table = stepwell.Table(columns=["a", "b"], data=[[1, "x"], [2.5, None]])
    html = stepwell.Html("<p>hi</p>", inject=False)
    run.log({"table": table, "hist": stepwell.Histogram([1, 2, 3], num_bins=2), "html": html})
    open("notes.txt", "w").write("some notes " * 200_000)
    run.save("notes.txt")
"""


@pytest.fixture(scope="module")
def run(place: Place) -> Any:
    place.run(SCRIPT)
    return place.api().run("api/r")


def media_run(place: Place, name: str) -> Any:
    place.run(MEDIA.replace("ID", repr(name)))
    return place.api().run(f"api/{name}")


def test_columns_are_the_rows_of_a_scan(run: Any):
    columns = run.scan_columns()
    assert columns.rows == ROWS
    assert list(columns)[:3] == ["_step", "_runtime", "_timestamp"]
    rows = [
        {key: column[index] for key, column in columns.items() if column[index] is not np.ma.masked}
        for index in range(ROWS)
    ]
    plain = [
        {key: value.item() if isinstance(value, np.generic) else value for key, value in row.items()} for row in rows
    ]
    assert exactly(plain) == exactly([{key: row[key] for key in columns if key in row} for row in run.scan_history()])
    assert {key: column.dtype.kind for key, column in columns.items() if not key.startswith("_")} == {
        **dict.fromkeys(("d.e", "i", "seldom", "x"), "i"),
        **dict.fromkeys(("gap", "loss"), "f"),
        **dict.fromkeys(("mixed", "text"), "O"),
    }


def test_columns_of_a_window_and_of_keys(run: Any):
    columns = run.scan_columns(["x", "seldom"], min_step=10, max_step=13)
    assert list(columns) == ["_step", "_runtime", "_timestamp", "x", "seldom"]
    assert columns["x"].tolist() == [-10, -11, -12]
    assert columns["seldom"].tolist() == [None, None, 12]
    assert run.scan_columns(["never"]).rows == 0


def test_a_series_comes_in_buckets_or_as_its_points(run: Any):
    line = run.series("i", buckets=100)
    assert len(line["x"]) <= 100
    assert line["count"].sum() == ROWS
    assert line["mean"].tolist() == ((line["first"] + line["last"]) / 2).tolist()
    assert (line["min"].min(), line["max"].max()) == (0, ROWS - 1)
    points = run.series("loss", buckets=ROWS)
    assert (points["x"].tolist(), points["count"].tolist()) == (list(range(ROWS)), [1] * ROWS)
    assert all(points[name].tolist() == [1 / (i + 1) for i in range(ROWS)] for name in ("mean", "min", "last"))
    assert run.series("i", x_axis="x", buckets=ROWS)["x"].tolist() == list(range(1 - ROWS, 1))
    assert run.series("never")["x"].size == 0
    with pytest.raises(CommError, match="buckets"):
        run.series("i", buckets=0)


def test_tables_of_other_packages_have_the_same_rows(run: Any):
    frame = run.to_pandas(["i", "seldom", "gap"], max_step=10)
    assert frame["i"].tolist() == list(range(10))
    assert str(frame["seldom"].dtype) == "Int64"
    assert frame["seldom"].isna().tolist() == [bool(i % 3) for i in range(10)]
    table = run.to_arrow(["i", "seldom"])
    assert table.column("seldom").null_count == ROWS - ROWS // 3
    assert table.column("i").to_pylist() == list(range(ROWS))
    polars = pytest.importorskip("polars")
    assert isinstance(run.to_polars(["i"]), polars.DataFrame)


def test_a_package_that_is_missing_is_named_with_its_extra(run: Any, monkeypatch: pytest.MonkeyPatch):
    import sys

    for package, extra in (("polars", "polars"), ("pyarrow", "parquet"), ("pandas", "pandas")):
        monkeypatch.setitem(sys.modules, package, None)
        method = {"polars": run.to_polars, "pyarrow": run.to_arrow, "pandas": run.to_pandas}[package]
        with pytest.raises(ImportError, match=rf"{package}.*stepwell\[{extra}\]"):
            method(["i"])


def test_a_sample_along_another_axis_is_sorted_by_it(run: Any):
    rows = run.history(samples=50, keys=["loss"], x_axis="x", pandas=False)
    found = [row["x"] for row in rows]
    assert found == sorted(found)
    assert {0, -ROWS + 1} <= set(found)
    assert set(rows[0]) == {"_step", "_runtime", "_timestamp", "loss", "x"}
    assert run.history(stream="system", pandas=False) == []
    with pytest.raises(UsageError, match="stream"):
        run.history(stream="other")


def test_histories_of_several_runs(place: Place, run: Any):
    rows = place.api().runs("api", {"name": "r"}).histories(samples=10, keys=["i"])
    assert {row["run_id"] for row in rows} == {"r"}
    frame = place.api().runs("api", {"name": "r"}).histories(samples=10, keys=["i"], format="pandas")
    assert frame["i"].tolist() == [row["i"] for row in rows]
    assert place.api().runs("api", {"name": "r"}).to_pandas()["config.lr"].tolist() == [0.1]


def test_what_is_changed_is_written_once_and_the_run_stays_finished(place: Place):
    place.run(SCRIPT.replace('id="r"', 'id="changed"').replace(str(ROWS), "10"))
    run = place.api().run("api/changed")
    before = scan(run)
    run.config["lr"] = 0.2
    run.config["new"] = {"a": [1, 2]}
    del run.config["opt"]
    run.summary["best"]["loss"] = 0.25
    run.summary["deep"] = {"er": 1}
    run.summary["nan"] = math.nan
    del run.summary["x"]
    run.tags.append("two")
    run.name, run.notes, run.group, run.job_type = "Name", "Notes", "group", "job"
    run.update()
    for read in (run, place.api().run("api/changed")):
        assert read.config == {"lr": 0.2, "new": {"a": [1, 2]}}
        assert (read.name, read.notes, read.group, read.job_type) == ("Name", "Notes", "group", "job")
        assert read.tags == ["one", "two"]
        assert read.summary["best"]["loss"] == read.summary["best.loss"] == 0.25
        assert read.summary["deep"] == {"er": 1}
        assert math.isnan(read.summary["nan"])
        assert "x" not in read.summary
        assert read.summary["i"] == 9
        assert (read.state, read.exit_code, read.labels) == ("finished", 0, [""])
        assert exactly(scan(read)) == exactly(before)
    changed = run.summary.changes()
    assert changed == ({}, []), "what was written is not written again"
    run.update()


def test_an_array_of_the_summary_becomes_a_file(place: Place):
    place.run(SCRIPT.replace('id="r"', 'id="tensor"').replace(str(ROWS), "10"))
    run = place.api().run("api/tensor")
    tensor = np.random.default_rng(3).random(1000)
    run.summary["tensor"] = tensor
    run.summary.update()
    record = place.api().run("api/tensor").summary["tensor"]
    assert (record["_type"], record["shape"]) == ("array", [1000])
    assert record["95%"] == pytest.approx(np.percentile(tensor, 95), rel=1e-12)
    again = place.api().run("api/tensor")
    assert exactly(again.media(record).tolist()) == exactly(tensor.tolist())
    assert again.state == "finished"


def test_a_value_that_cannot_be_stored_is_named_and_changes_nothing(place: Place, run: Any):
    changed = place.api().run("api/r")
    changed.summary["wrong"] = object()
    with pytest.raises(TypeError, match="wrong"):
        changed.summary.update()
    assert "wrong" not in place.api().run("api/r").summary
    with pytest.raises(UsageError, match="tags"):
        changed.tags = "text"
    with pytest.raises(UsageError, match="name"):
        changed.name = 3


def test_files_are_listed_downloaded_and_verified(place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    run = media_run(place, "files")
    names = [file.name for file in run.files()]
    assert names == sorted(names)
    assert [file.name for file in run.files(pattern="media/images/*")] == [name for name in names if "/images/" in name]
    assert [file.name for file in run.files(names=["notes.txt"])] == ["notes.txt"]
    file = run.file("notes.txt")
    notes = b"some notes " * 200_000
    assert (file.size, file.sha256, file.mimetype) == (len(notes), hashlib.sha256(notes).hexdigest(), "text/plain")
    assert file.read() == notes == file.open().read()
    with file.download(root=tmp_path / "a") as downloaded:
        assert downloaded.read().encode() == notes
    with pytest.raises(ValueError, match="replace"):
        file.download(root=tmp_path / "a")
    file.download(root=tmp_path / "a", exist_ok=True).close()
    (tmp_path / "a" / "notes.txt").write_text("other")
    file.download(root=tmp_path / "a", replace=True).close()
    assert (tmp_path / "a" / "notes.txt").read_bytes() == notes
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["notes.txt"]
    with pytest.raises(CommError, match=r"nothing\.txt"):
        run.file("nothing.txt")
    with pytest.raises(UnsupportedError, match=r"notes\.txt"):
        file.delete()


def test_a_download_goes_on_where_it_broke_off_and_a_wrong_part_is_found(place: Place, tmp_path: Path):
    run = media_run(place, "resumed")
    file = run.file("notes.txt")
    notes = b"some notes " * 200_000
    partial = tmp_path / f"notes.txt.{file.sha256[:12]}.part"
    partial.write_bytes(notes[:1_234_567])
    file.download(root=tmp_path).close()
    assert (tmp_path / "notes.txt").read_bytes() == notes
    partial.write_bytes(b"other" + notes[5:1_234_567])
    with pytest.raises(CommError, match="SHA-256"):
        file.download(root=tmp_path, replace=True)
    assert not partial.exists()
    assert (tmp_path / "notes.txt").read_bytes() == notes


def test_a_file_without_its_content_is_not_called_a_server_that_is_away(tmp_path: Path):
    with stepwell.init(project="api", id="gone", dir=str(tmp_path)) as run:
        run.log({"page": stepwell.Html("<p>hi</p>")})
    for path in tmp_path.glob("blobs/*/*"):
        path.unlink()
    with Api(tmp_path) as api:
        (file,) = api.run("api/gone").files()
        with pytest.raises(CommError, match=r"^the content of \"media/html/page_.* has not arrived yet"):
            file.download(root=tmp_path / "copy")


def test_media_are_read_as_what_they_are(place: Place):
    run = media_run(place, "media")
    rows = {row["_step"]: row for row in run.scan_history()}
    record = rows[0]["image"]
    assert record["sha256"] == run.file(record["path"]).sha256
    assert record["size"] == run.file(record["path"]).size
    pixels = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
    assert np.array_equal(np.asarray(run.media(record)), pixels)
    both = run.media(rows[0]["list"])
    assert [np.asarray(image).tolist() for image in both] == [pixels.tolist(), (255 - pixels).tolist()]
    assert rows[1]["path"] == "plain text"
    assert set(rows[1]) == {"_step", "_runtime", "_timestamp", "path"}
    table = run.media(run.summary["table"])
    assert (table.columns, table.data) == (["a", "b"], [[1, "x"], [2.5, None]])
    assert table.rows() == [{"a": 1, "b": "x"}, {"a": 2.5, "b": None}]
    assert table.get_column("b") == ["x", None]
    assert len(table.to_pandas()) == len(table) == 2
    counts, edges = run.media(rows[2]["hist"])
    assert (counts.tolist(), edges.tolist()) == ([1, 2], [1.0, 2.0, 3.0])
    assert run.media(rows[2]["html"]) == "<p>hi</p>"
    columns = run.scan_columns(["image"])
    assert columns["image"][0]["sha256"] == record["sha256"]
    with pytest.raises(ValueError, match="no media record"):
        run.media({"a": 1})


def test_a_deleted_run_is_gone_for_good(place: Place):
    place.run(SCRIPT.replace('project="api", id="r"', 'project="gone", id="r"').replace(str(ROWS), "10"))
    api = place.api()
    api.run("gone/r").delete()
    assert len(api.runs("gone")) == 0
    with pytest.raises(CommError) as raised:
        api.run("gone/r")
    assert raised.value.not_found
    place.run(SCRIPT.replace('project="api", id="r"', 'project="gone", id="r"').replace(str(ROWS), "5"))
    assert place.api().run("gone/r").rows == 5


def test_a_run_that_is_written_is_waited_for_and_not_deleted_under_its_writer(tmp_path: Path):
    source = """
    import sys, time
    from pathlib import Path
    import stepwell
    with stepwell.init(project="api", id="live") as run:
        run.log({"a": 1})
        while not Path(sys.argv[1]).exists():
            time.sleep(0.01)
    """
    (tmp_path / "stepwell").mkdir()
    enough = tmp_path / "enough"
    with script(source, tmp_path, {}, str(enough)) as training, Api(tmp_path / "stepwell") as api:
        run = wait_until("the run is there", lambda: find(api, "api/live"))
        assert run.state == "running"
        with pytest.raises(CommError, match="process"):
            run.delete()
        with pytest.raises(WaitTimeoutError, match="still runs"):
            run.wait_until_finished(timeout=0.01)
        enough.touch()
        assert run.wait_until_finished(timeout=60).state == "finished"
        assert training.wait().code == 0
        run.delete()
        assert len(api.runs("api")) == 0


def find(api: Api, path: str) -> Any:
    try:
        run = api.run(path)
    except CommError:
        return None
    return run if run.rows else None


def test_the_rest_of_what_wandb_has(place: Place, run: Any):
    api = place.api()
    assert api.project("api").runs >= 1
    assert api.project("local/api").id == "local/api"
    assert api.from_path("local/api").path == ["local", "api"]
    assert api.from_path("local/api/r").load_full_data().id == "r"
    with pytest.raises(CommError, match="nowhere"):
        api.project("nowhere")
    assert api.viewer.entity == api.default_entity == "local"
    api.flush()
    api.create_project("later", "local")
    assert (api.settings["entity"], api.settings["base_url"]) == ("local", api.url)
    for name in ("sweep", "artifact_type", "artifact_types", "create_run", "reports"):
        assert not hasattr(api, name)
        with pytest.raises(UnsupportedError, match=name):
            getattr(api, name)
    assert run.logged_artifacts() == []
    assert (run.user, run.user.username, run.lastHistoryStep) == ("local", "local", ROWS - 1)
    assert (run.createdAt, run.heartbeatAt, run.displayName) == (run.created_at, run.heartbeat_at, run.name)
    assert (run.historyLineCount, run.metadata, run.system_metrics) == (ROWS, {}, {})
    assert run.id in [each.id for each in api.runs("api").objects]
    assert json.loads(run.json_config)["lr"] == {"value": 0.1, "desc": None}
    assert run.rawconfig == run.config
    assert run.load(force=True).path == ["local", "api", "r"]


def test_rare_names_of_wandb_are_there(place: Place, run: Any):
    api = place.api()
    runs = api.runs("api", per_page=1)
    assert runs.more is (len(runs) > 1)
    assert [runs.next().id for _ in runs] == [each.id for each in runs]
    with pytest.raises(StopIteration):
        next(runs)
    scan = run.scan_history()
    assert (scan.next()["_step"], next(scan)["_step"], len(list(scan))) == (0, 1, ROWS - 2)
    assert (run.storage_id, run.commit) == (run.id, None)
    assert (run.attrs["displayName"], run.attrs["config"]) == (run.name, run.config)
    assert run.name in run.to_html(hidden=True)
    assert not run.display()
    with pytest.raises(UnsupportedError, match="client"):
        _ = api.client


def test_a_run_is_found_by_its_address(place: Place, run: Any):
    api = place.api()
    for path in ("api/runs/r", "/api/runs/r/", "local/api/runs/r", "http://host:1/local/api/runs/r/charts?x=1#y"):
        assert api.run(path).path == ["local", "api", "r"], path
    if run.url:
        assert api.run(run.url).path == ["local", "api", "r"]
    place.run("import stepwell; stepwell.init(entity='api', project='runs', id='r').finish()")
    assert api.run("api/runs/r").path == ["api", "runs", "r"], "a project of this name goes first"
    for path in ("api/runs/none", "runs/runs/none"):
        with pytest.raises(CommError, match="none") as raised:
            api.run(path)
        assert raised.value.not_found


def test_changes_that_no_server_takes_are_told(place: Place, run: Any):
    if place.server is None:
        return
    changed = Api(place.address, timeout=2).run("api/r")
    place.server.stop()
    changed.summary["late"] = 1
    with pytest.raises(CommError, match="did not reach"):
        changed.summary.update()
    place.server.start()
    assert "late" not in place.api().run("api/r").summary


def test_columns_say_what_they_are(run: Any):
    assert "3,000 rows" in repr(run.scan_columns(["i"]))
    assert stepwell.Api is Api
