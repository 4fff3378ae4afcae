"""Programs trained twice, with Stepwell and with the real wandb: rows, config, summary, media, artifacts.

Stepwell's side is read through `Api`, that of wandb from its files by a reader that shares no code with it.
"""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest

from stepwell import Api
from tests.clients.peer.reading import differences, of_stepwell, of_wandb
from tests.clients.training import SCRIPTS, Environment

HERE = Path(__file__).parent / "scripts"
TORCH = SCRIPTS.parent / "torch" / "scripts"
# Times and rates, and a folder whose name is a time.
MEASURED = r"runtime$|_per_second$|^logging_dir$"


@dataclass(frozen=True)
class Program:
    """A program with the number of runs that it makes, and what is measured anew in each."""

    script: Path
    runs: int = 1
    measured: str = MEASURED

    def leaves_the_same(self, environment: Environment, home: Path) -> None:
        """Train it both ways, and compare run by run."""
        wandb = environment.train_with_wandb(home / "wandb", self.script, "truth")
        training = environment.train(home / "stepwell", self.script, "truth")
        assert len(wandb) == self.runs
        projects = defaultdict(list)
        for run in wandb:
            projects[run["project"]].append(run)
        found = []
        for project, theirs in projects.items():
            ours = list(Api(training.home / "stepwell").runs(project, order="+created_at"))
            assert len(ours) == len(theirs), project
            by_id = {run.id: run for run in ours}
            for one, in_order in zip(theirs, ours, strict=True):
                other = by_id.get(one["id"], in_order)
                assert (one["exit_code"], other.state) == (0, "finished")
                assert one["rows"], "a run without rows compares nothing"
                lines = differences(of_wandb(one), of_stepwell(other, home / "downloaded"), self.measured)
                found += [f"{project}/{one['id']}: {line}" for line in lines]
        assert found == []


def programs(*several: Program) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("program", several, ids=lambda program: program.script.stem)


@pytest.mark.clients
@programs(Program(SCRIPTS / "xgboost_trees.py"))
def test_programs_leave_what_they_leave_with_wandb(program: Program, clients: Environment, work: Path) -> None:
    program.leaves_the_same(clients, work)


@pytest.mark.torch
@programs(Program(HERE / "dask_search.py", 4), Program(TORCH / "lightning_digits.py"))
def test_programs_with_torch_leave_what_they_leave_with_wandb(
    program: Program, torch_clients: Environment, work: Path
) -> None:
    program.leaves_the_same(torch_clients, work)


@pytest.mark.large
@programs(
    Program(TORCH / "accelerate_line.py"),
    Program(TORCH / "lightning_digits.py"),
    Program(TORCH / "skorch_line.py", measured="^dur$"),
    Program(TORCH / "transformers_tiny.py"),
    Program(HERE / "catboost_trees.py"),
    Program(HERE / "fastai_line.py", measured="_per_sec$"),
    Program(HERE / "ray_search.py", 4, "^time|^(date|pid|trial_id|trial_log_path)$"),
    Program(HERE / "sentences_tiny.py"),
    Program(HERE / "spacy_blank.py", measured="^speed$"),
    Program(HERE / "trl_tiny.py"),
    Program(HERE / "ultralytics_yaml.py", measured=r"speed_|^save_dir$"),
)
def test_large_programs_leave_what_they_leave_with_wandb(
    program: Program, large_clients: Environment, work: Path
) -> None:
    program.leaves_the_same(large_clients, work)
