"""An address where nobody is: training does not notice; the end says what is unsent and how to send it."""

import re
import socket
from pathlib import Path

import pytest

from stepwell import Api
from tests.support.disturbed_training import TRAINING, rows
from tests.support.places import exactly, scan
from tests.support.processes import Ended, ServerProcess, run_command, run_script

pytestmark = pytest.mark.e2e

# T is 1 s where `finish` is timed; the rest is for a machine whose cores are busy. Without a limit it would
# be 30 s.
UNNOTICED_S = 5.0


def times(ended: Ended) -> dict[str, float]:
    words = ended.stdout.split()
    return {name: float(words[words.index(name) + 1]) for name in ("logged", "finish", "slowest")}


@pytest.mark.parametrize("host", ["does-not-exist.invalid:7117", "127.0.0.1:9"], ids=["unknown_host", "refused_port"])
def test_training_does_not_notice_that_nobody_is_there(server: ServerProcess, work: Path, host: str):
    env = {"STEPWELL_URL": f"http://{host}", "STEPWELL_FINISH_TIMEOUT": "1"}
    ended = run_script(TRAINING, work, env, "2000")
    measured = times(ended)
    # A call that waits for an address, a connection or its time-out takes five seconds and more.
    assert measured["slowest"] < UNNOTICED_S
    assert measured["finish"] < UNNOTICED_S, "finish(T) returns when T is over (B4)"
    said = ended.stderr + ended.stdout
    assert "2,000 of 2,000 rows" in said, said
    assert host in said
    assert "stepwell sync" in said
    assert exactly(scan(Api(work / "stepwell").run("bad/r"))) == exactly(rows(2000)), "it can be read before it is sent"
    # What it says works, as it stands there.
    command = re.search(r"stepwell (sync .*)", said)
    assert command is not None
    arguments = command[1].split()
    arguments[arguments.index("--url") + 1] = server.url
    assert run_command(*arguments, directory=work).code == 0
    assert exactly(scan(Api(server.url).run("bad/r"))) == exactly(rows(2000))


def test_a_server_that_accepts_and_never_answers_does_not_stop_training(work: Path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        env = {"STEPWELL_URL": f"http://127.0.0.1:{silent.getsockname()[1]}", "STEPWELL_FINISH_TIMEOUT": "1"}
        ended = run_script(TRAINING, work, env, "2000")
    assert times(ended)["finish"] < UNNOTICED_S
    assert "stepwell sync" in ended.output
