"""Imports that meet what they cannot read or store: it costs itself only, and is told (invariant E1)."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from stepwell import Api
from stepwell.cli.main import main
from stepwell.imports.wandb.importer import WandbImport
from tests.e2e.cli.test_import_wandb import framed
from tests.unit.imports.test_event_files import event, field, record, scalar, tensor_value

LONG = "x" * 2_000


def import_logs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Import the event files; returns the exit code, and what was said."""
    code = main(["import-tensorboard", str(tmp_path / "logs"), "--project", "p", "--dir", str(tmp_path / "out")])
    said = capsys.readouterr()
    return code, said.out + said.err


def write_events(tmp_path: Path, name: str, *records: bytes, file: str = "events.out.tfevents.1.host") -> Path:
    folder = tmp_path / "logs" / name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file
    path.write_bytes(record(field(1, 1e9) + field(3, "brain.Event:2")) + b"".join(records))
    return path


def rows(tmp_path: Path) -> dict[str, list[tuple[int, Any]]]:
    with Api(tmp_path / "out") as api:
        return {run.name: [(row["_step"], row.get("loss")) for row in run.scan_history()] for run in api.runs("p")}


def sound(step: int) -> bytes:
    return record(event(step, 1e9 + step, scalar("loss", step / 2)))


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


PICTURE = field(5, field(1, field(1, "pic") + field(4, field(4, b"no"))))
BAD_EVENTS: dict[str, tuple[bytes, str]] = {
    "a tag that is too long": (record(event(1, 1.0, scalar(LONG, 2.0))), "xxxx"),
    "a damaged record": (flipped(sound(1), -6), "is damaged at byte"),
    "no message": (record(b"\x0b"), "holds no event"),
    "a picture that is none": (record(event(1, 1.0, PICTURE)), "pic"),
    "a tensor that lies": (record(event(1, 1.0, tensor_value("t", field(1, 1) + field(5, b"123")))), "'t'"),
    "nothing but noise": (record(b"\xff" * 30), "holds no event"),
}


@pytest.mark.parametrize("bad", BAD_EVENTS)
def test_a_bad_event_costs_itself_only(tmp_path: Path, capsys: pytest.CaptureFixture[str], bad: str):
    data, named = BAD_EVENTS[bad]
    path = write_events(tmp_path, "a", sound(0), data, sound(2))
    write_events(tmp_path, "b", sound(5))
    code, said = import_logs(tmp_path, capsys)
    assert rows(tmp_path) == {"a": [(0, 0.0), (2, 1.0)], "b": [(5, 2.5)]}
    assert code == 1
    assert str(path) in said, said
    assert named in said, said


def test_the_other_values_of_a_bad_event_are_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    both = scalar("loss", 1.5)[2:], scalar(LONG, 2.0)
    write_events(tmp_path, "a", record(event(3, 1.0, field(5, both[0]), both[1])), sound(4))
    code, _ = import_logs(tmp_path, capsys)
    assert code == 1
    assert rows(tmp_path)["a"] == [(3, 1.5), (4, 2.0)]


