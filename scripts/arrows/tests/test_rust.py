"""Plants one fault of each rule for Rust and sees that the check names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from arrows.rust import ALLOWED
from arrows.tests.planted import append, found, write

ROOT = Path(__file__).resolve().parents[3]


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


def test_every_crate_of_this_repository_is_drawn():
    assert {manifest.parent.name for manifest in ROOT.glob("rust/*/Cargo.toml")} <= set(ALLOWED)


def test_a_circle_across_folders_is_found(tree):
    append(tree, "rust/server/src/lib.rs", "mod http;\nmod state;\npub use state::State;\n")
    write(tree, "rust/server/src/state.rs", "//! The state.\nuse crate::http::{Error, probes::{self, Probe}};\n")
    write(tree, "rust/server/src/http.rs", "//! HTTP.\npub mod probes;\npub struct Error;\n")
    write(tree, "rust/server/src/http/probes.rs", "//! Probes.\nfn f() {\n    crate::State::new();\n}\n")
    assert found(tree) == ["rust/server/src/http/probes.rs:3: a circle: http/probes.rs → state.rs → http/probes.rs"]


@pytest.mark.parametrize(
    "line",
    [
        "// use crate::State;",
        'fn f() { let path = "crate::State"; }',
        "#[cfg(test)]\nmod tests {\n    use crate::State;\n}",
        "use super::Error;",
    ],
)
def test_no_circle_is_one_in_comments_strings_and_tests_or_of_a_module_and_its_folder(tree, line):
    append(tree, "rust/server/src/lib.rs", "mod http;\nmod state;\npub use state::State;\n")
    write(tree, "rust/server/src/state.rs", "//! The state.\nuse crate::http::probes;\n")
    write(tree, "rust/server/src/http.rs", "//! HTTP.\npub mod probes;\nuse probes::Probe;\npub struct Error;\n")
    write(tree, "rust/server/src/http/probes.rs", f"//! Probes.\n{line}\n")
    assert found(tree) == []
