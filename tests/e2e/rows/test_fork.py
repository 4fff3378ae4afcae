"""Processes that fork: the child does not hang, writes by itself, and the parent's rows are all there."""

from pathlib import Path

import pytest

from tests.support.places import Place, scan
from tests.support.processes import run_script

pytestmark = pytest.mark.e2e


def test_a_child_that_logs_does_not_disturb_its_parent(place: Place):
    source = """
    import os
    import stepwell
    run = stepwell.init(project="fork", id="logs")
    for i in range(200):
        run.log({"parent": i})
    for child in range(4):
        pid = os.fork()
        if pid == 0:
            for i in range(10):
                stepwell.log({"child": child, "i": i})
            os._exit(0)
        for i in range(50):
            run.log({"parent": 200 + child * 50 + i})
        assert os.waitpid(pid, 0)[1] == 0
    run.finish()
    """
    place.run(source, timeout=100)
    rows = scan(place.api().run("fork/logs"))
    parent = [row["parent"] for row in rows.values() if "parent" in row]
    assert parent == list(range(400))


def test_a_child_that_ends_in_order_brings_its_rows(place: Place):
    source = """
    import os, sys
    import stepwell
    run = stepwell.init(project="fork", id="ends")
    run.log({"parent": 0}, step=0)
    pid = os.fork()
    if pid == 0:
        for i in range(10):
            run.log({"child": i}, step=1000 + i)
        run.finish()
        sys.exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    run.log({"parent": 1}, step=1)
    run.finish()
    """
    place.run(source, timeout=100)
    run = place.api().run("fork/ends")
    assert run.state == "finished"
    found = [row for label in run.labels for row in run.scan_history(label=label)]
    assert sorted(row["child"] for row in found if "child" in row) == list(range(10))
    assert sorted(row["parent"] for row in found if "parent" in row) == [0, 1]


def test_forking_at_any_moment_does_not_hang(place: Place):
    source = """
    import os, threading
    import stepwell
    run = stepwell.init(project="fork", id="any")
    done = threading.Event()

    def hammer():
        i = 0
        while not done.is_set():
            run.log({"thread": i})
            i += 1

    thread = threading.Thread(target=hammer)
    thread.start()
    for _ in range(50):
        pid = os.fork()
        if pid == 0:
            stepwell.log({"child": 1})
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
    done.set()
    thread.join()
    run.finish()
    """
    place.run(source, timeout=100)


def test_worker_processes_that_never_log_cost_nothing(place: Place):
    source = """
    import multiprocessing
    import stepwell

    def square(x):
        return x * x

    with stepwell.init(project="fork", id="workers") as run:
        with multiprocessing.get_context("fork").Pool(2) as pool:
            for i, value in enumerate(pool.imap(square, range(100))):
                run.log({"value": value})
    """
    place.run(source, timeout=100)
    assert scan(place.api().run("fork/workers")) == {i: {"value": i * i} for i in range(100)}


def test_children_begin_runs_of_their_own_while_the_parent_has_one(place: Place):
    source = """
    from concurrent.futures import ProcessPoolExecutor
    import multiprocessing
    import numpy as np
    import stepwell

    def train(number):
        with stepwell.init(project="fork", id=f"trial-{number}") as trial:
            assert stepwell.run is trial and trial is not parent
            for i in range(5):
                trial.log({"i": i, "image": stepwell.Image(np.full((64, 64, 3), i, dtype=np.uint8))})

    parent = stepwell.init(project="fork", id="search")
    parent.log({"image": stepwell.Image(np.zeros((256, 256, 3), dtype=np.uint8))})
    for begin in range(0, 20, 4):
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as pool:
            list(pool.map(train, range(begin, begin + 4)))
    assert stepwell.run is parent
    parent.finish()
    """
    place.run(source, timeout=100)
    api = place.api()
    for number in range(20):
        trial = api.run(f"fork/trial-{number}")
        assert ([row["i"] for row in scan(trial).values()], len(list(trial.files()))) == (list(range(5)), 5)
        assert trial.state == "finished"
    assert len(scan(api.run("fork/search"))) == 1


def test_threads_share_a_run(place: Place):
    source = """
    import threading
    import stepwell
    run = stepwell.init(project="fork", id="threads")

    def work(name):
        for i in range(500):
            run.log({name: i})

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    run.finish()
    """
    place.run(source)
    rows = scan(place.api().run("fork/threads"))
    assert len(rows) == 2000
    for name in "abcd":
        assert [row[name] for row in rows.values() if name in row] == list(range(500))


def test_a_child_reads_the_directory_that_its_parent_writes_and_reads(tmp_path: Path):
    # Over HTTP: that gRPC's own threads survive a fork is for gRPC to test.
    source = """
    import json, os, threading, time, urllib.request
    from pathlib import Path
    import stepwell
    from stepwell.api.server.local_server import servers

    run = stepwell.init(project="fork", id="read", dir="runs")
    done = threading.Event()

    def log():
        while not done.wait(0.0005):
            run.log({"a": 1})

    def read():
        address, projects = servers.address(Path("runs")), []
        while not projects:  # it is a moment behind the spool
            with urllib.request.urlopen(f"{address}/api/v1/projects", timeout=60) as answer:
                projects = json.load(answer)["projects"]
            time.sleep(0.01)
        return address

    writing = threading.Thread(target=log)
    writing.start()
    ours = read()
    for _ in range(30):
        pid = os.fork()
        if pid == 0:
            code = 99
            try:
                code = 0 if read() != ours else 98
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert read() == ours
    done.set()
    writing.join()
    run.finish()
    """
    ended = run_script(source, tmp_path / "work")
    assert "did not end in time" not in ended.stderr
