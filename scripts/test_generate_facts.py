"""The facts of the dashboard are those of the model."""

from __future__ import annotations

from pathlib import Path

import pytest
from generate_facts import MODEL, TARGET, generate

ROOT = Path(__file__).resolve().parent.parent


def test_the_file_of_the_dashboard_is_what_the_model_says():
    assert (ROOT / TARGET).read_text(encoding="utf-8") == generate(ROOT)


def test_a_constant_that_is_gone_is_named(tmp_path: Path):
    (tmp_path / MODEL).mkdir(parents=True)
    (tmp_path / MODEL / "name.rs").write_text('/// All.\npub const OTHER: &str = "*";\n')
    with pytest.raises(SystemExit, match="ALL_LABELS"):
        generate(tmp_path)
