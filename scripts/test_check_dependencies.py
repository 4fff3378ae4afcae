"""Plants a dependency of each bad kind and sees that the check names it."""

from __future__ import annotations

from pathlib import Path

import pytest
from arrows.tests.planted import write
from check_dependencies import check_packages, check_use, is_allowed

ALLOWED = frozenset({"MIT", "Apache-2.0", "BSD-3-Clause"})
RULES = {"licenses": {"allow": ["MIT"]}, "bans": {"skip": [{"crate": "syn", "reason": "macros"}]}}
REGISTRY = "registry+https://github.com/rust-lang/crates.io-index"


def package(name: str, version: str = "1.0.0", licence: str = "MIT", source: str | None = REGISTRY):
    return {"name": name, "version": version, "license": licence, "source": source}


def found(findings) -> list[str]:
    return [f"{finding.place}: {finding.what}" for finding in findings]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Lay out a crate that uses what it depends on."""
    write(tmp_path, "Cargo.toml", '[workspace]\n[workspace.dependencies]\nserde-json = "1"\n')
    write(tmp_path, "rust/model/Cargo.toml", "[dependencies]\nserde-json.workspace = true\n")
    write(tmp_path, "rust/model/src/lib.rs", "//! A crate.\nfn f() {\n    serde_json::to_string();\n}\n")
    return tmp_path


def test_what_is_used_is_fine(tree):
    assert found(check_use(tree)) == []


@pytest.mark.parametrize("code", ["// serde_json::to_string", "my_serde_json::x()", "crate::serde_json::x()"])
def test_a_dependency_without_a_use_is_found(tree, code):
    write(tree, "rust/model/src/lib.rs", f"//! A crate.\n{code}\n")
    assert found(check_use(tree)) == ["rust/model/Cargo.toml: serde-json of dependencies is used nowhere"]


def test_a_use_in_tests_is_one_of_a_dev_dependency_only(tree):
    write(tree, "rust/model/src/lib.rs", "//! A crate.\n")
    write(tree, "rust/model/tests/all.rs", "//! Tests.\nuse serde_json::Value;\n")
    assert len(found(check_use(tree))) == 1
    write(tree, "rust/model/Cargo.toml", "[dev-dependencies]\nserde-json.workspace = true\n")
    assert found(check_use(tree)) == []


def test_what_is_ignored_by_name_is_not_looked_for(tree):
    write(tree, "rust/model/src/lib.rs", "//! A crate.\n")
    ignored = '[package.metadata.cargo-machete]\nignored = ["serde-json"]\n'
    write(tree, "rust/model/Cargo.toml", f"[dependencies]\nserde-json.workspace = true\n{ignored}")
    assert found(check_use(tree)) == []


def test_a_dependency_of_the_workspace_is_one_of_a_crate_and_has_a_version(tree):
    write(tree, "Cargo.toml", '[workspace]\n[workspace.dependencies]\nserde-json = "*"\nlibc = "1"\n')
    assert found(check_use(tree)) == [
        "Cargo.toml: serde-json is wanted in any version",
        "Cargo.toml: libc is a dependency of no crate",
    ]


@pytest.mark.parametrize(
    ("expression", "verdict"),
    [
        ("MIT", True),
        ("GPL-3.0", False),
        ("GPL-3.0 OR MIT", True),
        ("MIT/Apache-2.0", True),
        ("MIT AND GPL-3.0", False),
        ("(GPL-3.0 OR MIT) AND BSD-3-Clause", True),
        ("(GPL-3.0 OR MPL-2.0) AND BSD-3-Clause", False),
        ("none", False),
    ],
)
def test_a_licence_needs_one_choice_that_is_allowed(expression, verdict):
    assert is_allowed(expression, ALLOWED) is verdict


def test_what_deny_toml_refuses_is_found():
    packages = [
        package("ours", licence="Apache-2.0", source=None),
        package("copyleft", licence="GPL-3.0"),
        package("elsewhere", source="git+https://example.org/elsewhere"),
        *(package(name, version) for name in ("syn", "rand") for version in ("1.0.0", "2.0.0")),
    ]
    assert found(check_packages(packages, RULES)) == [
        "copyleft 1.0.0: has the licence GPL-3.0, which is not allowed",
        "elsewhere 1.0.0: comes from git+https://example.org/elsewhere",
        "Cargo.lock: rand is there in 2 versions",
    ]
