"""`stepwell demo --exit`: it starts a server, trains in four processes, says what it does, and ends."""

import re
from pathlib import Path

import pytest

from tests.support.processes import run_command

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_the_demo_runs_to_its_end(work: Path):
    pytest.importorskip("sklearn", reason="the demo's data come with scikit-learn")
    ended = run_command("demo", "--exit", "--steps", "300", "--no-browser", directory=work, timeout=100)
    assert ended.code == 0, ended.output
    assert re.search(r"http://127\.0\.0\.1:\d+", ended.output), "it prints the address"
    assert re.search(r"accuracy\D*0?\.\d+|accuracy\D*\d+(\.\d+)? ?%", ended.output), "and the accuracy"
