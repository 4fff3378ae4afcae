"""`stepwell import-wandb`: an offline run of the real wandb is read as wandb's own reader reads it."""

import json
import shutil
import struct
import zlib
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stepwell import Api
from stepwell.errors import Error, UsageError
from stepwell.imports.protobuf import WireError, parsed
from stepwell.imports.wandb.importer import WandbImport, find_logs
from stepwell.imports.wandb.log import WandbLog
from stepwell.imports.wandb.record import WandbRun
from stepwell.proto.foreign import wandb_pb2
from tests.support.places import exactly
from tests.support.processes import run_command

DATA = Path(__file__).parents[2] / "data" / "wandb"
OFFLINE = DATA / "offline-run-20260101_000000-every1"
LOG = OFFLINE / "run-every1.wandb"
EXPECTED: dict[str, Any] = json.loads((DATA / "expected.json").read_text())
# What wandb keeps of files; reading back adds hash and size of the file that it is now.
OF_WANDB = {"sha256", "size", "artifact_path", "_latest_artifact_path", "log_mode"}


def framed(records: list[bytes]) -> bytes:
    """Write records as LevelDB's documentation of its log format says, with wandb's header and checksum."""
    log = bytearray(struct.pack("<4sHB", b":W&B", 0xBEE1, 0))
    for record in records:
        place, is_first = 0, True
        while is_first or place < len(record):
            left = 32_768 - len(log) % 32_768
            if left < 7:
                log += bytes(left)
                continue
            piece = record[place : place + left - 7]
            place += len(piece)
            is_last = place == len(record)
            kind = {(True, True): 1, (True, False): 2, (False, False): 3, (False, True): 4}[is_first, is_last]
            log += struct.pack("<IHB", zlib.crc32(bytes([kind]) + piece), len(piece), kind) + piece
            is_first = False
    return bytes(log)


def records_of(path: Path, data: bytes) -> tuple[list[bytes], int]:
    path.write_bytes(data)
    log = WandbLog(path)
    return list(log), log.damaged_bytes


def flat(values: dict[str, Any], above: str = "") -> dict[str, Any]:
    leaves: dict[str, Any] = {}
    for key, value in values.items():
        nested = isinstance(value, dict) and "_type" not in value
        leaves |= flat(value, f"{above}{key}.") if nested else {above + key: value}
    return leaves


def without(values: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key not in keys}


def is_plain(value: Any) -> bool:
    return all(map(is_plain, value)) if isinstance(value, list) else not isinstance(value, dict)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Any:
    directory = tmp_path_factory.mktemp("imported")
    done = WandbImport(directory / "stepwell").run(LOG)
    assert (done.path, done.is_new, done.rows) == ("local/imported/every1", True, len(EXPECTED["rows"]))
    assert (done.has_end, done.damaged_bytes) == (True, 0)
    with Api(directory / "stepwell") as api:
        yield api.run("imported/every1")


def test_the_log_is_read_as_wandb_reads_it():
    run = WandbRun.read(WandbLog(LOG))
    private = EXPECTED["config"]["_wandb"]
    assert run.private == private
    assert run.config == without(EXPECTED["config"], "_wandb")
    assert exactly(run.summary) == exactly(without(EXPECTED["summary"], "_wandb"))
    assert [row.step for row in run.rows] == [row["step"] for row in EXPECTED["rows"]]
    for row, expected in zip(run.rows, EXPECTED["rows"], strict=True):
        assert exactly(row.values) == exactly(without(expected["values"], "_step"))
    said = (run.id, run.entity, run.project, run.name, run.notes, run.group, run.job_type)
    names = ("run_id", "entity", "project", "display_name", "notes", "run_group", "job_type")
    assert said == tuple(EXPECTED[name] for name in names)
    assert (run.tags, run.start, run.exit_code) == (EXPECTED["tags"], EXPECTED["start"], 3)
    assert run.files == list(dict.fromkeys(EXPECTED["files"]))
    metrics = [{name: metric[name] for name in EXPECTED["metrics"][0]} for metric in run.metrics]
    assert metrics == EXPECTED["metrics"]


