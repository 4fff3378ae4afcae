"""Processes that join a run by its pickle or its id: each is a writer of its own, and all rows arrive."""

import textwrap

import pytest

from tests.support.places import Place, scan

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("method", ["spawn", "fork", "forkserver"])
def test_a_pickled_run_writes_from_other_processes(place: Place, method: str):
    source = """
    import multiprocessing, sys
    import stepwell

    def train(run, worker):
        assert run.config.lr == 0.1 and run.name == "shared" and run.tags == ("t",)
        for i in range(20):
            run.log({f"worker{worker}": i})
        assert stepwell.run is run
        stepwell.log({f"worker{worker}": 20})

    def main():
        method = sys.argv[1]
        run = stepwell.init(project="attach", id=method, name="shared", tags=["t"], config={"lr": 0.1})
        run.log({"parent": 0})
        context = multiprocessing.get_context(method)
        workers = [context.Process(target=train, args=(run, worker)) for worker in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert [worker.exitcode for worker in workers] == [0, 0]
        run.log({"parent": 1})
    """
    (place.directory / "train.py").write_text(textwrap.dedent(source))
    place.run("import sys; sys.argv[0] = 'train.py'; sys.path.insert(0, '.'); import train; train.main()", method)
    run = place.api().run(f"attach/{method}")
    assert run.state == "finished"
    assert len(run.labels) == 3
    for worker in range(2):
        key = f"worker{worker}"
        assert [row[key] for row in scan(run, keys=[key]).values()] == list(range(21))
    assert [row["parent"] for row in scan(run, keys=["parent"]).values()] == [0, 1]


def test_what_a_function_holds_of_a_run_goes_with_it_to_other_processes(place: Place):
    """As joblib, Dask, Ray and `datasets.map` send functions away, with `log`, summary and media in them."""
    source = """
    import multiprocessing
    import stepwell

    def work(log, summary, picture):
        log({"other": 1, "picture": picture})
        summary["best"] = 2

    def main():
        run = stepwell.init(project="attach", id="held")
        picture = stepwell.Image([[0, 255]], caption="two")
        child = multiprocessing.get_context("spawn").Process(target=work, args=(stepwell.log, run.summary, picture))
        child.start()
        child.join()
        assert child.exitcode == 0
    """
    (place.directory / "held.py").write_text(textwrap.dedent(source))
    place.run("import sys; sys.argv[0] = 'held.py'; sys.path.insert(0, '.'); import held; held.main()")
    run = place.api().run("attach/held")
    (row,) = scan(run, keys=["other", "picture"]).values()
    assert (row["other"], row["picture"]["caption"], run.media(row["picture"]).size) == (1, "two", (2, 1))
    assert run.summary["best"] == 2


def test_another_process_attaches_by_id(place: Place):
    source = """
    import subprocess, sys
    import stepwell

    run = stepwell.init(project="attach", id="by-id")
    run.log({"parent": 1})
    assert run.flush(60)
    other = "import stepwell; run = stepwell.attach('by-id'); run.log({'other': 2}); print(run.path)"
    print(subprocess.run([sys.executable, "-c", other], check=True, capture_output=True, text=True).stdout)
    """
    assert "local/attach/by-id" in place.run(source).stdout
    run = place.api().run("attach/by-id")
    assert [row["parent"] for row in scan(run, keys=["parent"]).values()] == [1]
    assert [row["other"] for row in scan(run, keys=["other"]).values()] == [2]
