"""A queue that is too small for a burst: what each policy does, and that every row is accounted for."""

import json

import pytest

from tests.support.places import Place, scan

pytestmark = pytest.mark.e2e

ROWS = 100_000
# As much as some hundred rows take.
QUEUE_BYTES = 1 << 16
SCRIPT = """
import json, sys
import stepwell
policy, rows, queue_bytes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
run = stepwell.init(project="room", id=policy, on_full=policy, settings={"queue_bytes": queue_bytes})
refused = 0
for i in range(rows):
    try:
        run.log({"i": i, "wave": float(i % 1000)}, step=i, commit=True)
    except Exception as error:
        refused += 1
        last = f"{type(error).__name__}: {error}"
run.finish()
print(json.dumps({"refused": refused, "last": last if refused else ""}))
"""


def burst(place: Place, policy: str) -> tuple[int, str, str]:
    """Log as fast as it goes; return how many calls were refused, the last refusal, and what was said."""
    ended = place.run(SCRIPT, policy, str(ROWS), str(QUEUE_BYTES))
    told = json.loads(ended.stdout.splitlines()[-1])
    return told["refused"], told["last"], ended.output


def test_sampling_accounts_for_every_row_and_keeps_the_ends(place: Place):
    refused, _, said = burst(place, "sample")
    run = place.api().run("room/sample")
    assert refused == 0
    assert run.rows + run.lost_rows == ROWS, "accepted = delivered + sampled away + lost"
    rows = scan(run)
    assert len(rows) == run.rows
    # The sample is one of each key, so a row may hold one of them only.
    for step, row in rows.items():
        assert row
        assert row.items() <= {"i": step, "wave": float(step % 1000)}.items(), "what is there is right"
    assert {0, ROWS - 1} <= set(rows), "the first and the last row are always there"
    if run.lost_rows:
        assert "had no room for all rows" in said
        assert f"{run.lost_rows:,} gave way to a sample" in said
        assert run.sampled_rows > 0


def test_blocking_loses_nothing(place: Place):
    refused, _, _ = burst(place, "block")
    run = place.api().run("room/block")
    assert (refused, run.rows, run.lost_rows, run.sampled_rows) == (0, ROWS, 0, 0)


def test_raising_keeps_exactly_what_was_not_refused(place: Place):
    refused, last, _ = burst(place, "raise")
    run = place.api().run("room/raise")
    assert run.rows + refused == ROWS
    assert run.lost_rows == 0
    if refused:
        assert "full" in last
        assert "nothing of this call was kept" in last
