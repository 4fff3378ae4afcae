"""Rows at the limits: accepted ones are read and exported, others are refused with their key (F1, E1)."""

import random
from pathlib import Path

import pytest

from tests.support.places import Place, scan
from tests.support.processes import run_command

pytestmark = pytest.mark.e2e

SOURCE = """
import random
import stepwell
noise = random.Random(1).randbytes(3_000_000).hex()
run = stepwell.init(project="large", id="r")
run.log({"text": "x" * 7_000_000})
run.log({"notes": "x" * 10_000_000, "a": 1})
run.log({"noise": noise})
run.log({f"{i:0>1000}": i for i in range(9000)})
run.log({"a": 2})
run.finish()
"""


def test_what_is_too_large_is_refused_counted_and_said_and_no_reason_to_end_a_training(place: Place):
    ended = place.run(SOURCE)
    rows = scan(place.api().run("large/r"))
    noise = random.Random(1).randbytes(3_000_000).hex()
    assert rows[0] == {"text": "x" * 7_000_000}
    assert rows[2] == {"noise": noise}, "6 MB that compress to half"
    assert rows[4] == {"a": 2}
    assert len(rows) == 3
    place.check_refused(ended, "large/r", stored=3, refused=2)
    assert "'notes'" in ended.stderr or '"notes"' in ended.stderr
    assert ended.stderr.count("is refused and counted as lost") == 1


def test_a_row_that_does_not_compress_is_refused_at_the_door(place: Place):
    source = """
    import os
    import stepwell
    run = stepwell.init(project="large", id="noise")
    run.log({"image": os.urandom(5_000_000)})
    run.log({"a": 1})
    run.finish()
    """
    ended = place.run(source)
    run = place.api().run("large/noise")
    assert (run.rows, run.lost_rows) == (1, 1)
    assert '"image"' in ended.stderr


def test_a_value_of_config_or_summary_that_is_too_large_is_left_out_and_said(place: Place):
    source = """
    import os
    import stepwell
    noise = os.urandom(5_000_000)
    run = stepwell.init(project="large", id="said", config={"first": 1, "noise": noise, "last": 2})
    run.summary.update({"best": 1, "worst": noise})
    assert run.config["noise"] == noise
    run.finish()
    """
    ended = place.run(source)
    run = place.api().run("large/said")
    assert run.config == {"first": 1, "last": 2}
    assert dict(run.summary) == {"best": 1}
    assert "'noise' has a value of more than 8 MiB" in ended.stderr


def test_what_is_said_of_a_run_is_cut_where_it_is_too_large(place: Place):
    source = """
    import stepwell
    long = "x" * 9_000_000
    run = stepwell.init(project="large", id="long", name=long, notes=long, group=long, job_type="train", tags=["kept"])
    run.log({"a": 1})
    assert (len(run.name), len(run.notes), len(run.group), run.job_type) == (100_000, 100_000, 100_000, "train")
    run.notes = long
    assert len(run.notes) == 100_000
    run.finish()
    """
    ended = place.run(source)
    run = place.api().run("large/long")
    assert (run.state, run.rows, run.tags, run.job_type) == ("finished", 1, ["kept"], "train")
    assert {len(run.name), len(run.notes), len(run.group)} == {100_000}
    for what in "name", "notes", "group":
        assert ended.stderr.count(f"'long' was given {what} of more than 8 MiB") == 1


def test_what_is_said_of_an_artifact_costs_itself_only_where_it_is_too_large(place: Place):
    source = """
    import stepwell
    long = "x" * 9_000_000
    run = stepwell.init(project="large", id="artifact")
    artifact = stepwell.Artifact("data", "set", metadata={"long": long}, description=long)
    with artifact.new_file("file") as file:
        file.write("content")
    run.log_artifact(artifact, aliases=["short", long])
    artifact.metadata = {"longer": long + long}
    artifact.save()
    run.finish()
    """
    ended = place.run(source)
    assert place.api().run("large/artifact").state == "finished"
    found = place.api().artifact("large/data:short")
    assert sorted(found.aliases) == ["latest", "short"]
    assert [len(found.metadata["long"]), len(found.description)] == [9_000_000, 9_000_000]
    assert "aliases of data of more than 1000 characters are left out" in ended.stderr
    assert "'artifact data' was given description and metadata of more than 8 MiB" in ended.stderr


def test_deletions_beside_a_value_that_is_too_large_are_kept(place: Place):
    source = """
    import os
    import stepwell
    run = stepwell.init(project="large", id="deleted")
    run.summary["best"] = {"a": 1, "b": 2}
    run.summary["best"] = os.urandom(5_000_000)
    run.finish()
    """
    assert "'best' has a value of more than 8 MiB" in place.run(source).stderr
    assert place.api().run("large/deleted").summary == {}


def test_with_strict_it_raises(place: Place):
    source = """
    import os
    import stepwell
    run = stepwell.init(project="large", id="strict", strict=True)
    try:
        run.config.update({"a": 1, "noise": os.urandom(5_000_000)})
    except ValueError as error:
        print("refused:", error)
    run.finish()
    """
    assert "refused: 'noise' has a value of more than 8 MiB" in place.run(source).stdout
    assert place.api().run("large/strict").config == {}


def test_with_on_full_raise_it_raises(place: Place):
    source = """
    import stepwell
    run = stepwell.init(project="large", id="raise", on_full="raise")
    try:
        run.log({"notes": "x" * 10_000_000})
    except ValueError as error:
        print("refused:", error)
    run.log({"a": 1})
    run.finish()
    """
    assert '"notes"' in place.run(source).stdout
    run = place.api().run("large/raise")
    assert (run.rows, run.lost_rows) == (1, 0)


def test_a_large_row_is_exported(place: Place, tmp_path: Path):
    place.run(
        "import stepwell\nwith stepwell.init(project='large', id='export') as run: run.log({'text': 'y' * 7_000_000})"
    )
    ended = run_command(
        "export",
        "large/export",
        "--format",
        "jsonl",
        "-o",
        tmp_path / "out",
        "--url" if place.server else "--dir",
        place.address,
        directory=place.directory,
    )
    assert ended.code == 0, ended.output
