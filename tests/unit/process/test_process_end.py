"""Ends of processes: the exit code of a run is that of its process."""

import pickle
import sys
from pathlib import Path

import pytest

from stepwell import Api
from stepwell.process.process_end import status_code
from tests.support.processes import STEPWELL, Ended, Process

pytestmark = pytest.mark.e2e
BEGIN = """\
import stepwell, sys
run = stepwell.init(project="p", id="r")
run.log({"a": 1})
"""


def end(tmp_path: Path, how: str, *command: str | Path, begin: str = BEGIN) -> tuple[Ended, str, int | None]:
    """Run a script that ends as `how` says; return its end, and the state and exit code of its run."""
    work = tmp_path / "work"
    work.mkdir(exist_ok=True)
    (work / "script.py").write_text(begin + how)
    with Process([*(command or (sys.executable, "script.py"))], work, {"STEPWELL_SILENT": "1"}) as process:
        ended = process.wait()
    with Api(work / "stepwell") as api:
        run = api.run("p/r")
        return ended, run.state, run.exit_code


ENDS = {
    "": 0,
    "exit()": 0,
    "exit(5)": 5,
    "quit(6)": 6,
    "sys.exit(7)": 7,
    "sys.exit('it went wrong')": 1,
    "sys.exit(-1)": 255,
    "import argparse; argparse.ArgumentParser().parse_args(['--wrong'])": 2,
    "import signal; signal.signal(signal.SIGTERM, lambda *_: sys.exit(143)); signal.raise_signal(15)": 143,
    "1 / 0": 1,
    "sys.excepthook = lambda *_: None\n1 / 0": 1,
    "import asyncio\nasync def main(): 1 / 0\nasyncio.run(main())": 1,
    "try:\n    1 / 0\nexcept ZeroDivisionError:\n    sys.exit(4)": 4,
    "try:\n    sys.exit(3)\nfinally:\n    1 / 0": 1,
    # What somebody catches ends nothing.
    "try:\n    sys.exit(3)\nexcept SystemExit:\n    pass\nraise SystemExit": 0,
    "try:\n    sys.exit(3)\nexcept SystemExit as error:\n    print()\n    raise": 3,
    "try:\n    sys.exit(3)\nexcept SystemExit:\n    pass\nsys.exit(0)": 0,
    "try:\n    sys.exit(3)\nexcept SystemExit:\n    pass": 0,
    "try:\n    exit(3)\nexcept SystemExit:\n    sys.exit(9)": 9,
    "import threading; thread = threading.Thread(target=sys.exit, args=(3,)); thread.start(); thread.join()": 0,
    "import code; code.InteractiveInterpreter().runsource('1 / 0')": 0,
}


def test_exit_is_pickled_as_that_of_sys():
    """As joblib, Dask and Ray do with functions of a script that call it."""
    assert b"sys" in (text := pickle.dumps(sys.exit))
    assert b"stepwell" not in text, "which the other process may not have"
    assert pickle.loads(text) is sys.exit


@pytest.mark.parametrize("how", ENDS)
def test_a_run_ends_as_its_process_does(tmp_path: Path, how: str):
    ended, state, code = end(tmp_path, how)
    assert (ended.code, code) == (ENDS[how], ENDS[how])
    assert state == ("failed" if code else "finished")


@pytest.mark.parametrize("how", ["sys.exit(main())", "exit(main())"])
def test_a_function_that_begins_the_run_may_return_the_status(tmp_path: Path, how: str):
    begin = """\
import stepwell, sys
def main():
    run = stepwell.init(project="p", id="r")
    run.log({"a": 1})
    return 5
"""
    ended, state, code = end(tmp_path, how, begin=begin)
    assert (ended.code, state, code) == (5, "failed", 5)


def test_the_function_may_be_imported_by_its_name_first(tmp_path: Path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "part.py").write_text("from sys import exit\ndef leave(): exit(6)\n")
    for begin, how, status in (("from sys import exit\n", "exit(5)", 5), ("import part\n", "part.leave()", 6)):
        ended, _, code = end(tmp_path, how, begin=begin + BEGIN)
        assert (ended.code, code) == (status, status)


def test_an_exception_at_a_prompt_ends_nothing(tmp_path: Path):
    ended, state, code = end(tmp_path, "1 / 0", sys.executable, "-i", "script.py")
    assert "ZeroDivisionError" in ended.stderr
    assert (ended.code, state, code) == (0, "finished", 0)


@pytest.mark.parametrize("context", ["fork", "spawn"])
def test_a_run_of_a_child_of_multiprocessing_ends_as_that_does(tmp_path: Path, context: str):
    hows = ["1 / 0", "sys.exit(3)", "raise SystemExit(4)", "pass", "\ntry:\n sys.exit(2)\nexcept SystemExit: pass"]
    begin = """\
import multiprocessing, stepwell, sys
def train(name, how):
    run = stepwell.init(project="p", id=name)
    run.log({"a": 1})
    exec(how)
"""
    how = f"""
if __name__ == "__main__":
    with stepwell.init(project="p", id="r") as run:
        for number, how in enumerate({hows}):
            child = multiprocessing.get_context({context!r}).Process(target=train, args=(f"child-{{number}}", how))
            child.start()
            child.join()
            print(child.exitcode)
"""
    ended, state, _ = end(tmp_path, how, begin=begin)
    assert ended.code == 0, ended.output
    codes = [int(line) for line in ended.stdout.split()]
    assert codes == [1, 3, 4, 0, 0]
    assert state == "finished", "the parent has not failed"
    with Api(tmp_path / "work" / "stepwell") as api:
        assert [api.run(f"p/child-{number}").exit_code for number in range(len(hows))] == codes


@pytest.mark.parametrize("place", ["script", "run"])
def test_what_the_parent_handled_when_it_forked_is_no_end_of_the_child(tmp_path: Path, place: str):
    begin = """\
import multiprocessing, os, stepwell, sys
def train(name, how):
    run = stepwell.init(project="p", id=name)
    run.log({"a": 1})
    exec(how)
fork = multiprocessing.get_context("fork")
"""
    started = BEGIN if place == "run" else ""
    how = f"""
{started}
try:
    1 / 0
except ZeroDivisionError:
    for name, how in (("r0", "pass"), ("r3", "sys.exit(3)"), ("r1", "[][0]")):
        child = fork.Process(target=train, args=(name, how))
        child.start()
        child.join()
if not {bool(started)}:
    run = stepwell.init(project="p", id="r")
"""
    ended, state, _ = end(tmp_path, how, begin=begin)
    assert (ended.code, state) == (0, "finished"), ended.output
    with Api(tmp_path / "work" / "stepwell") as api:
        assert [api.run(f"p/r{code}").exit_code for code in (0, 3, 1)] == [0, 3, 1]


WITH_EXEC = {"raise SystemExit(4)": 4, "raise SystemExit('it went wrong')": 1, "raise SystemExit": 0, "1 / 0": 1}


@pytest.mark.parametrize("words", [["script.py"], ["-m", "script"]], ids=str)
@pytest.mark.parametrize("how", WITH_EXEC)
def test_exec_knows_with_which_status_a_program_ends(tmp_path: Path, how: str, words: list[str]):
    ended, state, code = end(tmp_path, how, STEPWELL, "exec", *words)
    assert (ended.code, code) == (WITH_EXEC[how], WITH_EXEC[how])
    assert state == ("failed" if code else "finished")


def test_a_status_is_what_is_left_of_it_in_eight_bits():
    assert [status_code(each) for each in (None, 0, 5, True, 256, -1, "text", 0.0)] == [0, 0, 5, 1, 0, 255, 1, 1]