def test_any_step_and_time_can_be_read_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Steps that 64 bits hold are kept, and a time that is none is the one before."""
    steps = [-(2**63), -1, 0, 2**63 - 1]
    times = [float("nan"), 1e9, float("inf"), 1e300]
    events = [record(event(step, time, scalar("loss", 0.5))) for step, time in zip(steps, times, strict=True)]
    write_events(tmp_path, "a", *events)
    code, _ = import_logs(tmp_path, capsys)
    assert code == 0
    with Api(tmp_path / "out") as api:
        (run,) = api.runs("p")
        found = list(run.scan_history())
    assert [row["_step"] for row in found] == steps
    assert [row["_timestamp"] for row in found] == [0.0, 1e9, 1e9, 1e9]
    assert run.created_at


@pytest.mark.parametrize("name", ["_step", "_runtime", "_timestamp", "_label"])
def test_a_tag_that_is_called_as_what_every_row_has_costs_neither(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
):
    write_events(
        tmp_path, "a", record(event(3, 1e9, scalar(name, float("nan")))), record(event(4, 1e9, scalar(name, 7)))
    )
    code, _ = import_logs(tmp_path, capsys)
    with Api(tmp_path / "out") as api:
        (run,) = api.runs("p")
        found = list(run.scan_history())
    key = name if name == "_label" else f"tag/{name}"
    assert code == 0
    assert [(row["_step"], row["_timestamp"], row["_runtime"]) for row in found] == [(3, 1e9, 0.0), (4, 1e9, 0.0)]
    assert [row[key] == row[key] for row in found] == [False, True]
    assert found[1][key] == 7


def test_tags_of_any_bytes_and_long_texts_are_imported(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    text = b"y" * 5_000_000
    parts = scalar(b"caf\xe9", 2.0), scalar("", 3.0), tensor_value("text", field(1, 7) + field(8, text))
    write_events(tmp_path, "a", record(event(1, 1e9, *parts)), sound(2))
    code, said = import_logs(tmp_path, capsys)
    assert (code, "left out" in said) == (0, False)
    with Api(tmp_path / "out") as api:
        (run,) = api.runs("p")
        first, second = ({key: row[key] for key in row if key[:1] != "_"} for row in run.scan_history())
    assert first == {"caf\\udce9": 2.0, "": 3.0, "text": text.decode()}
    assert second == {"loss": 1.0}


def test_a_file_whose_framing_is_damaged_is_read_to_there_and_others_to_their_ends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = write_events(tmp_path, "a", sound(0), flipped(sound(1), 0), sound(2))
    write_events(tmp_path, "a", sound(3), file="events.out.tfevents.2.host")
    code, said = import_logs(tmp_path, capsys)
    assert (code, rows(tmp_path)["a"]) == (1, [(0, 0.0), (3, 1.5)])
    assert f"{path} is damaged at byte" in said


def test_a_file_that_cannot_be_read_stops_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    closed = write_events(tmp_path, "a", sound(0))
    write_events(tmp_path, "a", sound(1), file="events.out.tfevents.2.host")
    # A file of the name of one, and a link that leads nowhere, are no files.
    (tmp_path / "logs" / "a" / "events.out.tfevents.3.host").mkdir()
    (tmp_path / "logs" / "a" / "events.out.tfevents.4.host").symlink_to(tmp_path / "nowhere")
    usual = Path.open

    def refuse(path: Path, *arguments: Any, **named: Any) -> Any:
        if path.name == closed.name:
            raise PermissionError(13, "Permission denied", str(path))
        return usual(path, *arguments, **named)

    monkeypatch.setattr(Path, "open", refuse)
    code, said = import_logs(tmp_path, capsys)
    monkeypatch.undo()
    assert (code, rows(tmp_path)["a"]) == (1, [(1, 0.5)])
    assert f"{closed} cannot be read: Permission denied" in said


def test_a_directory_that_cannot_be_read_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    write_events(tmp_path, "a/closed", sound(0))
    write_events(tmp_path, "b", sound(1))
    usual = os.scandir

    def refuse(path: Any = ".") -> Any:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return usual(path)

    monkeypatch.setattr(os, "scandir", refuse)
    code, said = import_logs(tmp_path, capsys)
    monkeypatch.undo()
    assert (code, rows(tmp_path)) == (1, {"b": [(1, 0.5)]})
    assert f"{tmp_path / 'logs' / 'a' / 'closed'} cannot be read: Permission denied" in said


def test_names_of_any_bytes_are_imported(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    write_events(tmp_path, os.fsdecode(b"caf\xe9"), sound(0), file=os.fsdecode(b"events.out.tfevents.1.\xe9"))
    assert import_logs(tmp_path, capsys)[0] == 0
    assert rows(tmp_path) == {"caf\\udce9": [(0, 0.0)]}
    code, said = import_logs(tmp_path, capsys)
    assert code == 0
    assert "nothing new" in said


def test_what_is_left_out_is_told_in_few_sentences(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    tags = [f"{LONG}{number}" for number in range(100)]
    write_events(tmp_path, "a", *(record(event(1, 1.0, scalar(tag, 1.0))) for tag in tags), sound(2))
    code, said = import_logs(tmp_path, capsys)
    assert code == 1
    assert "80 more values of 80 keys" in said
    assert len(said.splitlines()) < 40


# wandb's logs.


def item(key: str, text: str) -> bytes:
    return field(1, field(1, key) + field(16, text))


def history(step: int, *items: bytes) -> bytes:
    return field(2, b"".join(items) + field(2, field(1, step)))


def log_of(tmp_path: Path, name: str, *records: bytes) -> Path:
    folder = tmp_path / "wandb" / f"offline-run-{name}"
    folder.mkdir(parents=True)
    path = folder / f"run-{name}.wandb"
    path.write_bytes(framed([field(17, field(1, name) + field(3, "p")), *records, field(18, field(1, 0))]))
    return path


BAD_RECORDS: dict[str, tuple[bytes, str]] = {
    "a key that is too long": (history(1, item(LONG, "2")), "xxxx"),
    "a value that is no JSON": (history(1, item("odd", "{")), "'odd'"),
    "a value nested without end": (history(1, item("deep", "[" * 100_000)), "'deep'"),
    "a value nested too deep": (history(1, item("deep", "[" * 60 + "]" * 60)), "'deep'"),
    "a text that is larger than a row": (history(1, item("text", f'"{"x" * 9_000_000}"')), "'text'"),
    "no message": (b"\x12\xff", "record 3"),
    "a step that is none": (field(2, item("loss", "7") + item("_step", '"no"')), "record 3"),
    "a step beyond 64 bits": (field(2, item("loss", "7") + item("_step", str(2**70))), "'loss'"),
    "a config that is no JSON": (field(5, item("lr", "nul")), "'lr'"),
    "a config nested too deep": (field(5, item("lr", "[" * 60 + "]" * 60)), "config.lr"),
    "a summary nested too deep": (field(3, item("best", "[" * 60 + "]" * 60)), "'best'"),
    "notes that are larger than a row": (
        field(17, field(1, "first") + field(3, "p") + field(9, "n" * 9_000_000)),
        "'notes'",
    ),
    "a file that can have no such name": (field(6, field(1, field(1, "x" * 5_000))), "xxxx"),
    "a record of a medium that is none": (history(1, item("pic", '{"_type": "histogram", "packedBins": {}}')), "'pic'"),
}


@pytest.mark.parametrize("bad", BAD_RECORDS)
def test_a_bad_record_of_wandb_costs_itself_only(tmp_path: Path, capsys: pytest.CaptureFixture[str], bad: str):
    data, named = BAD_RECORDS[bad]
    path = log_of(tmp_path, "first", history(0, item("loss", "1.5")), data, history(2, item("loss", "2.5")))
    log_of(tmp_path, "second", history(0, item("loss", "3.5")))
    code = main(["import-wandb", str(tmp_path / "wandb"), "--dir", str(tmp_path / "out")])
    said = capsys.readouterr().err
    with Api(tmp_path / "out") as api:
        found = {run.id: [(row["_step"], row["loss"]) for row in run.scan_history(["loss"])] for run in api.runs("p")}
    assert found == {"first": [(0, 1.5), (2, 2.5)], "second": [(0, 3.5)]}
    assert code == 1
    assert str(path.parent) in said, said
    assert named in said, said


def test_times_of_wandb_that_are_none_can_be_read_back(tmp_path: Path):
    times = ["NaN", "1e300", "-5", "1700000000"]
    rows = [history(step, item("loss", "1"), item("_timestamp", time)) for step, time in enumerate(times)]
    done = WandbImport(tmp_path / "out").run(log_of(tmp_path, "r", *rows))
    assert (done.rows, done.left_out) == (4, [])
    with Api(tmp_path / "out") as api:
        run = api.run("p/r")
        assert run.created_at < "9999"
        assert len(list(run.scan_history())) == 4


def test_a_tag_that_no_run_may_have_is_left_out(tmp_path: Path):
    path = log_of(tmp_path, "r")
    run = field(1, "r") + field(3, "p") + field(10, "sound") + field(10, "x" * 65)
    path.write_bytes(framed([field(17, run), field(18, field(1, 0))]))
    done = WandbImport(tmp_path / "out").run(path)
    assert ["'tags'" in told and "not 65" in told for told in done.left_out] == [True]
    with Api(tmp_path / "out") as api:
        assert api.run("p/r").tags == ["sound"]


def test_a_log_that_cannot_be_opened_stops_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    log_of(tmp_path, "good", history(0, item("loss", "1")))
    bad = log_of(tmp_path, "bad")
    bad.write_bytes(framed([field(17, field(1, "a:b/c") + field(3, "p"))]))  # no id of ours
    code = main(["import-wandb", str(tmp_path / "wandb"), "--dir", str(tmp_path / "out"), "--json"])
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert code == 1
    assert sorted("error" in each for each in told) == [False, True]


def test_more_keys_than_a_run_may_have_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("STEPWELL_MAX_KEYS", "3")
    write_events(tmp_path, "a", *(record(event(step, 1.0, scalar(f"tag{step}", 1.0))) for step in range(5)))
    code, said = import_logs(tmp_path, capsys)
    assert code == 1
    assert "2 values of 'further keys' left out" in said
