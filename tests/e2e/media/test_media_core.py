"""Files on their way to the disk: what is there after kill -9, in which order, and under which paths."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from tests.decoder.blobs import check_stream, files
from tests.decoder.entries import SummaryValues
from tests.decoder.spool import SpooledStream, read_streams
from tests.support.processes import Process, run_script, script, wait_until

pytestmark = pytest.mark.e2e

IMAGES = 2_000
MEDIUM = """
import stepwell
from stepwell import _native
from stepwell.media.records.media import Media

class Medium(Media):
    '''A content of any sort, logged as it is.'''

    def __init__(self, content):
        self.content = content

    def record(self, key):
        return {"_type": "medium-file", "path": _native.attach(self.content, "media", key)}

def medium(data, extension="bin"):
    return Medium(_native.Content.from_bytes(data, extension))
"""
TRAINING = (
    MEDIUM
    + """
import sys, time
import numpy as np

run = stepwell.init(project="core", id="r")
for i in range(int(sys.argv[1])):
    run.log({"i": i, "image": Medium(_native.Content.from_pixels(np.full((16, 24, 3), i % 251, np.uint8) + i % 3))})
run.log({"nested": {"deep": {"image": Medium(_native.Content.from_pixels(np.eye(9)))}}})
run.log({"bytes": medium(b"some bytes", "txt")})
frames = np.arange(10 * 64 * 64 * 3, dtype=np.uint32).astype(np.uint8).reshape(10, 64, 64, 3)
run.log({"video": Medium(_native.Content.from_frames(frames, 4.0))})
run.summary["image"] = Medium(_native.Content.from_pixels(np.ones((5, 7, 4))))
print("logged", flush=True)
time.sleep(1000)
"""
)


def only_stream(directory: Path) -> SpooledStream:
    (stream,) = read_streams(directory / "stepwell")
    assert (stream.gaps, stream.damage) == ([], [])
    return stream


def contents(directory: Path) -> dict[str, bytes]:
    """Return what every path of the only stream holds; blobs and links are checked."""
    return check_stream(directory / "stepwell" / "blobs", only_stream(directory))


def record_path(value: Any) -> str:
    assert value["_type"] == "medium-file"
    return str(value["path"])


def until_stored(process: Process, directory: Path, count: int) -> None:
    """Wait until the stream tells of so many files; nobody asks the writer to hurry."""
    wait_until("everything is logged", lambda: "logged" in process.stdout or not process.alive())
    assert process.alive(), process.stderr
    wait_until("all files are stored", lambda: len(files(only_stream(directory).ordered)) >= count, every=0.2)


def test_after_a_kill_every_file_has_its_entry_its_blob_and_its_link(work: Path):
    with script(TRAINING, work, {}, str(IMAGES)) as training:
        until_stored(training, work, IMAGES + 4)
        training.kill()
    stream, content = only_stream(work), contents(work)
    assert len(content) == IMAGES + 4
    by_key = {key: value for row in stream.rows for key, value in row.cells.items() if key != "image"}
    images = [record_path(row.cells["image"]) for row in stream.rows if "image" in row.cells]
    assert len(set(images)) == IMAGES
    for i in range(0, IMAGES, 97):
        assert np.array_equal(picture(content[images[i]]), np.full((16, 24, 3), i % 251, np.uint8) + i % 3), i
    assert content[record_path(by_key["bytes"])] == b"some bytes"
    assert np.array_equal(
        picture(content[record_path(by_key["nested"]["deep"]["image"])]), np.eye(9, dtype=np.uint8) * 255
    )
    video = PIL.Image.open(io.BytesIO(content[record_path(by_key["video"])]))
    assert (video.format, video.size, getattr(video, "n_frames", 1)) == ("GIF", (64, 64), 10)
    (summary,) = (entry for entry in stream.ordered if isinstance(entry, SummaryValues))
    assert picture(content[record_path(summary.set["image"])]).shape == (5, 7, 4)
    # Equal pixels are one blob: what is stored is bounded by what differs.
    assert len({file.sha256 for file in files(stream.ordered).values()}) < 251 * 3 + 5


def picture(data: bytes) -> np.ndarray:
    return np.asarray(PIL.Image.open(io.BytesIO(data)))


def logged(work: Path, body: str, *arguments: str, env: dict[str, str] | None = None) -> Any:
    """Run a script with `medium` at hand; return what it printed last, read as JSON."""
    ended = run_script(MEDIUM + "import json\n" + body, work, env or {}, *arguments)
    assert ended.code == 0, ended.output
    return json.loads(ended.stdout.splitlines()[-1])


def test_a_content_that_is_logged_twice_is_one_file(work: Path):
    logged(
        work,
        """
