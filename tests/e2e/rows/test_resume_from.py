"""Going on from an earlier step of a run, in it or in a fork of it."""

from typing import Any

import pytest

from tests.support.places import Place, scan

pytestmark = pytest.mark.e2e

FIRST = """
import numpy, stepwell
with stepwell.init(project="again", id="{id}", config={{"lr": 0.1, "layers": 2}}) as run:
    for i in range(10):
        run.log({{"loss": i, "image": stepwell.Image(numpy.full((4, 4, 3), i, "uint8"))}})
"""


def values(run: Any, key: str) -> list[tuple[int, Any]]:
    return [(step, row[key]) for step, row in scan(run, keys=[key]).items()]


def test_a_run_goes_on_after_the_step_that_is_named(place: Place):
    place.run(FIRST.format(id="same"))
    said = place.run("""
    import stepwell
    with stepwell.init(project="again", resume_from="same?_step=5") as run:
        assert run.id == "same" and run.step == 6 and run.resumed
        for i in range(6, 9):
            run.log({"loss": i * 100})
    """)
    assert "from step 6" in said.stderr
    run = place.api().run("again/same")
    expected = [(i, i) for i in range(6)] + [(6, 600), (7, 700), (8, 800), (9, 9)]
    assert values(run, "loss") == expected
    assert len(values(run, "image")) == 10


def test_a_step_that_the_run_has_not_reached_is_refused(place: Place):
    place.run(FIRST.format(id="short"))
    said = place.run("""
    import stepwell
    try:
        stepwell.init(project="again", resume_from="short?_step=10")
    except stepwell.UsageError as error:
        print(error)
    """)
    assert "last step is 9" in said.stdout


def test_a_fork_begins_with_a_copy(place: Place):
    place.run(FIRST.format(id="origin"))
    place.run("""
    import stepwell
    with stepwell.init(project="again", id="fork", fork_from="origin?_step=5", config={"lr": 0.5}) as run:
        assert run.step == 6
        assert run.config.layers == 2
        run.log({"loss": 66})
    """)
    run, origin = place.api().run("again/fork"), place.api().run("again/origin")
    assert values(run, "loss") == [(i, i) for i in range(6)] + [(6, 66)]
    assert values(origin, "loss") == [(i, i) for i in range(10)]
    assert run.config == {"lr": 0.5, "layers": 2, "forked_from": "local/again/origin?_step=5"}
    images = values(run, "image")
    assert [step for step, _ in images] == list(range(6))
    for step, record in images:
        assert run.file(record["path"]).sha256 == record["sha256"]
        assert run.media(record).getpixel((0, 0)) == (step, step, step)


def test_there_must_be_an_origin(place: Place):
    said = place.run("""
    import stepwell
    for argument in ("fork_from", "resume_from"):
        try:
            stepwell.init(project="again", **{argument: "nobody?_step=5"})
        except stepwell.UsageError as error:
            print(argument, error)
    assert stepwell.run is None
    """)
    assert said.stdout.count("there is no run local/again/nobody") == 2
