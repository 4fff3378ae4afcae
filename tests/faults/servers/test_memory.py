"""Memory stays bounded while a server is away (B2); the benchmarks do it with 50 million scalars."""

import json
import sys
from pathlib import Path

import pytest

from stepwell import Api
from tests.support import memory_training
from tests.support.processes import Process, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SCALARS = 5_000_000
# What a queue of 64 MiB, a frame on its way to the disk and one on its way to the server may take.
GROWTH_LIMIT_MIB = 96


@pytest.mark.alone
def test_five_million_scalars_without_a_server_take_at_most_96_mib(work: Path):
    command = [sys.executable, memory_training.__file__, str(SCALARS)]
    with Process(command, work, {"STEPWELL_QUIET": "1"}) as process:
        ended = process.wait(100)
    assert ended.code == 0, ended.output
    measured = json.loads(ended.stdout)
    assert measured["growth_mib"] <= GROWTH_LIMIT_MIB, measured
    api, rows = Api(work / "stepwell"), SCALARS // memory_training.KEYS

    def is_accounted_for() -> bool:
        (run,) = api.runs("memory")
        return run.rows + run.lost_rows == rows and run.lastHistoryStep == rows - 1

    wait_until("accepted = delivered + sampled + lost", is_accounted_for, 120)
