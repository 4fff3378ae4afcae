"""Packages that only some of the functions need."""

from __future__ import annotations

from importlib import import_module
from typing import Any

# Which extra of this package brings which package.
_EXTRAS = {"pandas": "pandas", "polars": "polars", "pyarrow": "parquet", "pyarrow.parquet": "parquet"}


def imported(package: str, purpose: str) -> Any:
    """Return a package.

    Raises
    ------
    ImportError
        If it is not installed; it names the extra.
    """
    try:
        return import_module(package)
    except ImportError as error:
        extra = _EXTRAS[package]
        raise ImportError(
            f"{purpose} needs {package}, which is not installed: pip install 'stepwell[{extra}]'"
        ) from error
