"""Plants one violation of each rule in a small tree and sees that the arrows check names it."""

from __future__ import annotations

from pathlib import Path

import pytest
from check_arrows import ALLOWED, check

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Lay out a tree of two crates and a package in which nothing is wrong."""
    for crate, dependencies in {"model": "", "server": "stepwell-model.workspace = true\n"}.items():
        write(
            tmp_path,
            f"rust/{crate}/Cargo.toml",
            f'[package]\nname = "stepwell-{crate}"\n[dependencies]\n{dependencies}',
        )
        write(tmp_path, f"rust/{crate}/src/lib.rs", "//! What this crate is.\n")
    write(tmp_path, "python/stepwell/__init__.py", '"""The package."""\n\nfrom stepwell.run import Run\n')
    lazy = "def log() -> None:\n    import numpy\n"
    write(tmp_path, "python/stepwell/run.py", f'"""A run."""\n\nfrom __future__ import annotations\n\n{lazy}')
    write(tmp_path, "web/src/chart.ts", "// A chart draws series.\n")
    return tmp_path


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def append(root: Path, name: str, text: str) -> None:
    path = root / name
    path.write_text(path.read_text() + text)


def found(root: Path) -> list[str]:
    return [f"{finding.place}: {finding.what}" for finding in check(root)]


def test_a_clean_tree_has_no_findings(tree):
    assert found(tree) == []


def test_a_dependency_against_the_arrows_is_found(tree):
    append(tree, "rust/model/Cargo.toml", "stepwell-server.workspace = true\n")
    assert found(tree) == ["rust/model/Cargo.toml: model → server; model may know nothing"]


def test_a_renamed_dependency_is_found_under_its_real_name(tree):
    append(tree, "rust/model/Cargo.toml", 'harmless = { package = "rusqlite", version = "0.41" }\n')
    assert found(tree) == ["rust/model/Cargo.toml: model uses rusqlite; only store-sqlite may"]


def test_the_server_knows_a_real_store_in_its_tests_only(tree):
    append(tree, "rust/server/Cargo.toml", "[dev-dependencies]\nstepwell-store-sqlite.workspace = true\n")
    assert found(tree) == []
    append(tree, "rust/server/Cargo.toml", "[build-dependencies]\nstepwell-store-sqlite.workspace = true\n")
    assert [line.split(";")[0] for line in found(tree)] == ["rust/server/Cargo.toml: server → store-sqlite"]


@pytest.mark.parametrize(
    "line", ["use stepwell_client::Writer;", "fn f() { stepwell_client::open() }", "use stepwell_client as c;"]
)
def test_a_path_against_the_arrows_is_found_with_its_line(tree, line):
    append(tree, "rust/server/src/lib.rs", f"// stepwell_client::in_a_comment is fine\n{line}\n")
    assert [entry.split(";")[0] for entry in found(tree)] == ["rust/server/src/lib.rs:3: server → client"]


def test_a_foreign_crate_has_its_owner(tree):
    append(tree, "rust/server/src/lib.rs", "use pyo3::prelude::*;\n")
    assert found(tree) == ["rust/server/src/lib.rs:2: server uses pyo3; only bindings may"]


def test_a_foreign_crate_that_nobody_may_know_is_found(tree):
    append(tree, "rust/server/Cargo.toml", '[dev-dependencies]\nparking_lot = "0.12"\n')
    append(tree, "rust/server/src/lib.rs", "use parking_lot::Mutex;\n")
    what = "server uses parking_lot; no crate may"
    assert found(tree) == [f"rust/server/Cargo.toml: {what}", f"rust/server/src/lib.rs:2: {what}"]


def test_a_crate_that_is_not_drawn_is_found(tree):
    write(tree, "rust/extra/Cargo.toml", '[package]\nname = "stepwell-extra"\n')
    assert "rust/extra/Cargo.toml: the crate 'extra' has no arrows" in found(tree)[0]


def test_a_heavy_import_is_found_through_the_imports_of_the_package(tree):
    append(
        tree, "python/stepwell/run.py", "try:\n    from google.protobuf import message\nexcept ImportError:\n    pass\n"
    )
    assert "python/stepwell/run.py:8: google.protobuf is imported when stepwell is" in found(tree)


def test_a_heavy_import_for_types_only_is_fine(tree):
    append(tree, "python/stepwell/run.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pandas\n")
    assert found(tree) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rust/model/src/step.rs", "use std::fmt;\n"),
        ("rust/model/src/step.rs", "//! stepwell-model\n"),
        ("python/stepwell/config.py", "import os\n"),
        ("python/stepwell/config.py", ""),
        ("web/src/axis.tsx", "import x from 'y';\n"),
    ],
)
def test_a_file_without_a_first_sentence_is_found(tree, name, text):
    write(tree, name, text)
    assert found(tree) == [f"{name}:1: does not start with a sentence"]


@pytest.mark.parametrize(
    ("name", "text", "bad"),
    [
        ("rust/model/src/utils.rs", "//! Things.\n", "utils"),
        ("python/stepwell/run_helpers.py", '"""Things."""\n', "helpers"),
        ("web/src/common/x.ts", "// Things.\n", "common"),
        ("web/src/x.ts", "// Things.\nexport class RunManager {}\n", "manager"),
    ],
)
def test_a_name_that_says_nothing_is_found(tree, name, text, bad):
    write(tree, name, text)
    assert [entry.endswith(f"contains {bad!r}") for entry in found(tree)] == [True]


def test_every_crate_of_this_repository_is_drawn():
    assert {manifest.parent.name for manifest in ROOT.glob("rust/*/Cargo.toml")} <= set(ALLOWED)
