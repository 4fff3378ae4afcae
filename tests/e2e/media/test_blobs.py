"""Files through crashes, full disks and damaged uploads: what is acknowledged is there, once."""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import grpc
import pytest

from stepwell import Api
from stepwell.proto.v1 import ingest_pb2, ingest_pb2_grpc
from tests.support.places import exactly, scan
from tests.support.processes import STEPWELL, Process, ServerProcess, run_command, run_script, script, wait_until

pytestmark = pytest.mark.e2e

NOBODY = {"STEPWELL_URL": "http://127.0.0.1:9", "STEPWELL_FINISH_TIMEOUT": "0"}
CHUNK_BYTES = 1 << 20
# Contents that do not compress and differ from file to file; every tenth is a few megabytes.
TRAINING = """
import random, sys, time
from pathlib import Path
import stepwell
count, pause = int(sys.argv[1]), float(sys.argv[2])
run = stepwell.init(project="blobs", id="r")
for i in range(count):
    name = Path(f"file-{i:03}.bin")
    name.write_bytes(random.Random(i).randbytes(3_000_000 if i % 10 == 9 else 10_000 + i))
    run.save(name)
    run.log({"i": i})
    time.sleep(pause)
"""
ENDED = f"{TRAINING}\nrun.finish()\n"
KILLED = f"""{TRAINING}
run.flush()
import os, signal
os.kill(os.getpid(), signal.SIGKILL)
"""


def digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def stored(directory: Path) -> dict[str, bytes]:
    """Return the blobs of a directory, each named by its bytes; there must be no other file.

    The server may be at work: what lies in `tmp` is renamed at any moment; only finished blobs count.
    """
    blobs = {}
    for folder in (directory / "blobs").glob("*"):
        for path in folder.glob("*") if folder.name != "tmp" else ():
            content = path.read_bytes()
            assert path.name == digest(content).hex(), "a blob has the name of its bytes"
            assert folder.name == path.name[:2]
            blobs[path.name] = content
    return blobs


def assert_all_there(server: ServerProcess, work: Path, count: int) -> None:
    """Check every row and every file of the run against what the script wrote."""
    run = Api(server.url).run("blobs/r")
    assert exactly(scan(run)) == exactly({i: {"i": i} for i in range(count)})
    expected = {path.name: path.read_bytes() for path in work.glob("file-*.bin")}
    assert len(expected) == count
    assert sorted(file.name for file in run.files()) == sorted(expected)
    blobs = stored(server.directory)
    assert sorted(blobs) == sorted(digest(content).hex() for content in expected.values()), "each content is there once"
    assert blobs == {digest(content).hex(): content for content in expected.values()}


def left(work: Path) -> list[Path]:
    """Return what a training that was sent has left: nothing but its manifest is to be there."""
    return [path for path in (work / "stepwell").rglob("*") if path.is_file() and "manifest" not in path.parts]


def test_a_server_that_is_killed_again_and_again_has_every_file_once(server: ServerProcess, work: Path):
    count = 60
    with script(ENDED, work, server.env | {"STEPWELL_FINISH_TIMEOUT": "40"}, str(count), "0.03") as training:
        for seen in (3, 15, 30):
            wait_until(
                "some files have arrived",
                lambda seen=seen: len(list((server.directory / "blobs").glob("??/*"))) >= seen,
            )
            server.kill()
            stored(server.directory)
            server.start()
        ended = training.wait()
    assert ended.code == 0, ended.output
    assert_all_there(server, work, count)
    assert left(work) == []


def test_a_killed_training_is_synced_with_its_files(server: ServerProcess, work: Path):
    with script(KILLED, work, NOBODY, "30", "0") as training:
        training.wait()
    ended = run_command("sync", "--url", server.url, "--json", directory=work)
    assert ended.code == 0, ended.output
    told = json.loads(ended.stdout)
    assert (told["unsent"], told["files"], told["unsent_files"]) == (0, 30, 0)
    assert_all_there(server, work, 30)
    assert left(work) == []