run = stepwell.init(project="core")
one = medium(b"the same")
run.log({"a": one, "b": one})
run.log({"c": one, "other": medium(b"the same")})
run.finish()
print("null")
""",
    )
    stream = only_stream(work)
    rows = [{key: record_path(value) for key, value in row.cells.items()} for row in stream.rows]
    assert rows[0]["a"] == rows[0]["b"] == rows[1]["c"] != rows[1]["other"]
    assert sorted(contents(work)) == sorted({rows[0]["a"], rows[1]["other"]})
    assert len({file.sha256 for file in files(stream.ordered).values()}) == 1
    assert rows[0]["a"] == f"media/media/a_{stream.stream[:8]}-1.bin"


def test_of_a_call_that_fails_nothing_is_stored(work: Path):
    said = logged(
        work,
        """
run = stepwell.init(project="core")
kept = medium(b"kept")
errors = []
for values in ({"x": medium(b"lost"), "y": object()}, {"x": {"y": [kept, {"z": object()}]}}):
    try:
        run.log(values)
    except TypeError as error:
        errors.append(str(error))
try:
    run.summary["x"] = {"a": medium(b"lost as well"), "b": object()}
except TypeError as error:
    errors.append(str(error))
run.log({"later": kept})
run.finish()
print(json.dumps(errors))
""",
    )
    assert len(said) == 3
    assert list(contents(work).values()) == [b"kept"]


def test_a_record_that_logs_has_its_own_files(work: Path):
    logged(
        work,
        """
run = stepwell.init(project="core")
class Logging(Medium):
    def record(self, key):
        run.log({"inner": medium(b"inner")})
        return super().record(key)
outer = Logging(_native.Content.from_bytes(b"outer", "bin"))
run.log({"first": medium(b"first"), "outer": outer, "last": medium(b"last")})
run.finish()
print("null")
""",
    )
    assert sorted(contents(work).values()) == [b"first", b"inner", b"last", b"outer"]


def test_outside_of_a_call_nothing_is_stored(work: Path):
    path = logged(
        work,
        """
run = stepwell.init(project="core")
one = medium(b"nobody's", "table.json")
run.log({"x": 1})
run.finish()
from stepwell.api.payload import unpack
print(json.dumps(unpack(_native.encode({"a b/c": one}))["a b/c"]["path"]))
""",
    )
    assert path == "media/media/value_00000000-0.table.json"
    assert contents(work) == {}


def test_names_are_made_of_letters_and_digits(work: Path):
    keys = {
        "loss/val 1": "loss_val_1",
        "größe.µ-x_y": "größe.µ-x_y",
        "損失": "損失",
        "a" * 100: "a" * 64,
        "..": "..",
        "": "",
    }
    logged(
        work,
        f"""
run = stepwell.init(project="core")
for key in {list(keys)!r}:
    run.log({{key: medium(b"x")}})
run.finish()
print("null")
""",
    )
    stream = only_stream(work)
    for row in stream.rows:
        ((key, value),) = row.cells.items()
        number = row.step + 1
        assert record_path(value) == f"media/media/{keys[key]}_{stream.stream[:8]}-{number}.bin"
    assert len(contents(work)) == len(keys)


def test_the_last_version_of_a_saved_file_wins_even_if_an_earlier_one_is_slower(work: Path):
    logged(
        work,
        """
run = stepwell.init(project="core")
native = _native.Writer(
    directory="stepwell", entity="local", project="core", run="by-hand", label="", rank=None, primary=True, attempt=0,
    runtime_offset=0.0, host="h", destination="", start_step=0, on_full="sample", strict_steps=False,
    queue_bytes=1 << 26, spool_bytes=0,
)
# The large one takes the slow lane.
native.put_file("model.bin", _native.Content.from_bytes(b"a" * (40 << 20), "bin"))
native.put_file("model.bin", _native.Content.from_bytes(b"newest", "bin"))
errors = []
for path in ("/model.bin", "../model.bin", "a//b", "a\\\\b", "", "x" * 2000):
    try:
        native.put_file(path, _native.Content.from_bytes(b"", "bin"))
    except ValueError as error:
        errors.append(str(error))
