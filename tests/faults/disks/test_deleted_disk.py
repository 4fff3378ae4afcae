"""Deleting runs gives the disk back."""

from pathlib import Path

import pytest

from stepwell import Api
from tests.support.processes import ServerProcess, run_script, wait_until

pytestmark = pytest.mark.e2e

_TRAINING = """
    import sys
    import numpy as np
    import stepwell
    random = np.random.default_rng(int(sys.argv[2]))
    same = np.random.default_rng(99).integers(0, 255, (40, 40, 3), dtype=np.uint8)
    with stepwell.init(project="p", id=sys.argv[1]) as run:
        for _ in range(20_000):
            run.log(dict(zip("abcde", random.random(5).tolist())))
        for _ in range(5):
            run.log({"own": stepwell.Image(random.integers(0, 255, (200, 200, 3), dtype=np.uint8))})
        run.log({"same": stepwell.Image(same)})
"""


def _bytes(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def _blobs(directory: Path) -> int:
    return sum(1 for _ in (directory / "blobs").glob("??/*"))


def test_a_deleted_run_gives_back_its_rows_and_contents_but_not_those_of_others(
    server: ServerProcess, work: Path
) -> None:
    for number, run in enumerate(("one", "two")):
        run_script(_TRAINING, work, server.env, run, str(number))
    assert _blobs(server.directory) == 11
    before = _bytes(server.directory)
    with Api(server.url) as api:
        api.run("p/one").delete()
        wait_until("its own contents are gone", lambda: _blobs(server.directory) == 6)
        wait_until("its rows are gone", lambda: _bytes(server.directory) < before * 2 / 3)
        kept = api.run("p/two")
        assert all(file.sha256 for file in kept.files())
        assert len(list(kept.scan_history(keys=["a"]))) == 20_000
        for file in kept.files():
            file.download(str(work / "down"), replace=True)
        kept.delete()
        # What both named was sent by one and asked for by the other: it stays for a day.
        wait_until("the contents of the other are gone", lambda: _blobs(server.directory) == 1)
    wait_until("the store is small", lambda: _bytes(server.directory) < before / 5)
    assert server.stop().code == 0
    assert _bytes(server.directory) < before / 5
