"""kill -9 of the training process: no row older than 250 ms is lost, none comes twice (A1, A7)."""

import os
import random
import struct
import time
from pathlib import Path

import pytest

from stepwell import Api
from tests.decoder.spool import write_stream
from tests.support.places import Place, exactly, scan
from tests.support.processes import ServerProcess, run_command, script, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.alone]

# What "spooled" promises: 50 ms as a rule, 250 ms at the very most.
PROMISED_S = 0.250
ROUNDS = 6
_RECORD = struct.Struct("<qd")

# The journal is written with one write call per row after `log` has returned, on the clock that all processes
# share.
TRAINING = """
import os, struct, sys, time
import stepwell

journal = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
run = stepwell.init(project="killed", id=sys.argv[2])
pace = float(sys.argv[3])
record = struct.Struct("<qd")
i = 0
while True:
    run.log({"i": i, "square": float(i) * i})
    os.write(journal, record.pack(i, time.monotonic()))
    i += 1
    if pace:
        time.sleep(pace)
"""


def row(step: int) -> dict[str, object]:
    return {"i": step, "square": float(step) * step}


def read_journal(path: Path) -> list[tuple[int, float]]:
    data = path.read_bytes()
    return list(_RECORD.iter_unpack(data[: len(data) // _RECORD.size * _RECORD.size]))


def kill_in_the_middle(place: Place, journal: Path, run_id: str, pace: float, after: float) -> tuple[int, int]:
    """Run a script and kill it `after` s after its first row; return how many rows must be there, and may."""
    with script(TRAINING, place.directory, place.env, str(journal), run_id, str(pace)) as training:
        wait_until("the first row is logged", lambda: journal.exists() and journal.stat().st_size > 0, every=0.002)
        time.sleep(after)  # when the kill comes is the scenario
        killed = time.monotonic()
        training.kill()
    entries = read_journal(journal)
    due = sum(1 for _, at in entries if at <= killed - PROMISED_S)
    # One more may be logged whose line in the journal was not.
    return due, len(entries) + 1


@pytest.mark.parametrize("pace", [0.0, 0.001, 0.03], ids=["flat_out", "every_ms", "every_30_ms"])
def test_no_row_older_than_250_ms_is_lost(place: Place, tmp_path: Path, pace: float):
    dice = random.Random(f"{place.name}-{pace}")
    for number in range(ROUNDS if pace else ROUNDS // 2):
        run_id = f"{place.name}-{pace}-{number}"
        longest = 0.8 if pace else 0.4  # half a second flat out is half a million rows
        due, most = kill_in_the_middle(place, tmp_path / f"{number}", run_id, pace, dice.uniform(0.26, longest))
        if place.server is not None:
            synced = run_command("sync", "--url", place.address, directory=place.directory)
            assert synced.code == 0, synced.output
        rows = scan(place.api().run(f"killed/{run_id}"))
        assert due <= len(rows) <= most, f"round {number}: {len(rows)} rows, {due} are due, {most} were logged"
        assert exactly(rows) == exactly({step: row(step) for step in range(len(rows))}), f"round {number}"
    assert due > 0, "the last round proves something"


def test_a_killed_run_is_not_said_to_be_finished(place: Place, tmp_path: Path):
    kill_in_the_middle(place, tmp_path / "journal", "state", 0.001, 0.4)
    # It may still be alive for all that anybody knows: it counts as crashed after 60 s without a sign of
    # life.
    assert place.api().run("killed/state").state in {"running", "crashed"}


def test_a_writer_without_a_sign_of_life_for_a_minute_has_crashed(work: Path):
    # A spool as such a writer leaves it, made by the decoder, because nobody wants to wait for a minute.
    for run_id, seconds in (("long-ago", 65), ("just-now", 10)):
        then = time.time() - seconds
        entries = [[0, step, int(then * 1e6), 0, step] for step in range(10)]
        directory = write_stream(work / "stepwell" / "spool", "killed", run_id, int(then * 1e6), ["i"], entries)
        for path in (directory, *directory.iterdir()):
            os.utime(path, (then, then))
    states = {run.id: run.state for run in Api(work / "stepwell").runs("killed")}
    assert states == {"long-ago": "crashed", "just-now": "running"}
    assert scan(Api(work / "stepwell").run("killed/long-ago")) == {i: {"i": i} for i in range(10)}


@pytest.mark.parametrize(("end", "number"), [("ctypes.string_at(0)", 11), ("os.kill(os.getpid(), 15)", 15)])
def test_a_segfault_and_sigterm_lose_nothing_that_is_older_than_250_ms(place: Place, end: str, number: int):
    source = """
    import ctypes, os, sys, time
    import stepwell
    run = stepwell.init(project="killed", id=sys.argv[2])
    for i in range(500):
        run.log({"i": i})
    time.sleep(0.25)
    eval(sys.argv[1])
    """
    run_id = f"signal-{number}"
    with script(source, place.directory, place.env, end, run_id) as training:
        assert training.wait().code == -number
    if place.server is not None:
        assert run_command("sync", "--url", place.address, directory=place.directory).code == 0
    assert scan(place.api().run(f"killed/{run_id}")) == {i: {"i": i} for i in range(500)}


def test_an_end_in_order_loses_nothing_at_all(place: Place):
    source = """
    import os, signal, sys
    import stepwell
    run = stepwell.init(project="killed", id=sys.argv[1])
    for i in range(500):
        run.log({"i": i})
    if sys.argv[1] == "sys-exit":
        sys.exit(3)
    if sys.argv[1] == "exception":
        raise ValueError("as planned")
    """
    for run_id, code, state in (("end", 0, "finished"), ("sys-exit", 3, "failed"), ("exception", 1, "failed")):
        with script(source, place.directory, place.env, run_id) as training:
            assert training.wait().code == code, training.stderr
        run = place.api().run(f"killed/{run_id}")
        assert scan(run) == {i: {"i": i} for i in range(500)}
        assert run.state == state


def test_ranks_and_rounds_of_one_directory_do_not_disturb_each_other(server: ServerProcess, work: Path, tmp_path: Path):
    place = Place("server", work, server, server.env)
    due = [kill_in_the_middle(place, tmp_path / str(n), f"r{n}", 0.001, 0.3)[0] for n in range(3)]
    server.kill()
    server.start()
    assert run_command("sync", "--url", server.url, directory=work).code == 0
    for n, least in enumerate(due):
        rows = scan(Api(server.url).run(f"killed/r{n}"))
        assert len(rows) >= least > 0
        assert exactly(rows) == exactly({step: row(step) for step in range(len(rows))})
