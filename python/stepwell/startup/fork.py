"""`fork_from`: a new run that begins with a copy of another one's rows."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stepwell.errors import CommError, UsageError
from stepwell.writing.artifact_notes import paths

if TYPE_CHECKING:
    from stepwell.runs.run import Run

# The key of the config that names the origin.
KEY = "forked_from"
# Longest wait for the copy of the media to be on disk, in s.
_COPY_SECONDS = 600.0


@dataclass(frozen=True)
class Origin:
    """Where a run forks off.

    Attributes
    ----------
    source
        Address of the server, or the directory, that has it.
    path
        `entity/project/id`.
    step
        The last step that is copied.
    """

    source: str
    path: str
    step: int

    def check(self) -> None:
        """Look whether the run is there.

        Raises
        ------
        UsageError
            If there is no such run.
        CommError
            If the server cannot be reached.
        """
        from stepwell.api import Api

        with Api(self.source) as api:
            try:
                api.run(self.path)
            except CommError as error:
                if error.not_found:
                    raise UsageError(f"fork_from: there is no run {self.path} in {self.source}") from None
                raise

    def copy_to(self, run: Run) -> None:
        """Copy config, rows and the files that these name. A server that cannot be reached is a CommError."""
        from stepwell.api import Api

        with Api(self.source) as api:
            origin = api.run(self.path)
            run.config.setdefaults(origin.config)
            run.config.update({KEY: f"{self.path}?_step={self.step}"}, allow_val_change=True)
            names: set[str] = set()
            for row in origin.scan_history(max_step=self.step + 1):
                step = row.pop("_step")
                names.update(paths(row))
                run.log(row, step=step)
            # The rows are all there: what comes now belongs to the next step.
            run.log({}, step=self.step, commit=True)
            self._copy_files(origin, names, run)

    def _copy_files(self, origin: Any, names: set[str], run: Run) -> None:
        with tempfile.TemporaryDirectory(prefix="stepwell-fork-") as folder:
            for name in sorted(names):
                with origin.file(name).download(root=folder) as file:
                    run.store(name, file.name)
            if names:
                run.flush(_COPY_SECONDS)