def test_a_sync_that_is_killed_goes_on_where_it_was(server: ServerProcess, work: Path):
    run_script(ENDED, work, NOBODY, "60", "0")
    for _ in range(3):
        with Process([STEPWELL, "sync", "--url", server.url], work) as syncing:
            before = len(stored(server.directory))
            wait_until(
                "more files have arrived",
                lambda syncing=syncing, before=before: (
                    not syncing.alive() or len(list((server.directory / "blobs").glob("??/*"))) > before
                ),
                every=0.001,
            )
            syncing.kill()
    ended = run_command("sync", "--url", server.url, directory=work)
    assert ended.code == 0, ended.output
    assert_all_there(server, work, 60)
    assert left(work) == []


def test_a_server_that_is_away_gets_the_files_when_it_is_back(server: ServerProcess, work: Path):
    server.kill()
    with script(ENDED, work, server.env | {"STEPWELL_FINISH_TIMEOUT": "40"}, "20", "0.05") as training:
        wait_until("all files are made", lambda: (work / "file-019.bin").exists())
        server.start()
        ended = training.wait()
    assert ended.code == 0, ended.output
    assert_all_there(server, work, 20)
    assert left(work) == []


def test_what_is_not_sent_in_time_is_said(work: Path):
    ended = run_script(ENDED, work, NOBODY | {"STEPWELL_FINISH_TIMEOUT": "0.2"}, "3", "0")
    assert "3 files" in ended.output
    assert "stepwell sync" in ended.output
    told = run_command("sync", "--json", "--timeout", "0.5", directory=work)
    assert told.code == 3
    assert json.loads(told.stdout)["unsent_files"] == 3


