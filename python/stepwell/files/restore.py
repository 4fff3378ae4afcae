"""`restore`: fetches a file of a run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

from stepwell.errors import CommError, UsageError
from stepwell.process import session


def restore(
    name: str,
    run_path: str | None = None,
    replace: bool = False,
    root: str | os.PathLike[str] | None = None,
    source: str | None = None,
) -> IO[str] | None:
    """Fetch a file of a run and open it for reading.

    Parameters
    ----------
    name
        Its path within the run.
    run_path
        `project/run` or `entity/project/run`; by default the current run.
    replace
        Whether to fetch it although it is there.
    root
        Directory to put it into; by default the run's `dir`, or the working directory without a run.
    source
        Server or directory to read from; by default what the settings say.

    Returns
    -------
    file or None
        The open file; None in the mode `disabled`.

    Raises
    ------
    ValueError
        If there is no such file.
    UsageError
        Without a run and without `run_path`.
    CommError
        If there is no such run, or the server cannot be reached.
    """
    current = session.current_or_none()
    if current is not None and source is None:
        return current.restore(name, run_path, replace, None if root is None else os.fspath(root))
    if current is not None and current.disabled:
        return None
    if run_path is None:
        raise UsageError("restore: without a run in progress pass run_path='project/run'")
    target = Path(root or ".") / name
    if target.exists() and not replace:
        return target.open(encoding="utf-8", errors="surrogateescape")
    from stepwell.api import Api

    with Api(source) as api:
        run = api.run(run_path)
        try:
            file = run.file(name)
        except CommError as error:
            if error.not_found:
                raise ValueError(f"restore: {error}") from None
            raise
        return file.download(root=root or ".", replace=True)
