"""`stepwell verify`: finds nothing where nothing is wrong, and each thing that is."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import Ended, ServerProcess, run_command, run_script

pytestmark = pytest.mark.e2e

SCRIPT = """
import numpy as np
import stepwell
rng = np.random.default_rng(1)
with stepwell.init(project="verify", id="r") as run:
    for i in range(2000):
        run.log({"loss": float(rng.normal()), "text": f"t{i}"})
    run.log({"image": stepwell.Image(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8))})
"""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with one run, read once so that it has an index."""
    work = tmp_path_factory.mktemp("sound")
    run_script(SCRIPT, work, {})
    assert verify(work / "stepwell").code == 0
    return work / "stepwell"


def verify(directory: Path, *arguments: str) -> Ended:
    return run_command("verify", directory, *arguments, directory=directory.parent)


def flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 0xFF
    path.write_bytes(data)


def segment(directory: Path) -> Path:
    return next(directory.glob("spool/*/*.seg"))


def content(directory: Path) -> Path:
    return next(directory.glob("blobs/??/*"))


def test_a_sound_directory_has_nothing_wrong_and_everything_is_counted(sound: Path):
    ended = verify(sound, "--json")
    assert ended.code == 0, ended.output
    said: dict[str, Any] = json.loads(ended.stdout)
    assert (said["sound"], said["findings"]) == (True, [])
    assert (said["streams"], said["runs"], said["rows"], said["files"], said["blobs"]) == (1, 1, 2001, 1, 1)


def damage_frame(directory: Path) -> str:
    flip(segment(directory), segment(directory).stat().st_size // 2)
    return "entries are damaged or missing"


def cut_off_the_end(directory: Path) -> str:
    data = segment(directory).read_bytes()
    segment(directory).write_bytes(data[: len(data) // 2])
    return "entries are damaged or missing"


def damage_content(directory: Path) -> str:
    path = content(directory)
    data = bytearray(path.read_bytes())
    data[-1] ^= 0xFF
    path.unlink()
    path.write_bytes(data)
    return "the content of its file media/images/"


def cut_content(directory: Path) -> str:
    path = content(directory)
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data[:-1])
    return "its content has the SHA-256"


def remove_content(directory: Path) -> str:
    content(directory).unlink()
    return "is missing"


def add_a_stranger(directory: Path) -> str:
    (directory / "blobs" / "ab").mkdir(exist_ok=True)
    (directory / "blobs" / "ab" / "stranger").write_text("x")
    return "no content has such a name"


def damage_the_index(directory: Path) -> str:
    path = directory / "store" / "store.sqlite"
    # The first page stays: it is a database, and everything in it is damaged.
    data = path.read_bytes()
    path.write_bytes(data[:8192] + b"\xa5" * (len(data) - 8192))
    for name in ("store.sqlite-wal", "store.sqlite-shm"):
        (directory / "store" / name).unlink(missing_ok=True)
    return "is not what was written"


def take_from_the_spool(directory: Path) -> str:
    cut_off_the_end(directory)
    # Without its marks the stream itself does not say how far it went.
    for path in segment(directory).parent.iterdir():
        if path.is_file() and path.suffix != ".seg":
            path.unlink()
    return "its spool only up to"


@pytest.mark.parametrize(
    "damage",
    [
        damage_frame,
        cut_off_the_end,
        damage_content,
        cut_content,
        remove_content,
        add_a_stranger,
        damage_the_index,
        take_from_the_spool,
    ],
)
def test_what_is_wrong_is_found_and_named(sound: Path, damage: Callable[[Path], str], tmp_path: Path):
    directory = tmp_path / "stepwell"
    shutil.copytree(sound, directory)
    expected = damage(directory)
    ended = verify(directory)
    assert ended.code == 1, ended.output
    assert expected in ended.stdout
    assert "Traceback" not in ended.output


def test_a_damaged_index_is_made_anew_from_the_spools(sound: Path, tmp_path: Path):
    """A5: in local mode damage of the store costs nothing."""
    directory = tmp_path / "stepwell"
    shutil.copytree(sound, directory)
    damage_the_index(directory)
    ended = verify(directory, "--repair", "--json")
    assert ended.code == 0, ended.output
    said = json.loads(ended.stdout)
    assert said["rows"] == 2001
    assert any("made anew from the spools" in note["problem"] for note in said["notes"])
    assert (directory / "store.damaged").is_dir()
    assert verify(directory).code == 0


def test_a_damaged_store_is_repaired_and_what_is_missing_is_said(tmp_path: Path):
    """A5: damage costs what is damaged, and is said."""
    work = tmp_path / "work"
    work.mkdir()
    with ServerProcess(tmp_path / "srv") as server:
        run_script(SCRIPT, work, server.env)
        server.stop()
    store = next((tmp_path / "srv").rglob("store.sqlite"))
    pages = store.read_bytes()
    # Every third page: rows of text and numbers, and free ones.
    broken = bytearray(pages)
    for at in range(8192 * 2, len(pages), 8192 * 3):
        broken[at : at + 8192] = bytes(8192)
    store.write_bytes(broken)
    ended = verify(store.parent)
    assert ended.code == 1, ended.output
    assert "is not what was written" in ended.stdout
    ended = verify(store.parent, "--repair", "--json")
    said = json.loads(ended.stdout)
    assert (ended.code == 1) == bool(said["findings"]), ended.output
    ended = verify(store.parent, "--json")
    assert ended.code == 0, ended.output
    assert said["rows"] == json.loads(ended.stdout)["rows"]


def test_the_directory_of_a_server_is_verified_too(tmp_path: Path):
    work = tmp_path / "work"
    work.mkdir()
    with ServerProcess(tmp_path / "srv") as server:
        run_script(SCRIPT, work, server.env)
    directory = next(path.parent for path in (tmp_path / "srv").rglob("store.sqlite"))
    ended = verify(directory, "--json")
    assert ended.code == 0, ended.output
    assert json.loads(ended.stdout)["rows"] == 2001
    content(directory).unlink()
    ended = verify(directory, "--json")
    assert (ended.code, json.loads(ended.stdout)["sound"]) == (1, False)


def test_a_directory_without_runs_is_an_error(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    ended = verify(tmp_path / "empty")
    assert ended.code == 1
    assert "holds no runs" in ended.stderr
