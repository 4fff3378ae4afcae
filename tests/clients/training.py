"""Trains a script in its environment, where `import wandb` means stepwell, and reads back what it logged."""

import json
import os
import pickle
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stepwell import Api

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(__file__).parent / "scripts"
READER = Path(__file__).parent / "peer" / "offline_runs.py"


@dataclass(frozen=True)
class Environment:
    """A virtual environment with clients of wandb, and no wandb.

    Attributes
    ----------
    python
        Its interpreter.
    libraries
        Folder of shared libraries that it needs.
    """

    python: Path
    libraries: Path | None = None

    def train(self, home: Path, script: Path, *arguments: str, **variables: str) -> "Training":
        """Run a script to its end through `stepwell exec`, in the directory `home`."""
        variables |= {"PYTHONPATH": str(ROOT / "python"), "STEPWELL_DIR": str(home / "stepwell")}
        done = self.run(home, variables, "-m", "stepwell", "exec", str(script), *arguments)
        return Training(home, done.stdout + done.stderr)

    def train_with_wandb(self, home: Path, script: Path, *arguments: str) -> list[dict[str, Any]]:
        """Run a script to its end with the real wandb, offline, and return what its files say of each run."""
        wandb = Path(os.environ.get("STEPWELL_WANDB", ROOT / ".venv/wandb"))
        assert wandb.is_dir(), f"there is no {wandb}; tests/clients/README.md says how to make it"
        own = {f"WANDB_{name}": str(home) for name in ("DIR", "CACHE_DIR", "CONFIG_DIR", "DATA_DIR")}
        own |= {"PYTHONPATH": str(wandb), "WANDB_MODE": "offline", "WANDB_SILENT": "true", "WANDB_CONSOLE": "off"}
        own |= {"WANDB_DISABLE_CODE": "true", "WANDB_X_DISABLE_STATS": "true"}
        self.run(home, own, str(script), *arguments)
        found: list[dict[str, Any]] = json.loads(self.run(home, own, str(READER), str(home)).stdout)
        return found

    def run(self, home: Path, variables: Mapping[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run the interpreter in `home` to its end, which is to be 0, and return what it printed."""
        assert self.python.is_file(), f"there is no {self.python}; tests/clients/README.md says how to make it"
        home.mkdir(parents=True, exist_ok=True)
        # Ultralytics logs nothing where it sees pytest.
        foreign = ("STEPWELL_", "WANDB_", "PYTEST_")
        own = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        own.update(variables)
        if self.libraries is not None:
            own["LD_LIBRARY_PATH"] = str(self.libraries)
        command = [str(self.python), *arguments]
        done = subprocess.run(command, cwd=home, env=own, capture_output=True, text=True, timeout=280, check=False)
        assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return done


@dataclass(frozen=True)
class Training:
    """A script that has run.

    Attributes
    ----------
    home
        Its working directory.
    output
        What it printed.
    """

    home: Path
    output: str

    @property
    def api(self) -> Api:
        """What it logged."""
        return Api(self.home / "stepwell")

    def json(self, name: str = "truth") -> Any:
        """Return what the script says that it measured, by means of its library's own."""
        return json.loads((self.home / name).read_text())

    def pickle(self, name: str = "truth") -> Any:
        """Return what a script says that pickles it."""
        return pickle.loads((self.home / name).read_bytes())

    def rows(self, path: str, *keys: str) -> list[dict[str, Any]]:
        """Return the rows of a run, or those with one of the keys, without steps and times."""
        rows = self.api.run(path).scan_history()
        found = [{key: value for key, value in row.items() if not key.startswith("_")} for row in rows]
        return [row for row in found if not keys or any(key in row for key in keys)]

    def column(self, path: str, key: str) -> list[Any]:
        """Return every value of a key."""
        return [row[key] for row in self.rows(path, key)]

    def file(self, path: str, name: str) -> bytes:
        """Return the content of a file of a run."""
        found = self.api.run(path).file(name).download(root=str(self.home / "downloaded"), replace=True)
        return Path(found.name).read_bytes()