assert len(errors) == 6 and all("nothing was kept" in error for error in errors), errors
print(json.dumps(native.finish(0, 30.0)))
run.finish()
""",
    )
    streams = {stream.opening["run"]: stream for stream in read_streams(work / "stepwell")}
    content = check_stream(work / "stepwell" / "blobs", streams["by-hand"])
    assert content == {"model.bin": b"newest"}


def test_a_file_is_what_it_was_when_it_was_given(work: Path):
    for name, size in (("small", 1_000), ("large", 20 << 20)):
        (work / name).write_bytes(name.encode() * (size // len(name)))
    sizes = logged(
        work,
        """
import os
run = stepwell.init(project="core")
contents = {name: _native.Content.from_file(name, "bin") for name in ("small", "large")}
for name in contents:
    with open(name, "r+b") as file:
        file.write(b"overwritten")
    os.truncate(name, 20)
for name, content in contents.items():
    run.log({name: Medium(content)})
run.finish()
print(json.dumps({name: content.size() for name, content in contents.items()}))
""",
    )
    by_name = {path.split("/")[2].split("_")[0]: data for path, data in contents(work).items()}
    assert {name: len(data) for name, data in by_name.items()} == sizes
    for name, data in by_name.items():
        assert data == name.encode() * (len(data) // len(name)), name


def test_memory_stays_bounded_when_files_come_faster_than_they_are_stored(work: Path):
    grown = logged(
        work,
        """
import numpy as np

def resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024

run = stepwell.init(project="core", on_full="block")
noise = np.random.default_rng(3).integers(0, 256, (256, 256, 3), np.uint8)
run.log({"first": Medium(_native.Content.from_pixels(noise))})
before, most = resident(), 0
for i in range(3_000):
    noise[0, 0, :2] = divmod(i, 256)
    run.log({"image": Medium(_native.Content.from_pixels(noise))})
    if i % 100 == 0:
        most = max(most, resident())
run.finish()
print(json.dumps(most - before))
""",
    )
    # 64 MiB wait, and the allocator keeps some of what was freed; all of it would be 562 MiB.
    assert grown < 200
    assert len(files(only_stream(work).ordered)) == 3_001


def test_a_file_that_the_system_does_not_allow_is_lost_alone_and_counted(work: Path):
    report = logged(
        work,
        """
import os, resource
native = _native.Writer(
    directory="stepwell", entity="local", project="core", run="r", label="", rank=None, primary=True, attempt=0,
    runtime_offset=0.0, host="h", destination="", start_step=0, on_full="sample", strict_steps=False,
    queue_bytes=1 << 26, spool_bytes=0,
)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
for i in range(10):
    size = 200_000 if i == 4 else 50_000
    native.put_file(f"{i}.bin", _native.Content.from_bytes(os.urandom(size), "bin"))
    native.log({"i": i})
print(json.dumps(native.finish(0, 30.0)))
""",
    )
    assert (report["complete"], report["rows"], report["lost_rows"]) == (False, 10, 0)
    assert (report["files"], report["lost_files"]) == (9, 1)
    assert "1 files are lost: 4.bin: cannot store in" in report["message"]
    assert sorted(contents(work)) == [f"{i}.bin" for i in range(10) if i != 4]


FORK = """
import os, sys
import numpy as np
run = stepwell.init(project="core")
shared = Medium(_native.Content.from_pixels(np.zeros((400, 400, 3))))
for i in range(50):
    noise = np.random.default_rng(i).integers(0, 256, (200, 200, 3), np.uint8)
    run.log({"image": Medium(_native.Content.from_pixels(noise))})
    if i % 10 == 0:
        child = os.fork()
        if child == 0:
            try:
                run.log({"shared": shared, "own": medium(b"child %d" % i)})
                run.finish()
            finally:
                os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
run.log({"shared": shared})
run.finish()
print("null")
"""


def test_a_forked_child_has_threads_of_its_own(work: Path):
    logged(work, FORK)
    everything: dict[str, bytes] = {}
    for stream in read_streams(work / "stepwell"):
        everything |= check_stream(work / "stepwell" / "blobs", stream)
    own = sorted(data for data in everything.values() if data.startswith(b"child"))
    assert own == [b"child %d" % i for i in (0, 10, 20, 30, 40)]
    assert sum("shared" in path for path in everything) == 6


def told(directory: Path) -> int:
    return sum(len(files(stream.ordered)) for stream in read_streams(directory))


@pytest.mark.parametrize("count", [1, 60, 200])
def test_an_entry_never_comes_before_its_blob(work: Path, count: int):
    with script(TRAINING, work, {}, "20000") as training:
        wait_until("some files are told", lambda: told(work) >= count, 30, 0.01)
        training.kill()
    assert len(contents(work)) >= count
