"""The command `wandb` below `stepwell exec`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stepwell.cli.exec import environment
from stepwell.wandb import COMMANDS


def run(directory: Path, *command: str) -> subprocess.CompletedProcess[str]:
    env = environment({**os.environ, "STEPWELL_DIR": str(directory / "runs")})
    return subprocess.run(command, cwd=directory, env=env, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("login --relogin abcdef", 0, "nobody needs a login; runs go to {runs}"),
        ("offline", 0, "STEPWELL_MODE=offline"),
        ("online", 0, "runs go to {runs}"),
        ("disabled", 0, "STEPWELL_MODE=disabled"),
        ("sync wandb/offline-run-1", 0, "stepwell import-wandb"),
        ("agent me/p/abc", 1, "there are no sweeps"),
        ("sweep sweep.yaml", 1, "there are no sweeps"),
        ("launch", 1, "there are no queues"),
        ("sing", 1, "wandb sing is not there"),
    ],
)
def test_a_script_of_a_job_goes_on_where_nothing_is_missing(tmp_path: Path, words: str, code: int, said: str):
    done = run(tmp_path, "wandb", *words.split())
    assert done.returncode == code, done.stderr
    assert said.format(runs=tmp_path / "runs") in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_it_can_be_run_by_exec_itself(tmp_path: Path):
    done = run(tmp_path, sys.executable, "-m", "stepwell", "exec", "wandb", "agent", "me/p/abc")
    assert (done.returncode, "there are no sweeps" in done.stderr) == (1, True)


def test_the_version_is_that_of_the_package(tmp_path: Path):
    assert "0.22.3" in run(tmp_path, "wandb", "--version").stdout
    assert run(tmp_path, sys.executable, "-m", "wandb", "login").returncode == 0
    assert os.access(COMMANDS / "wandb", os.X_OK)
