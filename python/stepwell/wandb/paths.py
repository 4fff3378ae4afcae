"""Types of `wandb.sdk.lib.paths`, which libraries name in annotations."""

from __future__ import annotations

import os
from pathlib import PurePosixPath
from typing import TypeAlias

StrPath: TypeAlias = str | os.PathLike[str]
FilePathStr: TypeAlias = str
URIStr: TypeAlias = str
LogicalPath = PurePosixPath
