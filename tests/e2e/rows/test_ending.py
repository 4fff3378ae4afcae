"""The end of a run: its exit code, the table on a terminal, and the files that a script leaves behind."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stepwell import Api
from tests.support.places import Place
from tests.support.processes import environment, script

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(
    ("number", "statement", "code", "state"),
    [
        (0, "raise SystemExit(7)", 7, "failed"),
        (1, "raise SystemExit", 0, "finished"),
        (2, "raise SystemExit('text')", 1, "failed"),
        (3, "raise KeyboardInterrupt", 130, "failed"),
        (4, "raise ValueError('x')", 1, "failed"),
        (5, "run.finish(exit_code=3)", 0, "failed"),
    ],
)
def test_the_exit_code_of_a_with_block(place: Place, number: int, statement: str, code: int, state: str):
    source = f"""
    import stepwell
    with stepwell.init(project="ending", id="with{number}") as run:
        run.log({{"a": 1}})
        {statement}
    """
    with script(source, place.directory, place.env) as process:
        ended = process.wait()
    # A process that Ctrl-C ends is ended by the signal itself.
    assert ended.code in ({code, -2} if code == 130 else {code})
    run = place.api().run(f"ending/with{number}")
    assert run.state == state
    assert len(list(run.scan_history())) == 1


def test_a_terminal_shows_how_it_went(tmp_path: Path):
    source = """
    import stepwell
    run = stepwell.init(project="p", id="r", dir="runs")
    for i in range(1000):
        run.log({"loss": 1 / (i + 1), "accuracy": i / 1000, "note": "text"})
    run.log_columns({"quick": [3, 1, 2]})
    """
    said = on_terminal(source, tmp_path)
    lines = [line.removeprefix("stepwell:").strip() for line in said.splitlines()]
    begin = lines.index("Run history:")
    history = dict(line.split(" ", 1) for line in lines[begin + 1 : lines.index("Run summary:")])
    assert set(history) == {"accuracy", "loss", "quick"}
    assert history["quick"] == "█▁▅"
    assert len(history["accuracy"]) == 40
    assert history["accuracy"][0] == "▁"
    assert history["accuracy"][-1] == "█"
    assert history["loss"][0] == "█"
    summary = lines[lines.index("Run summary:") + 1 :]
    assert summary[:4] == ["accuracy 0.999", "loss 0.001", "note text", "quick 2"]
    assert "1,003 rows are in" in said


def test_a_quiet_terminal_shows_nothing(tmp_path: Path):
    source = """
    import stepwell
    run = stepwell.init(project="p", id="r", dir="runs", settings={"quiet": True})
    run.log({"loss": 1})
    run.log({"loss": 2})
    """
    assert on_terminal(source, tmp_path) == ""


def test_the_script_and_its_files_are_saved(place: Place):
    (place.directory / "main.py").write_text(
        """
import pathlib, stepwell
run = stepwell.init(project="ending", id="files", save_code=True)
pathlib.Path(run.dir, "model.pt").write_text("weights")
run.log({"a": 1})
"""
    )
    ended = subprocess.run(
        [sys.executable, "main.py"],
        cwd=place.directory,
        env=environment(place.directory.parent / "home", place.env),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    run = place.api().run("ending/files")
    assert {file.name for file in run.files()} == {"code/main.py", "model.pt"}
    assert run.file("model.pt").read() == b"weights"
    assert b"save_code=True" in run.file("code/main.py").read()


@pytest.mark.alone
def test_ctrl_c_while_a_local_run_ends_stops_the_script_and_loses_nothing(tmp_path: Path):
    source = """
    import os, signal, threading
    import numpy as np
    import stepwell
    run = stepwell.init(project="ending", id="interrupted", dir="runs")
    noise = np.random.default_rng(0).integers(0, 256, (512, 512, 3), dtype=np.uint8)
    for i in range(60):
        run.log({"i": i, "image": stepwell.Image(np.roll(noise, i))})
    # As soon as this thread gives the interpreter away: while the images are encoded.
    threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGINT)).start()
    run.finish()
    print("went on")
    """
    with script(source, tmp_path) as process:
        ended = process.wait()
    # CPython says 1 instead of -SIGINT where code that is compiled at the very end makes it forget the
    # signal.
    assert ended.code in {-signal.SIGINT, 1}
    assert "went on" not in ended.stdout
    assert "60 rows and 60 files are in" in ended.stderr
    run = Api(tmp_path / "runs").run("ending/interrupted")
    assert len(list(run.scan_history())) == len(list(run.files())) == 60
    again = script("import stepwell; print(stepwell.init(project='ending', dir='runs', resume='auto').id)", tmp_path)
    with again as process:
        assert process.wait().stdout.strip() != "interrupted"


def on_terminal(source: str, directory: Path) -> str:
    """Run a script whose standard error is a terminal, and return what it wrote there."""
    import textwrap

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(source)],
        cwd=directory,
        env=environment(directory / "home"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    said, deadline = b"", time.monotonic() + 60
    try:
        while (time.monotonic() < deadline and select.select([ours], [], [], 1)[0]) or process.poll() is None:
            try:
                part = os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            said += part
        assert process.wait(60) == 0, said.decode(errors="replace")
    finally:
        process.kill()
        os.close(ours)
    return said.decode().replace("\r\n", "\n")
