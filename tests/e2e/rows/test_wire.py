"""A pure-Python server receives runs whole, while it hangs up, throttles, rewinds and goes away."""

import time
from pathlib import Path

import pytest

from tests.decoder import Config, Exit, Info, Metric, Open, SummaryValues
from tests.decoder.receiver import Act, Receiver
from tests.decoder.spool import read_mark, read_streams
from tests.support.places import exactly
from tests.support.processes import free_port, run_script, script, wait_until

pytestmark = pytest.mark.e2e

# The small pauses make many frames of few rows.
TRAINING = """
import sys, time
import stepwell

rows, every = int(sys.argv[1]), int(sys.argv[2])
run = stepwell.init(project="wire", id="r", name="a name", tags=["x"], config={"lr": 0.1})
run.define_metric("loss", summary="min")
for i in range(rows):
    run.log({"loss": 1 / (i + 1), "i": i, "nan": float("nan"), "ü": {"deep": [i, None]}})
    if i % every == every - 1:
        time.sleep(0.06)
run.summary["best"] = 7
run.finish()
"""


def rows(count: int) -> dict[int, dict[str, object]]:
    return {i: {"loss": 1 / (i + 1), "i": i, "nan": float("nan"), "ü.deep": [i, None]} for i in range(count)}


def check(receiver: Receiver, count: int) -> None:
    """Check everything that came in."""
    assert receiver.violations == []
    stream = receiver.only
    assert exactly(stream.merged()) == exactly(rows(count))
    assert isinstance(stream.entries[0], Open)
    assert isinstance(stream.entries[-1], Exit)
    assert stream.closed_at == stream.durable


def test_a_run_is_received_whole(work: Path):
    with Receiver() as receiver:
        before = time.time()
        run_script(TRAINING, work, {"STEPWELL_URL": receiver.url}, "1000", "100")
        after = time.time()
    check(receiver, 1000)
    stream = receiver.only
    opening = stream.opening
    assert (opening.path.entity, opening.path.project, opening.path.run) == ("local", "wire", "r")
    assert (opening.label, opening.primary, opening.attempt) in {("", True, 0), ("", True, 1)}
    assert before - 5 <= opening.time_us / 1e6 <= after
    assert opening.host
    assert opening.pid > 0
    assert opening.version
    first = stream.entries[0]
    assert isinstance(first, Open)
    assert (first.said["project"], first.said["run"]) == ("wire", "r")
    assert [row.step for row in stream.rows] == list(range(1000)), "each row is sent once, in order"
    assert all(before <= row.time_us / 1e6 <= after for row in stream.rows)
    assert [row.time_us for row in stream.rows] == sorted(row.time_us for row in stream.rows)
    assert not any(row.sampled for row in stream.rows)
    statements = [entry for entry in stream.entries if entry not in stream.rows]
    kinds = {type(entry) for entry in statements}
    assert {Config, Info, Metric, SummaryValues, Exit} <= kinds
    assert any(isinstance(entry, Config) and entry.set.get("lr") == 0.1 for entry in statements)
    assert any(isinstance(entry, Info) and entry.said.get("name") == "a name" for entry in statements)
    assert any(isinstance(entry, Metric) and entry.said["summary"] == ["min"] for entry in statements)
    assert any(isinstance(entry, SummaryValues) and entry.set.get("best") == 7 for entry in statements)
    assert statements[-1] == Exit(statements[-1].time_us, 0)


@pytest.mark.parametrize(
    ("act", "again"),
    [
        (Act.HOLD_ACK, False),
        (Act.STORE_AND_HANG_UP, False),
        (Act.LOSE_AND_HANG_UP, False),
        (Act.STORE_AND_REWIND, True),
        (Act.THROTTLE, False),
        (Act.DRAIN, False),
    ],
    ids=lambda value: value.name.lower() if isinstance(value, Act) else "",
)
def test_every_row_arrives_once_whatever_the_server_does(work: Path, act: Act, again: bool):
    with Receiver(dict.fromkeys((1, 2, 5), act)) as receiver:
        run_script(TRAINING, work, {"STEPWELL_URL": receiver.url}, "400", "40")
    check(receiver, 400)
    assert receiver.acted.count(act) == 3, "the server misbehaved as planned"
    if again:
        assert receiver.only.duplicates > 0, "a duplicate arrived, and the oracle saw it"
    if act in (Act.STORE_AND_HANG_UP, Act.LOSE_AND_HANG_UP, Act.DRAIN):
        assert receiver.only.opened > 1


def test_every_row_arrives_once_through_a_storm(work: Path):
    acts = [Act.STORE_AND_HANG_UP, Act.STORE_AND_REWIND, Act.THROTTLE, Act.LOSE_AND_HANG_UP, Act.DRAIN, Act.HOLD_ACK]
    with Receiver({number: acts[number % 6] for number in range(12)}) as receiver:
        run_script(TRAINING, work, {"STEPWELL_URL": receiver.url}, "600", "30")
    check(receiver, 600)
    assert len(receiver.acted) >= 12


def test_a_server_that_goes_away_and_comes_back_gets_the_rest(work: Path):
    receiver = Receiver(port=free_port())
    with script(TRAINING, work, {"STEPWELL_URL": receiver.url}, "2000", "20") as training:
        with receiver:
            wait_until("some rows have arrived", lambda: receiver.streams and receiver.only.durable > 100)
        seen = receiver.only.durable
        with receiver:
            wait_until("more rows have arrived", lambda: receiver.only.durable > seen + 100)
            ended = training.wait()
    assert ended.code == 0, ended.output
    check(receiver, 2000)
    assert receiver.only.opened >= 2


def test_a_writer_gives_signs_of_life(work: Path):
    source = """
    import time
    import stepwell
    run = stepwell.init(project="wire")
    run.log({"a": 1})
    time.sleep(60)
    """
    with Receiver() as receiver, script(source, work, {"STEPWELL_URL": receiver.url}):
        wait_until("the row has arrived", lambda: receiver.streams and receiver.only.rows)
        wait_until("a status has arrived", lambda: receiver.statuses)


def test_the_spool_holds_the_same_entries_as_the_wire(work: Path):
    run_script(TRAINING, work, {}, "1000", "100")
    (stream,) = read_streams(work)
    assert stream.gaps == []
    assert stream.damage == []
    assert stream.torn_bytes == 0
    assert stream.opening["project"] == "wire"
    assert stream.opening["destination"] == ""
    entries = stream.ordered
    assert isinstance(entries[0], Open)
    assert isinstance(entries[-1], Exit)
    assert [row.step for row in stream.rows] == list(range(1000))
    assert read_mark(stream.directory / "closed") == len(entries)


def test_nothing_is_deleted_before_it_is_acknowledged(work: Path):
    # The server stores, but acknowledges nothing: everything must still be in the spool.
    with Receiver(dict.fromkeys(range(10_000), Act.HOLD_ACK)) as receiver:
        environment = {"STEPWELL_URL": receiver.url, "STEPWELL_FINISH_TIMEOUT": "1"}
        ended = run_script(TRAINING, work, environment, "500", "50")
        assert receiver.violations == []
        assert exactly(receiver.only.merged()) == exactly(rows(500))
        received = receiver.only.entries
    (stream,) = read_streams(work)
    assert repr(stream.ordered) == repr(received), "the same entries under the same numbers"
    assert "stepwell sync" in ended.output, "what is unsent is said"
