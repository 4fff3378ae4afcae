"""Spools with damage, strangers and frames of later versions: what is not acknowledged and understood stays.

Invariants A5, A6, A7 and E1.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

import msgpack
import pytest

from stepwell import Api
from tests.decoder.crc32c import crc32c
from tests.decoder.frame import build_frame
from tests.decoder.spool import write_stream
from tests.support.places import scan
from tests.support.processes import ServerProcess, run_command, run_script, wait_until

pytestmark = pytest.mark.e2e

TIME_US = 1_700_000_000_000_000


def changed(frame: bytes, at: int, byte: int) -> bytes:
    """Return a frame with another byte in its header, under a checksum that is right."""
    header = bytearray(frame[:36])
    header[at] = byte
    return bytes(header) + crc32c(bytes(header)).to_bytes(4, "little") + frame[40:]


def row(number: int) -> bytes:
    return build_frame(number, 1, msgpack.packb([["a"], [[0]], [[0, number, TIME_US, 0, float(number)]]]))


def spool(work: Path, server: str, run: str, *frames: bytes) -> Path:
    """Write the spool of a dead writer for `server`, with `frames` behind its first two entries."""
    rows = [[0, 2, TIME_US, 0, 2.0]]
    directory = write_stream(work / "stepwell" / "spool", "faults", run, TIME_US, ["a"], rows, destination=server)
    with (directory / "00000001.seg").open("ab") as segment:
        segment.write(b"".join(frames))
    os.utime(directory / "alive", (0, 0))  # else the writer may live, on a host called nowhere
    return directory


def kept(work: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((work / "stepwell" / "spool" / "rejected").glob("*.seg"))]


@pytest.mark.parametrize(
    ("at", "byte", "words"), [(4, 2, "kind 2"), (5, 3, "codec 3"), (3, 0x32, "SWF2"), (6, 1, "reserved")]
)
def test_a_sync_stops_at_what_a_later_version_wrote_and_keeps_all_of_it(
    server: ServerProcess, work: Path, at: int, byte: int, words: str
):
    directory = spool(work, server.url, "later", changed(row(3), at, byte), row(4))
    before = (directory / "00000001.seg").read_bytes()
    for _ in range(2):
        ended = run_command("sync", "--url", server.url, directory=work)
        last = ended.stderr.strip().splitlines()[-1]
        assert ended.code == 3, ended.output
        assert all(said in last for said in ("have not reached", words, "a newer stepwell is needed")), last
        assert "complete" not in ended.output
        assert (directory / "00000001.seg").read_bytes() == before
    (there,) = scan(Api(server.url).run("faults/later")).items()
    assert there[0] == 2, "what is before it has arrived"
    assert Api(server.url).run("faults/later").lost_rows == 0, "nothing is counted as lost"


def flip(frame: bytes) -> bytes:
    return b"X" + frame[1:]


def damage_payload(frame: bytes) -> bytes:
    return frame[:-1] + bytes([frame[-1] ^ 1])


def undecodable(frame: bytes) -> bytes:
    return build_frame(3, 1, b"\xc1" * 20, compress=False)


@pytest.mark.parametrize("harm", [flip, damage_payload, undecodable])
def test_damaged_bytes_are_in_rejected_before_the_rest_goes(
    server: ServerProcess, work: Path, harm: Callable[[bytes], bytes]
):
    directory = spool(work, server.url, "damaged", harm(row(3)), row(4))
    before = (directory / "00000001.seg").read_bytes()
    ended = run_command("sync", "--json", "--url", server.url, directory=work)
    assert ended.code == 3, ended.output
    said = json.loads(ended.stdout)
    assert (said["lost"], said["unsent"]) == (1, 0)
    assert not directory.exists()
    assert before in kept(work)
    run = Api(server.url).run("faults/damaged")
    assert (sorted(scan(run)), run.lost_rows) == ([2, 4], 1)
    again = run_command("sync", "--url", server.url, directory=work)
    assert again.code == 0, again.output
    assert "rejected" in again.stderr.strip().splitlines()[-1], "it says what is still here"
    assert before in kept(work)


def test_an_unreadable_stream_is_named_and_never_said_to_be_complete(server: ServerProcess, work: Path):
    spool(work, server.url, "sound", row(3))
    rubbish = work / "stepwell" / "spool" / ("ab" * 16)
    rubbish.mkdir()
    (rubbish / "00000001.seg").write_bytes(b"something else entirely, and long enough to have a header")
    ended = run_command("sync", directory=work)
    last = ended.stderr.strip().splitlines()[-1]
    assert ended.code == 3, ended.output
    assert "complete" not in ended.output
    assert "00000001.seg" in last
    assert sorted(scan(Api(server.url).run("faults/sound"))) == [2, 3]
    assert (rubbish / "00000001.seg").exists()


def make_sparse(directory: Path) -> None:
    os.truncate(directory / "00000001.seg", 1 << 40)


def make_pipe(directory: Path) -> None:
    os.mkfifo(directory / "00000002.seg")
    os.mkfifo(directory / "cursor")


def make_loop(directory: Path) -> None:
    (directory / "00000002.seg").symlink_to("00000002.seg")
    (directory / "00000003.seg").symlink_to("/dev/zero")


def make_crowd(directory: Path) -> None:
    for number in range(2, 2_000):
        (directory / f"{number:08}.seg").write_bytes(b"")
        (directory / f"{number}.x").touch()


@pytest.mark.parametrize("strange", [make_sparse, make_pipe, make_loop, make_crowd])
def test_one_strange_file_holds_up_neither_sync_nor_verify_nor_other_runs(
    server: ServerProcess, work: Path, strange: Callable[[Path], None]
):
    strange(spool(work, "", "strange", row(3)))
    script = """
    import stepwell
    with stepwell.init(project="faults", id="ok") as run:
        run.log({"a": 1})
    """
    run_script(script, work, timeout=30)
    assert list(scan(Api(work / "stepwell", timeout=20).run("faults/ok"))) == [0]
    assert sorted(scan(Api(work / "stepwell", timeout=20).run("faults/strange"))) == [2, 3]
    run_command("verify", directory=work, timeout=40)
    run_command("sync", "--url", server.url, "--timeout", "20", directory=work, timeout=40)
    assert sorted(scan(Api(server.url).run("faults/strange"))) == [2, 3]


def test_a_new_run_reads_no_rows_of_the_runs_beside_it(work: Path):
    script = """
    import os, sys, stepwell
    with stepwell.init(project="faults", id=sys.argv[1]) as run:
        read = int(open("/proc/self/io").read().split()[1])
        print(read)
        for i in range(int(sys.argv[2])):
            run.log({"a": os.urandom(500).hex()})
    """
    alone = int(run_script(script, work, {}, "first", "20000").stdout.split()[0])
    there = sum(path.stat().st_size for path in work.rglob("*.seg"))
    beside = int(run_script(script, work, {}, "second", "1").stdout.split()[0])
    assert there > 4 << 20
    assert beside < alone + there // 4


def test_attempts_count_on_whatever_becomes_of_the_memory_of_them(work: Path):
    script = """
    import stepwell
    with stepwell.init(project="faults", id="again") as run:
        run.log({"a": 1})
    """

    def attempts() -> list[int]:
        from stepwell import _native

        return sorted(each["attempt"] for each in _native.spool_openings(str(work / "stepwell")))

    run_script(script, work)
    run_script(script, work)
    for path in (work / "stepwell" / "manifest").iterdir():
        path.write_bytes(b"\xa5" * 70)
    run_script(script, work)
    for path in (work / "stepwell" / "manifest").iterdir():
        path.unlink()
    run_script(script, work)
    assert attempts() == [0, 1, 2, 3]


def test_whoever_looks_at_a_directory_or_writes_there_spares_the_next_run_the_reading_of_its_streams(work: Path):
    index = work / "stepwell" / "manifest" / "streams"
    for number in range(3):
        spool(work, "", f"r{number}", row(3))
    with Api(work / "stepwell", timeout=60) as api:
        assert len(api.runs("faults")) == 3
        wait_until("the index is there", lambda: index.exists() and index.stat().st_size == 3 * 40)
    run_script("import stepwell; stepwell.init(project='faults').finish()", work)
    assert index.stat().st_size == 4 * 40


def test_many_small_runs_are_listed_and_sent_together(server: ServerProcess, work: Path):
    many = 300
    for number in range(many):
        spool(work, server.url if number % 2 else "", f"r{number}", row(3))
    with Api(work / "stepwell", timeout=60) as api:
        assert len(api.runs("faults")) == many
    ended = run_command("sync", "--url", server.url, directory=work)
    assert ended.code == 0, ended.output
    assert f"{many} runs are complete" in ended.output
    assert len(Api(server.url).runs("faults")) == many
    left = {path.parent.name for path in work.rglob("*.seg")}
    assert len(left) == many // 2, "those that were meant for the server are gone, local ones stay"
    assert run_command("sync", "--url", server.url, directory=work).code == 0
    assert len(Api(server.url).runs("faults")) == many
