"""The end of a run where the process has nothing left: it does not raise, and the run is finished (B3)."""

import textwrap
from pathlib import Path

import pytest

from stepwell import Api
from tests.support.processes import run_script

pytestmark = pytest.mark.e2e

TAKEN = {
    "no descriptor is free": """
        import resource
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
        """,
    "every descriptor is taken": """
        taken = []
        try:
            while True:
                taken.append(open("/dev/null"))
        except OSError:
            pass
        """,
    "the working directory is gone": """
        import os, shutil
        os.mkdir("x")
        os.chdir("x")
        shutil.rmtree("../x")
        """,
    "standard error is closed": "import sys; sys.stderr.close()",
    "standard error is broken": """
        import sys
        class Broken:
            def write(self, text):
                raise RuntimeError("broken")
            def flush(self):
                pass
        sys.stderr = Broken()
        """,
    "imports are broken": """
        import builtins
        def broken(*_, **__):
            raise ImportError("broken")
        builtins.__import__ = broken
        """,
}
BEGIN = """
import stepwell
run = stepwell.init(project="p", id="r")
run.log({"a": 1})
"""
END = """
run.finish()
print("FINE", flush=True)
"""


@pytest.mark.parametrize("what", TAKEN)
def test_finish_does_not_raise_and_the_run_is_finished(tmp_path: Path, what: str):
    work = tmp_path / "work"
    assert "FINE" in run_script(BEGIN + textwrap.dedent(TAKEN[what]) + END, work).stdout
    run = Api(work / "stepwell").run("p/r")
    assert (run.state, run.rows, run.lost_rows) == ("finished", 1, 0)
