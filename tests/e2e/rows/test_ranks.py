"""Several processes write to one run: labels by rank, a primary for the state, a later attempt wins."""

import contextlib
from pathlib import Path

import pytest

from tests.support.http_api import get, panel, series_batch
from tests.support.places import Place, scan
from tests.support.processes import Process, ServerProcess, script

pytestmark = pytest.mark.e2e

ROWS = 500
SCRIPT = f"""
import os
import stepwell
rank = int(os.environ["RANK"])
with stepwell.init(project="ranks", id="r", config={{f"from {{rank}}": rank, "shared": 1}}) as run:
    for i in range({ROWS}):
        run.log({{"loss": rank * 10_000 + i, "rank": rank}})
"""


def launch(source: str, place: Place, size: int, **env: str) -> None:
    """Run a script as the ranks of one job, at the same time."""
    with contextlib.ExitStack() as stack:
        ranks: list[Process] = []
        for rank in range(size):
            variables = {"RANK": str(rank), "WORLD_SIZE": str(size), "LOCAL_RANK": str(rank)} | env
            ranks.append(stack.enter_context(script(source, place.directory, place.env | variables)))
        for rank, process in enumerate(ranks):
            ended = process.wait()
            assert ended.code == 0, f"rank {rank}: {ended.output}"


@pytest.fixture(scope="module")
def written(place: Place) -> Place:
    launch(SCRIPT, place, 4)
    return place


def test_it_is_one_run_with_a_label_per_rank(written: Place):
    (run,) = written.api().runs("ranks")
    assert run.id == "r"
    assert run.state == "finished"
    assert run.labels == ["0", "1", "2", "3"]


def test_the_config_of_all_ranks_is_there(written: Place):
    config = dict(written.api().run("ranks/r").config)
    assert config == {"shared": 1} | {f"from {rank}": rank for rank in range(4)}


def test_every_row_of_every_rank_is_there(written: Place):
    run = written.api().run("ranks/r")
    for rank in range(4):
        rows = scan(run, label=str(rank))
        assert rows == {i: {"loss": rank * 10_000 + i, "rank": rank} for i in range(ROWS)}


def test_without_a_label_the_primary_rank_is_read(written: Place):
    assert scan(written.api().run("ranks/r"))[7] == {"loss": 7, "rank": 0}


def test_the_dashboard_sees_each_rank_and_all_together(shared_server: ServerProcess, tmp_path: Path):
    (tmp_path / "work").mkdir()
    place = Place("server", tmp_path / "work", shared_server, shared_server.env)
    launch(SCRIPT, place, 4)
    run = get(shared_server.url, "/run", {"entity": "local", "project": "ranks", "run": "r"}).json
    assert [(label["label"], label["rank"]) for label in run["labels"]] == [(str(rank), rank) for rank in range(4)]
    assert run["rows"] == 4 * ROWS
    one = series_batch(shared_server.url, "ranks", panel("r", "loss", label="2", buckets=1000)).one()
    assert one.columns["mean"] == [20_000 + i for i in range(ROWS)]
    together = series_batch(shared_server.url, "ranks", panel("r", "loss", label="*", buckets=512)).one()
    assert not together.exact
    assert together.columns["min"][0] == 0
    assert together.columns["max"][0] == 30_000
    assert together.columns["mean"][0] == 15_000


RESTARTED = """
import os
import stepwell
attempt = int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"))
run = stepwell.init(project="restarts", id="r")
for i in range(100):
    run.log({"attempt": attempt}, step=i if attempt else i * 2)
run.finish()
"""


def test_the_later_attempt_of_a_rank_wins(place: Place):
    """Of two values for one step the newer attempt's counts, and where only the older has one it stays."""
    launch(RESTARTED, place, 2)
    launch(RESTARTED, place, 2, TORCHELASTIC_RESTART_COUNT="1")
    run = place.api().run("restarts/r")
    for label in ("0", "1"):
        rows = scan(run, label=label)
        assert rows == {step: {"attempt": 1 if step < 100 else 0} for step in [*range(100), *range(100, 200, 2)]}


def test_other_ranks_do_not_decide_the_state(place: Place):
    source = """
    import os, sys
    import stepwell
    run = stepwell.init(project="states", id="r")
    run.log({"a": 1})
    run.finish(exit_code=0 if os.environ["RANK"] == "0" else 1)
    """
    launch(source, place, 3)
    assert place.api().run("states/r").state == "finished"


def test_four_writers_with_labels_of_their_own(place: Place):
    source = """
    import sys
    import stepwell
    with stepwell.init(project="labels", id="r", label=sys.argv[1]) as run:
        for i in range(50):
            run.log({"who": sys.argv[1], "i": i})
    """
    with contextlib.ExitStack() as stack:
        names = ["actor", "critic", "ünï"]
        writers = [stack.enter_context(script(source, place.directory, place.env, name)) for name in names]
        assert [writer.wait().code for writer in writers] == [0, 0, 0]
    run = place.api().run("labels/r")
    for name in names:
        assert scan(run, label=name) == {i: {"who": name, "i": i} for i in range(50)}


@pytest.mark.parametrize("group", [None, "g"])
def test_ranks_of_a_job_are_one_run_unless_they_have_a_group(place: Place, group: str | None):
    project = f"grouped-{group}"
    source = f"""
    import os
    import stepwell
    rank = int(os.environ["RANK"])
    with stepwell.init(project={project!r}, group={group!r}, config={{"rank": rank}}) as run:
        run.log({{"loss": rank}})
    """
    launch(source, place, 2, TORCHELASTIC_RUN_ID=f"job {place.name} {project}")
    runs = list(place.api().runs(project))
    assert [run.state for run in runs] == ["finished"] * (2 if group else 1)
    if group:
        assert sorted((run.config["rank"], *scan(run).values(), run.group) for run in runs) == [
            (0, {"loss": 0}, "g"),
            (1, {"loss": 1}, "g"),
        ]