def test_a_local_run_is_sent_with_its_files_and_a_lost_one_is_named(server: ServerProcess, work: Path, tmp_path: Path):
    run_script(ENDED, work, {}, "5", "0")
    copy = tmp_path / "copy" / "stepwell"
    shutil.copytree(work / "stepwell", copy, ignore=shutil.ignore_patterns("store"))
    # As some tools copy: without the links of the streams.
    for links in copy.glob("spool/*/blobs"):
        shutil.rmtree(links)
    lost = work / "file-003.bin"
    name = digest(lost.read_bytes()).hex()
    (copy / "blobs" / name[:2] / name).unlink()
    files = {file.name: file for file in Api(copy).run("blobs/r").files()}
    assert sorted(files) == [f"file-{i:03}.bin" for i in range(5)], "a copy lists what it does not have"
    ended = run_command("sync", copy, "--url", server.url, directory=work)
    assert (ended.code, "file-003.bin" in ended.output) == (3, True), ended.output
    assert len(stored(server.directory)) == 4
    again = run_command("sync", "--url", server.url, directory=work)
    assert again.code == 0, again.output
    assert_all_there(server, work, 5)
    assert len(stored(work / "stepwell")) == 5, "a local run keeps its files"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a directory on a disk of 6 MiB."""
    directory = tmp_path / "disk"
    directory.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "none", directory], capture_output=True, timeout=10, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield directory
    finally:
        subprocess.run(["umount", "-l", directory], timeout=10, check=False)


def test_a_full_disk_of_the_server_acknowledges_nothing_falsely(small_disk: Path, tmp_path: Path, work: Path):
    with contextlib.closing(ServerProcess(tmp_path / "srv")) as server:
        (tmp_path / "srv").mkdir()
        server.directory = small_disk / "server"
        server.start()
        ballast = small_disk / "ballast"
        ballast.write_bytes(bytes(3 << 20))
        # Two files of 3 MB and 18 small ones do not fit.
        with script(ENDED, work, server.env | {"STEPWELL_FINISH_TIMEOUT": "60"}, "20", "0") as training:
            wait_until("the training is told", lambda: (work / "file-019.bin").exists())
            wait_until("some files have arrived", lambda: len(stored(server.directory)) > 0)
            wait_until("the server has said that its disk is full", lambda: "space left" in server.running.stderr)

            def links() -> set[str]:
                return {path.name for path in (work / "stepwell").glob("spool/*/blobs/*")}

            def missing() -> set[str]:
                # Links first: what is stored meanwhile is found there.
                found = links() | set(stored(server.directory))
                return {digest(path.read_bytes()).hex() for path in work.glob("file-*.bin")} - found

            wait_until("every file is here or there", lambda: not missing())
            assert links(), "what does not fit is kept"
            assert training.alive()
            subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True, timeout=10)
            ended = training.wait(90)
        assert ended.code == 0, ended.output
        assert_all_there(server, work, 20)
        server.stop()


class Uploader:
    """A client of `PutBlobs` in pure Python, which may lie."""

    def __init__(self, url: str) -> None:
        self.channel = grpc.insecure_channel(url.removeprefix("http://"))
        self.stub = ingest_pb2_grpc.IngestStub(self.channel)

    def put(self, *blobs: tuple[bytes, bytes]) -> dict[bytes, str]:
        """Send contents under names; return the answers."""
        return {answer.sha256: answer.refused for answer in self.stub.PutBlobs(self._chunks(blobs), timeout=60)}

    @staticmethod
    def _chunks(blobs: Iterable[tuple[bytes, bytes]]) -> Iterator[ingest_pb2.BlobChunk]:
        for name, data in blobs:
            for at in range(0, max(len(data), 1), CHUNK_BYTES):
                first = {"sha256": name, "size": len(data)} if at == 0 else {}
                yield ingest_pb2.BlobChunk(data=data[at : at + CHUNK_BYTES], **first)

    def missing(self, *names: bytes) -> list[bytes]:
        """Return which of these the server wants."""
        return list(self.stub.FindMissingBlobs(ingest_pb2.FindMissingBlobsRequest(sha256=names), timeout=60).sha256)


@pytest.fixture
def uploader(server: ServerProcess) -> Iterator[Uploader]:
    """Return a client of the server."""
    client = Uploader(server.url)
    yield client
    client.channel.close()


def test_a_damaged_upload_is_refused_and_leaves_nothing(server: ServerProcess, uploader: Uploader):
    sound, long = os.urandom(1_000), os.urandom(5 << 19)
    for data in (b"", sound, long):
        damaged = bytes([data[0] ^ 1]) + data[1:] if data else b"x"
        answers = uploader.put((digest(data), damaged), (digest(sound + b"!"), sound + b"!"))
        assert "SHA-256" in answers[digest(data)]
        assert answers[digest(sound + b"!")] == ""
        assert uploader.missing(digest(data), digest(damaged)) == [digest(data), digest(damaged)]
    assert uploader.put((digest(long), long)) == {digest(long): ""}
    assert stored(server.directory).keys() == {digest(long).hex(), digest(sound + b"!").hex()}
    assert list((server.directory / "blobs" / "tmp").iterdir()) == []


def test_a_server_that_is_killed_while_it_writes_has_only_whole_blobs(server: ServerProcess, uploader: Uploader):
    contents = [os.urandom(2_000_000) for _ in range(20)]
    acknowledged = []
    with contextlib.suppress(grpc.RpcError):
        for answer in uploader.stub.PutBlobs(uploader._chunks((digest(data), data) for data in contents), timeout=60):
            acknowledged.append(answer.sha256)
            if len(acknowledged) == 4:
                server.kill()
    assert len(acknowledged) >= 4
    assert {name.hex() for name in acknowledged} <= set(stored(server.directory))
    server.start()
    again = Uploader(server.url)
    missing = set(again.missing(*map(digest, contents)))
    assert missing.isdisjoint(acknowledged)
    again.put(*((digest(data), data) for data in contents if digest(data) in missing))
    assert stored(server.directory) == {digest(data).hex(): data for data in contents}
    again.channel.close()


def test_many_writers_send_the_same_and_different_files_at_once(server: ServerProcess, work: Path):
    source = """
import os, stepwell, random, sys
rank = int(sys.argv[1])
run = stepwell.init(project="blobs", id="many", rank=rank)
for i in range(20):
    for name, seed in ((f"same-{i}.bin", i), (f"own-{rank}-{i}.bin", 1000 * (rank + 1) + i)):
        path = f"{rank}/{name}"
        os.makedirs(str(rank), exist_ok=True)
        open(path, "wb").write(random.Random(seed).randbytes(20_000))
        run.save(path, base_path=str(rank))
run.finish()
"""
    with contextlib.ExitStack() as stack:
        ranks = [stack.enter_context(script(source, work, server.env, str(rank))) for rank in range(3)]
        for rank in ranks:
            ended = rank.wait()
            assert ended.code == 0, ended.output
    run = Api(server.url).run("blobs/many")
    assert len(list(run.files())) == 20 + 3 * 20
    assert len(stored(server.directory)) == 20 + 3 * 20
    assert left(work) == []
