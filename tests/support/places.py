"""The two places that a run can go to, a directory and a server; tests of what is stored try both."""

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stepwell import Api
from tests.support.processes import DEADLINE_S, Ended, ServerProcess, run_script


@dataclass
class Place:
    """Where scripts write, and where their runs are read."""

    name: str
    directory: Path
    server: ServerProcess | None = None
    env: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """What `Api` is given."""
        return str(self.directory / "stepwell") if self.server is None else self.server.url

    def run(
        self, source: str, *arguments: str, env: Mapping[str, str] | None = None, timeout: float = DEADLINE_S
    ) -> Ended:
        """Run a training script that writes here."""
        return run_script(source, self.directory, self.env | dict(env or {}), *arguments, timeout=timeout)

    def check_refused(self, ended: Ended, run_path: str, stored: int, refused: int) -> None:
        """See that rows of a run were refused for their size or keys, counted, and told when it ended."""
        run = self.api().run(run_path)
        assert (run.rows, run.lost_rows) == (stored, refused)
        assert f"WARNING {refused} rows of run" in ended.stderr
        assert "could not be stored: too large" in ended.stderr
        assert f"ended: {stored} rows are" in ended.stderr

    def api(self) -> Api:
        """Read what was written here."""
        return Api(self.address)


def scan(run: Any, keys: Iterable[str] | None = None, **choice: Any) -> dict[int, dict[str, Any]]:
    """Return the rows of a run by step, without automatic keys; no step may come twice."""
    rows: dict[int, dict[str, Any]] = {}
    for row in run.scan_history(**({} if keys is None else {"keys": list(keys)}), **choice):
        assert row["_step"] not in rows, f"step {row['_step']} comes twice"
        rows[row["_step"]] = {key: value for key, value in row.items() if not key.startswith("_")}
    return rows


def exactly(value: Any) -> Any:
    """Return what is equal only for the same type and bits: NaN is itself and −0.0 is not 0."""
    if isinstance(value, float):
        return "float", struct.pack("<d", value).hex() if value == value else "nan"
    if isinstance(value, Mapping):
        return {key: exactly(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [exactly(inner) for inner in value]
    return type(value).__name__, value
