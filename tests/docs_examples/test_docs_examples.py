"""Each example of the documentation page runs as `import stepwell as wandb`; what it logged is read back."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.docs_examples import charts, media, pictures, rows
from tests.docs_examples.logged import Logged
from tests.support.places import Place
from tests.support.processes import Process

pytestmark = pytest.mark.e2e

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.py"))
CHECKS: dict[str, Callable[[Logged], None]] = {
    name.removeprefix("check_"): check
    for module in (rows, pictures, media, charts)
    for name, check in vars(module).items()
    if name.startswith("check_")
}


@pytest.mark.parametrize("example", SCRIPTS, ids=lambda path: path.stem)
def test_the_example_is_read_back(example: Path, place: Place):
    work = place.directory / example.stem
    env = place.env or {"STEPWELL_DIR": str(place.directory / "stepwell")}
    with Process([sys.executable, example], work, env) as process:
        ended = process.wait()
    assert ended.code == 0, ended.output
    assert "WARNING" not in ended.stderr, ended.stderr
    with place.api() as api:
        CHECKS[example.stem](Logged(api, work))


# It reads back what it logged, which a run that keeps nothing does not have.
READS_BACK = {"tensors"}


@pytest.mark.parametrize(
    "example", [path for path in SCRIPTS if path.stem not in READS_BACK], ids=lambda path: path.stem
)
def test_the_example_runs_disabled_and_keeps_nothing(example: Path, tmp_path: Path):
    env = {"STEPWELL_DIR": str(tmp_path / "stepwell"), "STEPWELL_MODE": "disabled"}
    with Process([sys.executable, example], tmp_path / "work", env) as process:
        ended = process.wait()
    assert ended.code == 0, ended.output
    assert "stepwell:" not in ended.output
    assert not (tmp_path / "stepwell").exists()


def test_every_example_has_a_check():
    assert {path.stem for path in SCRIPTS} <= CHECKS.keys()
