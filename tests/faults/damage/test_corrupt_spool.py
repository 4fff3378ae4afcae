"""A corrupt spool: damage costs one frame, the rest is read, and the gap is reported (invariant A5)."""

import re
from pathlib import Path

import pytest

from stepwell import Api
from tests.decoder.spool import read_stream
from tests.support.disturbed_training import TRAINING, rows
from tests.support.places import exactly, scan
from tests.support.processes import ServerProcess, run_command, run_script

pytestmark = pytest.mark.e2e


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0x10
    path.write_bytes(data)


@pytest.fixture
def spooled(work: Path) -> Path:
    """Return the segment of a run of 5,000 rows in many frames."""
    run_script(TRAINING, work, {}, "5000")
    (segment,) = work.rglob("*.seg")
    return segment


@pytest.mark.parametrize("place_of_damage", ["payload", "header", "zeros", "cut", "first frame"])
def test_the_rest_of_a_corrupt_spool_is_read_and_the_gap_is_reported(work: Path, spooled: Path, place_of_damage: str):
    whole = read_stream(spooled.parent)
    assert len(whole.frames) >= 5
    offsets = frame_offsets(spooled, len(whole.frames))
    middle = len(offsets) // 2
    match place_of_damage:
        case "payload":
            flip(spooled, offsets[middle] + 60)
        case "header":
            flip(spooled, offsets[middle] + 17)
        case "first frame":
            flip(spooled, offsets[0] + 45)
        case "zeros":
            data = bytearray(spooled.read_bytes())
            data[offsets[middle] : offsets[middle] + 200] = bytes(200)
            spooled.write_bytes(data)
        case "cut":
            data = spooled.read_bytes()
            spooled.write_bytes(data[: offsets[middle] + 60] + data[offsets[middle + 1] :])
    left = read_stream(spooled.parent)
    assert len(left.frames) == len(whole.frames) - 1, "the damage costs one frame"
    lost = whole.frames[0 if place_of_damage == "first frame" else middle].header
    assert left.gaps == [(lost.first, lost.last)]
    expected = {row.step: row.cells for row in left.rows}
    assert exactly(scan(Api(work / "stepwell").run("bad/r"))) == exactly(expected)
    from stepwell import _native

    (found,) = _native.spooled_streams(str(work / "stepwell"))
    assert found["damage"], "the gap is reported"


def frame_offsets(segment: Path, count: int) -> list[int]:
    data, at, offsets = segment.read_bytes(), 0, []
    while len(offsets) < count and (at := data.find(b"SWF1", at)) >= 0:
        offsets.append(at)
        at += 40
    return offsets


def test_a_torn_tail_is_no_error(work: Path, spooled: Path):
    spooled.write_bytes(spooled.read_bytes()[:-10])
    (spooled.parent / "closed").unlink(missing_ok=True)
    left = read_stream(spooled.parent)
    assert left.torn_bytes > 0
    expected = {row.step: row.cells for row in left.rows}
    assert exactly(scan(Api(work / "stepwell").run("bad/r"))) == exactly(expected)


def test_syncing_a_corrupt_spool_sends_the_rest_and_says_what_is_missing(
    server: ServerProcess, work: Path, spooled: Path
):
    whole = read_stream(spooled.parent)
    offsets = frame_offsets(spooled, len(whole.frames))
    flip(spooled, offsets[len(offsets) // 2] + 60)
    left = read_stream(spooled.parent)
    ended = run_command("sync", "--url", server.url, directory=work)
    assert re.search(r"damage|missing|gap|checksum", ended.output), ended.output
    expected = {row.step: row.cells for row in left.rows}
    assert exactly(scan(Api(server.url).run("bad/r"))) == exactly(expected)


def test_a_file_that_is_no_segment_is_named_and_the_rest_is_read(work: Path, spooled: Path):
    other = spooled.parent.parent / ("ab" * 16)
    other.mkdir()
    (other / "00000001.seg").write_bytes(b"something else entirely, and long enough to have a header")
    assert exactly(scan(Api(work / "stepwell").run("bad/r"))) == exactly(rows(5000))
