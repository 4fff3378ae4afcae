"""Fixture of the checks' tests: a small tree in which nothing is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from arrows.tests.planted import write


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Lay out two crates, a package and a dashboard in which nothing is wrong."""
    for crate, dependencies in {"model": "", "server": "stepwell-model.workspace = true\n"}.items():
        manifest = f'[package]\nname = "stepwell-{crate}"\n[dependencies]\n{dependencies}'
        write(tmp_path, f"rust/{crate}/Cargo.toml", manifest)
        write(tmp_path, f"rust/{crate}/src/lib.rs", "//! The crate.\n")
    write(tmp_path, "python/stepwell/__init__.py", '"""The package."""\n\nfrom stepwell.runs.run import Run\n')
    lazy = "def log() -> None:\n    import numpy\n"
    write(tmp_path, "python/stepwell/runs/run.py", f'"""A run."""\n\nfrom __future__ import annotations\n\n{lazy}')
    write(tmp_path, "web/src/main.tsx", '// The page.\nimport { chart } from "./ui/chart";\n')
    write(tmp_path, "web/src/ui/chart.ts", "// A chart draws series.\n")
    return tmp_path
