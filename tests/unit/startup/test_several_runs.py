"""Several runs of one process: which is the current one, and which ids are free."""

import builtins
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import stepwell
from stepwell import Api
from tests.support.processes import run_script, script


@pytest.fixture
def begin(tmp_path: Path) -> Any:
    def begin(**arguments: Any) -> stepwell.Run:
        settings = {"silent": True, **arguments.pop("settings", {})}
        return stepwell.init(project="p", dir=tmp_path, settings=settings, **arguments)

    yield begin
    stepwell.teardown()


def scan(tmp_path: Path, run: str) -> list[dict[str, Any]]:
    with Api(tmp_path) as api:
        return [{k: v for k, v in row.items() if k[0] != "_"} for row in api.run(f"p/{run}").scan_history()]


def test_a_run_that_is_added_never_becomes_the_current_one(begin: Any, tmp_path: Path):
    train = begin(id="train")
    other = begin(id="other", reinit="create_new")
    stepwell.log({"loss": 1})
    other.log({"score": 2})
    assert stepwell.run is train
    assert begin() is other, "the newest run is the one in progress"
    stepwell.finish()
    assert stepwell.run is None
    with pytest.raises(stepwell.Error, match=r"init\(\)"):
        stepwell.log({"loss": 2})
    other.log({"score": 3})
    other.finish()
    assert scan(tmp_path, "train") == [{"loss": 1}]
    assert scan(tmp_path, "other") == [{"score": 2}, {"score": 3}]


def test_a_run_that_is_added_first_is_not_the_current_one_either(begin: Any):
    other = begin(reinit="create_new")
    assert stepwell.run is None
    train = begin(reinit="finish_previous")
    assert other.is_finished
    assert stepwell.run is train


@pytest.mark.parametrize("more", [{}, {"resume": "allow"}, {"resume": "must"}, {"label": ""}], ids=str)
def test_an_id_that_this_process_writes_to_is_in_use(begin: Any, tmp_path: Path, more: dict[str, Any]):
    first = begin(id="r")
    with pytest.raises(stepwell.UsageError, match="'r' is in use"):
        begin(id="r", reinit="create_new", **more)
    first.log({"a": 1})
    first.finish()
    assert scan(tmp_path, "r") == [{"a": 1}]
    with begin(id="r", resume="must") as again:
        again.log({"a": 2})
    assert scan(tmp_path, "r") == [{"a": 1}, {"a": 2}]


def test_other_labels_directories_and_disabled_runs_may_have_the_id(begin: Any, tmp_path: Path):
    begin(id="r").log({"a": 0})
    labelled = begin(id="r", label="eval", reinit="create_new")
    labelled.log({"a": 1})
    stepwell.init(project="p", id="r", dir=tmp_path / "other", reinit="create_new", settings={"silent": True})
    stepwell.init(project="q", id="r", dir=tmp_path, reinit="create_new", settings={"silent": True})
    begin(id="r", mode="disabled", reinit="create_new")
    stepwell.teardown()
    with Api(tmp_path) as api:
        run = api.run("p/r")
        assert sorted(run.labels) == ["", "eval"]
        assert [row["a"] for label in run.labels for row in run.scan_history(label=label)] == [0, 1]


WORKER = """
import os, sys
import stepwell
given = {name: False for name in sys.argv[2:]}
run = stepwell.init(project="p", id="shared", mode="shared", settings={"silent": True, **given})
run.log({"who": os.getpid()}, step=0)
print(os.getpid(), flush=True)
sys.exit(int(sys.argv[1]))
"""


@pytest.mark.e2e
@pytest.mark.parametrize("said", ["x_primary", "x_update_finish_state", "primary"])
def test_a_worker_of_a_shared_run_does_not_end_it(tmp_path: Path, said: str):
    """Its exit code is its own, and its rows take nobody's place."""
    work = tmp_path / "work"

    def work_on(code: str, *words: str) -> int:
        with script(WORKER, work, {}, code, *words) as process:
            ended = process.wait()
        assert str(ended.code) == code, ended.output
        return int(ended.stdout)

    own = stepwell.init(project="p", id="shared", mode="shared", dir=work / "stepwell", settings={"silent": True})
    own.log({"who": os.getpid()})
    workers = [work_on("1", said), work_on("0", said)]
    with Api(work / "stepwell") as api:
        assert api.run("p/shared").state == "running"
    own.finish()
    with Api(work / "stepwell") as api:
        run = api.run("p/shared")
        assert run.state == "finished"
        found = {label: [row["who"] for row in run.scan_history(label=label)] for label in run.labels}
    assert found.pop("") == [os.getpid()]
    assert sorted(found.values()) == sorted([[worker] for worker in workers])
    assert all(label.startswith("worker-") for label in found)


def test_settings_say_in_one_word_what_wandb_says_in_two():
    settings = stepwell.Settings(x_primary=True, x_update_finish_state=False)
    assert settings.primary is False
    assert stepwell.Settings(x_primary=None).primary is True
    assert stepwell.Settings(x_primary_node=False).primary is False
    assert stepwell.Settings().primary is True


def test_threads_that_begin_runs_at_once_get_one_each(begin: Any, tmp_path: Path):
    def work(thread: int) -> None:
        for number in range(4):
            with begin(id=f"{thread}-{number}", reinit="create_new") as run:
                run.log({"thread": thread})

    at_once(work)
    with Api(tmp_path) as api:
        found = {run.id: (run.state, run.rows) for run in api.runs("p")}
    assert found == {f"{thread}-{number}": ("finished", 1) for thread in range(5) for number in range(4)}


def test_threads_that_begin_the_run_at_once_share_it(begin: Any):
    assert {each is stepwell.run for each in at_once(lambda _: begin())} == {True}


def at_once(work: Any) -> list[Any]:
    """Call it in five threads, which take turns all the time."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(5) as pool:
            return list(pool.map(work, range(5)))
    finally:
        sys.setswitchinterval(usual)


@pytest.mark.e2e
def test_a_child_that_is_forked_while_a_thread_begins_a_run_begins_its_own(tmp_path: Path):
    source = """
    import os, threading
    import stepwell
    from stepwell.process import session
    held, done = threading.Event(), threading.Event()
    def hold():
        with session.beginning:
            held.set()
            done.wait()
    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    pid = os.fork()
    if pid == 0:
        stepwell.init(project="p", id="r").finish()
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    done.set()
    thread.join()
    """
    run_script(source, tmp_path / "work")


@pytest.mark.parametrize(
    "more", [{"id": "other", "resume": "must"}, {"resume": "must"}, {"resume_from": "o?_step=1"}], ids=str
)
def test_a_run_cannot_be_resumed_while_another_one_is_active(begin: Any, more: dict[str, Any]):
    first = begin(id="r")
    with pytest.raises(stepwell.UsageError, match="while run local/p/r is active"):
        begin(**more)
    assert stepwell.run is first
    assert not first.is_finished
    assert begin(id="r", resume="must") is first
    assert begin(id="other", resume="allow") is first


@pytest.mark.parametrize(("kind", "ends"), [("ZMQInteractiveShell", True), ("TerminalInteractiveShell", False)])
def test_a_second_init_in_a_notebook_begins_a_second_run(
    begin: Any, monkeypatch: pytest.MonkeyPatch, kind: str, ends: bool
):
    """Also where its shell is made from Jupyter's, as Colab's is."""
    shell = type("Shell", (type(kind, (), {}),), {})()
    monkeypatch.setattr(builtins, "get_ipython", lambda: shell, raising=False)
    first = begin()
    assert (begin() is not first) == first.is_finished == ends
