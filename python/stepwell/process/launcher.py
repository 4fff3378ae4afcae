"""Rank, size and job of this process, from the environment that torchrun, SLURM or MPI sets."""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# The first that is set wins; torchrun's come first because it may itself run inside SLURM or under MPI.
_RANK = (
    "RANK",
    "SLURM_PROCID",
    "OMPI_COMM_WORLD_RANK",
    "PMIX_RANK",
    "PMI_RANK",
    "MV2_COMM_WORLD_RANK",
    "JSM_NAMESPACE_RANK",
)
_SIZE = (
    "WORLD_SIZE",
    "SLURM_NTASKS",
    "OMPI_COMM_WORLD_SIZE",
    "PMIX_SIZE",
    "PMI_SIZE",
    "MV2_COMM_WORLD_SIZE",
    "JSM_NAMESPACE_SIZE",
)
_RESTARTS = ("TORCHELASTIC_RESTART_COUNT", "SLURM_RESTART_COUNT")
# Where the processes of one training find each other.
_MEETING_PLACES = ("MASTER_ADDR", "JAX_COORDINATOR_ADDRESS")
_ALPHABET = string.digits + string.ascii_lowercase
_ID_CHARS = 8


@dataclass(frozen=True)
class Launcher:
    """The place of this process in its job.

    Attributes
    ----------
    rank
        Its number, 0 to size - 1; None without a launcher.
    size
        Processes of the job; None if not said.
    restarts
        How often the launcher has restarted the job.
    job
        A text that is the same in all processes of the job and in no other job; None if there is none.
    """

    rank: int | None = None
    size: int | None = None
    restarts: int = 0
    job: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Launcher:
        """Read the environment. What is not a number where one should be counts as not said."""
        return cls(
            rank=_first_number(environment, _RANK),
            size=_first_number(environment, _SIZE),
            restarts=sum(_number(environment, name) or 0 for name in _RESTARTS),
            job=_job(environment),
        )

    def shared_run_id(self, project: str, count: int) -> str | None:
        """Return the run id that all processes of the job agree on without talking to each other.

        Parameters
        ----------
        project
            The project, so that two projects of one job get two runs.
        count
            How many runs this process has begun before, so that a second `init` is a second run.
        """
        if self.job is None or self.rank is None or (self.size or 1) < 2:
            return None
        import hashlib

        digest = hashlib.sha256(f"{self.job}\0{project}\0{count}".encode()).digest()
        number, base = int.from_bytes(digest, "big"), len(_ALPHABET)
        return "".join(_ALPHABET[number // base**place % base] for place in range(_ID_CHARS))


def _number(environment: Mapping[str, str], name: str) -> int | None:
    text = environment.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else None


def _first_number(environment: Mapping[str, str], names: tuple[str, ...]) -> int | None:
    numbers = (_number(environment, name) for name in names)
    return next((number for number in numbers if number is not None), None)


def _job(environment: Mapping[str, str]) -> str | None:
    """Return what names the job: the step id of SLURM is part of it, the restart count is not."""
    torch = environment.get("TORCHELASTIC_RUN_ID", "none")
    if torch not in {"", "none"}:  # "none" is what torchrun says when no --rdzv-id was given
        return f"torchelastic {torch}"
    job, step = environment.get("SLURM_JOB_ID"), environment.get("SLURM_STEP_ID")
    # Without a step this is the batch script, not one of srun's processes; and those that nobody tells where
    # to meet are tasks on their own, as of a search for parameters.
    if job and step and any(environment.get(name) for name in _MEETING_PLACES):
        return f"slurm {job}.{step}"
    mpi = environment.get("OMPI_MCA_ess_base_jobid") or environment.get("PMIX_NAMESPACE")
    return f"mpi {mpi}" if mpi else None
