"""A damaged store: all else is answered, nothing is wrong, and what is missing is said with it."""

import random
import shutil
from pathlib import Path

import pytest

import stepwell
from tests.support.processes import ServerProcess, run_command, run_script

pytestmark = pytest.mark.e2e

PAGE = 8192
RUNS, ROWS = 3, 1500

SCRIPT = f"""
import random
import stepwell
for k in range({RUNS}):
    noise = random.Random(k)
    with stepwell.init(project="damage", id=f"r{{k}}", config={{"k": k}}) as run:
        for i in range({ROWS}):
            run.log({{"i": i, "x": noise.random(), "s": f"row {{i}} of {{k}}"}})
"""

MORE = """
import stepwell
with stepwell.init(project="damage", id="r0", resume="must") as run:
    run.log({"more": 1})
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of a server that has ended in order."""
    home = tmp_path_factory.mktemp("written")
    with ServerProcess(home) as server:
        run_script(SCRIPT, home, server.env)
        server.stop()
    return home / "server"


def read_all(url: str, context: str) -> int:
    """Check every row that is there, and that the others are counted; return how many lack something."""
    wanting = 0
    for k in range(RUNS):
        run = stepwell.Api(url).run(f"damage/r{k}")
        noise = random.Random(k)
        right = [{"i": i, "x": noise.random(), "s": f"row {i} of {k}"} for i in range(ROWS)]
        whole = 0
        for row in run.scan_history():
            cells = {key: row[key] for key in ("i", "x", "s") if row.get(key) is not None}
            assert cells.items() <= right[row["_step"]].items(), f"{context}: {row}"
            whole += len(cells) == 3
        assert run.config == {"k": k}, context
        assert ROWS - whole <= run.load().lost_rows, (
            f"{context}: r{k} has {whole} whole rows and says {run.lost_rows} are lost"
        )
        wanting += ROWS - whole
    return wanting


@pytest.mark.parametrize("seed", range(6))
def test_a_zeroed_page_costs_its_rows_and_no_run(written: Path, tmp_path: Path, seed: int):
    """A5: damage costs what is damaged, and is said with the answer."""
    server = ServerProcess(tmp_path)
    shutil.copytree(written, server.directory)
    store = server.directory / "store.sqlite"
    data = bytearray(store.read_bytes())
    page = 0 if seed == 0 else random.Random(seed).randrange(len(data) // PAGE)
    data[page * PAGE : (page + 1) * PAGE] = bytes(PAGE)
    store.write_bytes(data)
    with server:
        wanting = read_all(server.url, f"page {page + 1}")
        # It takes more, and for the same runs.
        more = (
            'import stepwell\nwith stepwell.init(project="damage", id="r0", resume="must") as run: run.log({"more": 1})'
        )
        run_script(more, tmp_path, server.env)
        assert stepwell.Api(server.url).run("damage/r0").summary["more"] == 1
        server.stop()
    assert wanting <= RUNS * ROWS // 2
    ended = run_command("verify", server.directory, directory=tmp_path)
    assert ended.code == 0, ended.output
    assert ("lost" in ended.stdout) == (wanting > 0), ended.output


def test_a_file_that_is_none_any_more_refuses_no_start(written: Path, tmp_path: Path):
    """A5: of a file that is cut off, what is left is answered; the damaged one is kept."""
    server = ServerProcess(tmp_path)
    shutil.copytree(written, server.directory)
    store = server.directory / "store.sqlite"
    store.write_bytes(store.read_bytes()[: PAGE * 3 + 17])
    with server:
        stepwell.Api(server.url).projects()
        run_script(SCRIPT.replace('"damage"', '"after"'), tmp_path, server.env)
        assert stepwell.Api(server.url).run("after/r0").lost_rows == 0
        ended = server.stop()
    assert "is cut off" in ended.output
    assert list(server.directory.glob("store.sqlite.damaged-*"))
