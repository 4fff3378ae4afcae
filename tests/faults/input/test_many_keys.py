"""Keys of a run are bounded: further ones are refused, counted, said once, and cost no memory (B2)."""

from pathlib import Path

import pytest

from tests.support.places import Place, scan
from tests.support.processes import run_script

pytestmark = pytest.mark.e2e

SOURCE = """
import numpy as np
import stepwell
run = stepwell.init(project="keys", id="r", settings={"max_keys": 10})
for i in range(20):
    run.log({f"k{i}": i})
run.log({"k0": 100, "other": 1, "k1": 101})
run.log_columns({"k2": np.arange(2), "another": np.arange(2)})
for i in range(20):
    run.log({"k3": i, "nested": {f"n{i}": i}})
run.finish()
"""


def test_keys_above_the_limit_are_refused_and_all_others_stored(place: Place):
    ended = place.run(SOURCE)
    run = place.api().run("keys/r")
    rows = scan(run)
    assert [rows[step] for step in range(10)] == [{f"k{step}": step} for step in range(10)]
    assert rows[20] == {"k0": 100, "k1": 101}, "of a row only what is above the limit is refused"
    assert [rows[21], rows[22]] == [{"k2": 0}, {"k2": 1}]
    assert run.rows + run.lost_rows == 43, "every call is accounted for"
    assert ended.stderr.count("as many as max_keys allows") == 1
    assert "came under keys above the limit of 10" in ended.stderr
    assert {key for row in rows.values() for key in row} <= {f"k{i}" for i in range(10)}


def test_keys_of_nested_dicts_have_the_same_limit(place: Place):
    source = """
    import stepwell
    run = stepwell.init(project="keys", id="nested", settings={"max_keys": 10})
    for i in range(20):
        run.log({"d": {f"n{i}": i}})
    run.log({"d": {"n0": 100}})
    run.finish()
    """
    ended = place.run(source)
    rows = scan(place.api().run("keys/nested"))
    assert [rows[step] for step in range(10)] == [{f"d.n{step}": step} for step in range(10)]
    assert rows[20] == {"d.n0": 100}
    place.check_refused(ended, "keys/nested", stored=11, refused=10)


def test_many_keys_cost_bounded_memory(tmp_path: Path):
    source = """
    import resource
    import stepwell
    run = stepwell.init(project="keys", id="r")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for i in range(300_000):
        run.log({f"key/{i}": i})
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
    run.finish()
    """
    ended = run_script(source, tmp_path / "work", timeout=120)
    assert int(ended.stdout.split()[-1]) <= 96, "MiB"
