"""SIGTERM and SIGHUP: what `log` accepted is there (invariant C2); handlers of others are left alone."""

import random
import signal
import struct
from pathlib import Path

import pytest

from stepwell import Api
from tests.decoder.spool import read_streams
from tests.support.processes import run_script, script, wait_until

pytestmark = pytest.mark.e2e

ROUNDS = 5
# The journal is written after `log` has returned: what is in it was accepted.
TRAINING = """
import os, struct, sys
import stepwell

journal = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
run = stepwell.init(project="term", id="r")
record = struct.Struct("<q")
i = 0
while True:
    run.log({"i": i})
    os.write(journal, record.pack(i))
    i += 1
"""


def spooled(work: Path) -> set[int]:
    found = [row.cells["i"] for stream in read_streams(work) for row in stream.rows if "i" in row.cells]
    assert len(found) == len(set(found)), "a row comes twice"
    return set(found)


def wait_until_larger(journal: Path, least: int) -> None:
    wait_until("rows are logged", lambda: journal.exists() and journal.stat().st_size >= least, 30, 0.002)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_every_accepted_row_survives_the_signal(tmp_path: Path, number: signal.Signals):
    dice = random.Random(7)
    for round_ in range(ROUNDS):
        work, journal = tmp_path / str(round_), tmp_path / f"journal{round_}"
        least = 8 * dice.randrange(1, 3000)
        with script(TRAINING, work, {}, str(journal)) as training:
            wait_until_larger(journal, least)
            training.signal(number)
            assert training.running.wait(20) == -number, "it dies of the signal"
        data = journal.read_bytes()
        accepted = {i for (i,) in struct.iter_unpack("<q", data[: len(data) // 8 * 8])}
        assert not accepted - spooled(work)


def test_the_workers_of_a_pool_lose_nothing_when_the_pool_ends_them(tmp_path: Path):
    source = """
    import multiprocessing as mp
    import stepwell

    def work(n):
        for i in range(50):
            stepwell.log({"w": n * 100 + i})

    run = stepwell.init(project="pool", id="r")
    for round in range(4):
        with mp.get_context("fork").Pool(2) as pool:
            pool.map(work, range(round * 8, round * 8 + 8))
    run.finish()
    """
    run_script(source, tmp_path / "work")
    run = Api(tmp_path / "work" / "stepwell").run("pool/r")
    found = [row["w"] for label in run.labels for row in run.scan_history(label=label) if "w" in row]
    assert sorted(found) == [n * 100 + i for n in range(32) for i in range(50)]
    assert run.lost_rows == 0


def test_a_worker_that_is_terminated_while_it_logs_dies_of_it_and_has_kept_what_it_accepted(tmp_path: Path):
    source = """
    import multiprocessing as mp, os, struct, sys
    import stepwell

    def work(queue, journal):
        i = 0
        while True:
            stepwell.log({"i": i})
            os.write(journal, struct.pack("<q", i))
            if i == 200:
                queue.put(1)
            i += 1

    context = mp.get_context("fork")
    run = stepwell.init(project="worker", id="r")
    for number in range(3):
        journal = os.open(f"journal{number}", os.O_WRONLY | os.O_CREAT)
        queue = context.Queue()
        process = context.Process(target=work, args=(queue, journal))
        process.start()
        queue.get(timeout=30)
        process.terminate()
        process.join(20)
        assert process.exitcode == -15, process.exitcode
    run.finish()
    """
    work = tmp_path / "work"
    run_script(source, work)
    streams = [stream.rows for stream in read_streams(work) if stream.rows]
    accepted = sorted(path.stat().st_size // 8 for path in work.glob("journal*"))
    assert len(streams) == len(accepted) == 3
    for rows, least in zip(sorted(streams, key=len), accepted, strict=True):
        assert len(rows) >= least


def test_a_child_that_never_logs_dies_at_once(tmp_path: Path):
    source = """
    import multiprocessing as mp, time
    import stepwell
    run = stepwell.init(project="idle", id="r")
    run.log({"a": 1})
    process = mp.get_context("fork").Process(target=time.sleep, args=(60,))
    process.start()
    process.terminate()
    process.join(20)
    assert process.exitcode == -15, process.exitcode
    run.log({"a": 2})
    run.finish()
    """
    run_script(source, tmp_path / "work")
    assert Api(tmp_path / "work" / "stepwell").run("idle/r").rows == 2


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_handler_of_the_program_is_called_and_not_replaced(tmp_path: Path, when: str):
    source = """
    import os, signal, sys
    import stepwell
    heard = []
    if sys.argv[1] == "before":
        signal.signal(signal.SIGTERM, lambda *_: heard.append(1))
    run = stepwell.init(project="own", id="r")
    run.log({"a": 1})
    if sys.argv[1] == "after":
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        assert signal.signal(signal.SIGTERM, lambda *_: heard.append(1)) is signal.SIG_DFL
    os.kill(os.getpid(), signal.SIGTERM)
    assert heard == [1]
    run.log({"a": 2})
    run.finish()
    """
    run_script(source, tmp_path / "work", {}, when)
    assert Api(tmp_path / "work" / "stepwell").run("own/r").rows == 2


def test_a_signal_that_is_ignored_stays_ignored(tmp_path: Path):
    source = """
    import os, signal
    import stepwell
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    run = stepwell.init(project="ignored", id="r")
    run.log({"a": 1})
    os.kill(os.getpid(), signal.SIGHUP)
    run.finish()
    print("went on")
    """
    assert "went on" in run_script(source, tmp_path / "work").stdout


def test_the_signal_does_its_work_while_python_is_held_in_native_code(tmp_path: Path):
    # An int of this size takes minutes to print, with the GIL held.
    source = """
    import sys
    import stepwell
    sys.set_int_max_str_digits(0)
    run = stepwell.init(project="held", id="r")
    for i in range(100):
        run.log({"i": i})
    print("logged", flush=True)
    str(7 ** 30_000_000)
    """
    work = tmp_path / "work"
    with script(source, work) as training:
        wait_until("all is logged", lambda: "logged" in training.stdout, 30, 0.002)
        training.signal(signal.SIGTERM)
        assert training.running.wait(20) == -signal.SIGTERM
    assert spooled(work) == set(range(100))


def test_a_signal_that_the_program_waits_for_reaches_it(tmp_path: Path):
    source = """
    import os, signal, threading
    import stepwell
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    run = stepwell.init(project="waits", id="r")
    run.log({"a": 1})
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM)).start()
    assert signal.sigwait({signal.SIGTERM}) == signal.SIGTERM
    run.finish()
    print("went on")
    """
    assert "went on" in run_script(source, tmp_path / "work").stdout
