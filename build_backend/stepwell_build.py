"""The PEP 517 backend of Stepwell: the dashboard first, then maturin for everything else.

Every hook has maturin's contract. The wheel and the editable install need `npm` only where the dashboard is
missing or older than its sources; an sdist carries the built dashboard, so installing from one needs no Node
at all.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import maturin
from maturin import (
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)
from stepwell_dashboard import ensure_dashboard

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

# Without cargo, maturin would fetch a whole toolchain into a temporary folder; it is better to say what is
# missing.
os.environ.setdefault("MATURIN_NO_INSTALL_RUST", "1")


def build_wheel(
    wheel_directory: str, config_settings: Mapping[str, Any] | None = None, metadata_directory: str | None = None
) -> str:
    """Build the dashboard where needed, then the wheel; return the wheel's file name."""
    ensure_dashboard()
    return maturin.build_wheel(wheel_directory, config_settings, metadata_directory)


def build_editable(
    wheel_directory: str, config_settings: Mapping[str, Any] | None = None, metadata_directory: str | None = None
) -> str:
    """Build the dashboard where needed, then the editable wheel; return the wheel's file name."""
    ensure_dashboard()
    return maturin.build_editable(wheel_directory, config_settings, metadata_directory)


def build_sdist(sdist_directory: str, config_settings: Mapping[str, Any] | None = None) -> str:
    """Build the dashboard where needed, then the sdist that carries it; return the sdist's file name."""
    ensure_dashboard()
    return maturin.build_sdist(sdist_directory, config_settings)