@pytest.mark.e2e
def test_the_run_has_the_attributes_and_the_config(imported: Any):
    assert (imported.name, imported.notes) == ("everything", "two\nlines")
    assert (imported.group, imported.job_type) == ("g", "train")
    assert (imported.tags, imported.state, imported.exit_code) == (["b", "a"], "failed", 3)
    start = datetime.fromtimestamp(EXPECTED["start"], timezone.utc)
    assert imported.created_at == start.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert exactly(imported.config) == exactly(without(EXPECTED["config"], "_wandb"))
    assert imported.runtime == pytest.approx(EXPECTED["summary"]["_runtime"], abs=0.5)


@pytest.mark.e2e
def test_rows_are_those_of_wandb(imported: Any):
    rows = {row["_step"]: row for row in imported.scan_history()}
    assert list(rows) == [row["step"] for row in EXPECTED["rows"]]
    for expected in EXPECTED["rows"]:
        row, values = rows[expected["step"]], flat(expected["values"])
        for key, value in values.items():
            if key == "_timestamp":  # our clock counts microseconds
                assert row[key] == pytest.approx(value, abs=1e-6)
            elif is_plain(value):
                assert exactly(row[key]) == exactly(value), key
        assert set(values) - set(row) <= {"line_table"}


@pytest.mark.e2e
def test_the_summary_is_that_of_wandb(imported: Any):
    expected = flat(without(EXPECTED["summary"], "_wandb"))
    summary = imported.summary.flat()
    assert set(summary) - {"line"} == set(expected) - {"line_table"}
    for key, value in expected.items():
        if is_plain(value) and key != "_timestamp":
            assert exactly(summary[key]) == exactly(value), key
    assert "gone" not in summary
    assert "none" not in summary


@pytest.mark.e2e
def test_media_have_our_records_and_their_contents(imported: Any):
    rows = [row["values"] for row in EXPECTED["rows"]]
    summary = imported.summary
    for key in ("image", "html", "table", "video"):
        expected = next(row[key] for row in rows if key in row)
        record = summary[key]
        assert record["sha256"] == expected["sha256"]
        said = without(expected, *OF_WANDB, "masks", "boxes")
        assert said.items() <= record.items()
    image = summary["image"]
    assert image["boxes"]["q"]["box_data"][0]["position"] == {"minX": 0.1, "maxX": 0.2, "minY": 0.3, "maxY": 0.4}
    assert image["boxes"]["q"]["class_labels"] == image["masks"]["p"]["class_labels"] == {"1": "cat"}
    pixels = (np.arange(4 * 4 * 3) % 256).astype(np.uint8).reshape(4, 4, 3)
    assert np.array_equal(np.asarray(imported.media(image)), pixels)
    assert [each.get("caption") for each in summary["images"]["items"]] == ["x", None]
    assert np.array_equal(np.asarray(imported.media(summary["images"])[1]), pixels[::-1])
    assert imported.media(summary["table"]).rows() == [{"a": 1, "b": "x"}, {"a": 2.5, "b": None}]
    assert summary["hist"] == {"_type": "histogram", "bins": [1.0, 2.5, 4.0], "values": [2, 2]}
    assert summary["list_of_one"]["items"][0]["values"] == [2]
    assert imported.media(summary["cloud"]).tolist() == np.arange(12.0).reshape(4, 3).tolist()
    assert (summary["scene"]["format"], imported.media(summary["scene"])["type"]) == ("scene.json", "lidar/beta")
    assert imported.media(summary["video"]) == b"no video at all"
    line = summary["line"]
    assert (line["_type"], line["preset"], line["fields"]) == ("chart", "wandb/line/v0", {"x": "x", "y": "y"})
    assert imported.media(line).data == [[1, 2], [3, 4]]
    assert imported.file("saved.txt").read() == b"saved"


