"""The mirror of TensorBoard's writers: which rows events become."""

from pathlib import Path

import pytest

import stepwell
from stepwell.imports.tensorboard.event import Event, Value
from stepwell.imports.tensorboard.row import Rows
from stepwell.tensorboard.follower import Follower
from stepwell.tensorboard.mirror import Mirror
from stepwell.tensorboard.writers import Hooks
from tests.unit.imports.test_event_files import event, record, scalar


def scalar_event(step: int, *tags: str) -> Event:
    return Event(1e9 + step, step, [Value(tag, "scalar", 0.5) for tag in tags])


def rows(run: stepwell.Run) -> list[dict]:
    run.finish()
    found = stepwell.Api(run.settings.dir).run(run.path).scan_history()
    return [{key: value for key, value in row.items() if key not in ("_step", "_runtime")} for row in found]


@pytest.fixture
def run(tmp_path: Path):
    with stepwell.init(project="mirror", dir=str(tmp_path / "out"), settings={"silent": True}) as run:
        yield run


def test_what_is_written_for_one_step_is_one_row(run: stepwell.Run):
    mirror = Mirror()
    for step in (0, 10):
        mirror.take("runs/a", scalar_event(step, "loss"))
        mirror.take("runs/a", scalar_event(step, "accuracy"))
    assert rows(run) == [
        {"_timestamp": 1e9, "loss": 0.5, "accuracy": 0.5, "global_step": 0},
        {"_timestamp": 1e9 + 10, "loss": 0.5, "accuracy": 0.5, "global_step": 10},
    ]


def test_a_tag_of_any_name_is_mirrored_and_takes_no_other_ones_place(run: stepwell.Run):
    mirror = Mirror()
    tags = ["a*", "b*c", "c.d", "", "_label", "_step", "_runtime", "_timestamp", "global_step", "train/global_step"]
    for step, tag in enumerate(tags):
        mirror.take("runs/a", scalar_event(step, tag))
    mirror.take("runs/a", Event(float("nan"), 2**63 - 1, [Value("loss", "scalar", 0.5)]))
    *found, last = rows(run)
    taken = {"_step", "_runtime", "_timestamp", "global_step"}
    assert found == [
        {"_timestamp": 1e9 + step, "global_step": step, f"tag/{tag}" if tag in taken else tag: 0.5}
        for step, tag in enumerate(tags)
    ]
    assert last["global_step"] == 2**63 - 1
    assert last["_timestamp"] > 1e9, "a time that is none is the program's own"


def test_what_cannot_be_mirrored_is_told_once_for_each_key(run: stepwell.Run):
    hooks = Hooks(Mirror())

    def write() -> None:
        for step in (0, 1):
            hooks._take("runs/a", scalar_event(step, "loss", "x" * 2_000))
            hooks._take("runs/a", scalar_event(step, "y" * 2_000))

    with pytest.warns(UserWarning, match="not mirrored in full") as told:
        write()
    assert [str(each.message).partition('the key "')[2][0] for each in told] == ["x", "y"]
    assert [row.get("loss") for row in rows(run)] == [0.5, 0.5]


def test_what_the_program_logs_itself_ends_the_row(run: stepwell.Run):
    mirror = Mirror()
    mirror.take("runs/a", scalar_event(1, "loss"))
    run.log({"own": 1})
    mirror.take("runs/a", scalar_event(2, "loss"))
    found = [{key: row[key] for key in row if key != "_timestamp"} for row in rows(run)]
    assert found == [{"loss": 0.5, "global_step": 1, "own": 1}, {"loss": 0.5, "global_step": 2}]


@pytest.mark.parametrize(
    ("root", "logdirs", "expected"),
    [
        (None, ["runs/a"], ["loss"]),
        (None, ["runs/a", "runs/a/part_x"], ["loss", "part_x/loss"]),
        (None, ["logs/train", "logs/validation"], ["train/loss", "validation/loss"]),
        (None, ["runs/a", "elsewhere/b"], ["loss", "b/loss"]),
        ("logs", ["logs/deep/one", "logs/two"], ["deep/one/loss", "two/loss"]),
    ],
)
def test_writers_are_told_apart_by_their_directories(
    run: stepwell.Run, root: str | None, logdirs: list[str], expected: list[str]
):
    mirror = Mirror(Path(root) if root else None)
    for logdir in logdirs:
        mirror.take(logdir, scalar_event(1, "loss"))
    (row,) = rows(run)
    assert sorted(row.keys() - {"_timestamp", "global_step"}) == sorted(expected)


def test_without_a_run_events_are_passed_over(tmp_path: Path):
    mirror = Mirror()
    mirror.take("runs/a", scalar_event(1, "loss"))
    with stepwell.init(project="mirror", dir=str(tmp_path), settings={"silent": True}) as run:
        mirror.take("runs/a", scalar_event(2, "loss"))
    assert [row["global_step"] for row in rows(run)] == [2]


def test_a_follower_takes_what_is_added_from_now_on(tmp_path: Path):
    path = tmp_path / "events.out.tfevents.1.host"
    path.write_bytes(record(event(0, 1.0, scalar("a", 1.0))))
    taken: list[int] = []
    follower = Follower(str(tmp_path), lambda _, found: taken.append(found.step))
    with path.open("ab") as file:
        file.write(record(event(1, 1.0, scalar("a", 1.0))))
        file.flush()
        follower.read()
        assert taken == [1]
        file.write(record(event(2, 1.0, scalar("a", 1.0))))
    follower.stop()
    assert taken == [1, 2]


def test_one_tag_that_cannot_be_stored_costs_itself_only(run: stepwell.Run):
    mirror = Mirror()
    with pytest.raises(ValueError, match="xxx"):  # which the hooks turn into a warning
        mirror.take("runs/a", scalar_event(1, "loss", "x" * 2_000))
    mirror.take("runs/a", scalar_event(2, "loss"))
    assert [(row["global_step"], row["loss"]) for row in rows(run)] == [(1, 0.5), (2, 0.5)]


def test_hyperparameters_do_not_take_the_place_of_what_the_program_said(run: stepwell.Run):
    mirror = Mirror()
    run.config.lr = 0.1
    for step, said in enumerate(({"lr": 1.0, "layers": 2}, {"layers": 3})):
        mirror._rows.setdefault("runs/a", Rows()).config.update(said)
        mirror.take("runs/a", scalar_event(step, "loss"))
    assert dict(run.config) == {"lr": 0.1, "layers": 3}


def test_each_run_has_the_hyperparameters_of_its_own_writers(tmp_path: Path):
    mirror = Mirror()
    for said in ({"lr": 0.1}, {"layers": 2}):
        with stepwell.init(project="mirror", dir=str(tmp_path / "out"), settings={"silent": True}) as run:
            mirror.take("runs/a", scalar_event(0, "loss"))
            mirror._rows["runs/a"].config.update(said)
            mirror.take("runs/a", scalar_event(1, "loss"))
            assert dict(run.config) == said


def test_each_run_has_the_tags_of_its_own_writers(tmp_path: Path):
    mirror = Mirror()
    for seed in ("seed1", "seed2"):
        with stepwell.init(project="mirror", dir=str(tmp_path / "out"), settings={"silent": True}) as run:
            mirror.take(f"runs/{seed}", scalar_event(0, "loss"))
        assert rows(run)[0]["loss"] == 0.5