@pytest.mark.e2e
def test_a_second_import_adds_nothing_and_replace_imports_anew(tmp_path: Path):
    (tmp_path / "wandb").mkdir()
    shutil.copytree(OFFLINE, tmp_path / "wandb" / OFFLINE.name)
    (tmp_path / "wandb" / "latest-run").symlink_to(OFFLINE.name)
    said = []
    for arguments in ((), (), ("--replace",)):
        ended = run_command("import-wandb", "wandb", "--json", *arguments, directory=tmp_path)
        assert ended.code == 0, ended.output
        said.append(json.loads(ended.stdout))
    assert [each["is_new"] for each in said] == [True, False, True]
    assert said[0]["missing_files"] == 1  # requirements.txt is not in the fixture
    with Api(tmp_path / "stepwell") as api:
        run = api.run("imported/every1")
        assert len(list(run.scan_history())) == run.rows == len(EXPECTED["rows"])
    ended = run_command("verify", "stepwell", directory=tmp_path)
    assert ended.code == 0, ended.output


@pytest.mark.e2e
def test_a_log_that_was_cut_off_is_imported_as_far_as_it_goes(tmp_path: Path):
    shutil.copytree(OFFLINE, tmp_path / "run")
    log = tmp_path / "run" / LOG.name
    log.write_bytes(LOG.read_bytes()[:-2_000])
    done = WandbImport(tmp_path / "stepwell", project="cut").run(log)
    assert not done.has_end
    assert 0 < done.rows < len(EXPECTED["rows"])
    with Api(tmp_path / "stepwell") as api:
        run = api.run("cut/every1")
        assert (run.state, run.rows) == ("failed", done.rows)


def test_what_is_no_log_is_named(tmp_path: Path):
    (tmp_path / "run-x.wandb").write_bytes(b"something else")
    with pytest.raises(Error, match=r"run-x\.wandb"):
        WandbImport(tmp_path / "stepwell").run(tmp_path / "run-x.wandb")
    with pytest.raises(UsageError, match="no log"):
        find_logs(tmp_path / "nothing")
    (tmp_path / "run-y.wandb").write_bytes(framed([b"\x12\xff"]))
    with pytest.raises(Error, match=r"run-y\.wandb"):
        WandbImport(tmp_path / "stepwell").run(tmp_path / "run-y.wandb")


def test_a_record_may_be_longer_than_a_block(tmp_path: Path):
    rng = np.random.default_rng(2)
    records = [rng.bytes(length) for length in (0, 1, 32_747, 32_748, 32_754, 32_761, 32_762, 100_000, 5)]
    for first in range(20):  # so that blocks end at every place of a header
        data = [bytes(32_740 + first), *records]
        assert records_of(tmp_path / "log", framed(data)) == (data, 0)


def test_a_torn_tail_is_no_damage_and_a_flipped_bit_costs_a_block_at_most(tmp_path: Path):
    records = [bytes([index]) * 3_000 for index in range(60)]
    whole = framed(records)
    for length in (7, 8, 13, 14, 3_000, 3_014, 40_000, len(whole) - 1):
        found, damaged = records_of(tmp_path / "log", whole[:length])
        assert (found, damaged) == (records[: len(found)], 0)
    assert records_of(tmp_path / "log", whole + bytes(32_768 - len(whole) % 32_768)) == (records, 0)
    flipped = bytearray(whole)
    flipped[40_000] ^= 1
    found, damaged = records_of(tmp_path / "log", bytes(flipped))
    assert damaged > 0
    assert len(records) - 12 <= len(found) < len(records)
    assert all(each in records for each in found)


def test_messages_of_protocol_buffers_are_read_by_number():
    data = b"\x0a\x02hi\x12\x01a\x12\x01b\x20\x96\x01\x28\x03\x31" + struct.pack("<d", 0.5)
    item = parsed(wandb_pb2.Item, data + b"\xa5\x01\x00\x00\x00\x00")  # the last field is one that nobody knows
    assert (item.key, list(item.nested_key), item.boolean) == ("hi", ["a", "b"], True)
    assert (item.integer, item.number, item.HasField("text"), item.text) == (-2, 0.5, False, "")
    for wrong in (b"\x08", b"\x12\x05hi", b"\x0b", b"\x08" + b"\xff" * 11):
        with pytest.raises(WireError, match="no Item"):
            parsed(wandb_pb2.Item, wrong)
