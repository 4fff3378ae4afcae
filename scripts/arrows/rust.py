"""Rust: which crate may depend on which, who owns a foreign crate, and circles of files."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arrows.graph import circles
from arrows.rust_modules import imports_of_crate
from arrows.tree import Finding, place_of, source_files

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

STORES = frozenset({"store", "codec", "sample", "lock", "model"})
# What each crate may depend on, by the short name of its folder. A crate that is not here is not drawn yet.
ALLOWED: dict[str, frozenset[str]] = {
    "model": frozenset(),
    "lock": frozenset(),
    "codec": frozenset({"model"}),
    "sample": frozenset({"model"}),
    "proto": frozenset({"model"}),
    "spool": frozenset({"codec", "model"}),
    "blob": frozenset({"model"}),
    "media": frozenset({"codec", "model"}),
    "client": frozenset({"blob", "media", "spool", "codec", "sample", "proto", "lock", "model"}),
    "store": frozenset({"codec", "sample", "lock", "model"}),
    "store-sqlite": STORES,
    "store-clickhouse": STORES,
    "server": frozenset({"store", "spool", "blob", "codec", "sample", "proto", "lock", "model"}),
}
ALLOWED["bindings"] = frozenset(ALLOWED)
# What a crate may use in its tests beyond that.
ALLOWED_IN_TESTS: dict[str, frozenset[str]] = {"server": frozenset({"store-sqlite"})}


@dataclass(frozen=True)
class Ownership:
    """Foreign crates that only some of ours may know."""

    crates: frozenset[str]
    owners: frozenset[str]
    reason: str


OWNERSHIPS = (
    Ownership(
        frozenset({"pyo3"}),
        frozenset({"bindings"}),
        "everything below the bindings runs, and is tested, without Python",
    ),
    Ownership(
        frozenset({"rusqlite"}),
        frozenset({"store-sqlite"}),
        "the server knows only `dyn Store`; another store drops in",
    ),
    Ownership(
        frozenset({"pco", "zstd"}),
        frozenset({"codec"}),
        "one crate turns bytes into values, so every size is capped in one place",
    ),
    Ownership(
        frozenset({"png", "gif"}),
        frozenset({"media"}),
        "files are made in one place, which runs, and is tested, without disk and threads",
    ),
    Ownership(
        frozenset({"sha2"}),
        frozenset({"blob"}),
        "content is named in one way",
    ),
    Ownership(
        frozenset({"tonic", "tonic-prost"}),
        frozenset({"proto", "client", "server"}),
        "the wire is known at its two ends and where it is written down, nowhere else",
    ),
    Ownership(
        frozenset({"parking_lot"}),
        frozenset(),
        "it keeps parked threads in a table of the process, which a forked child cannot trust; use rust/lock",
    ),
)
ARROWS_REASON = "arrows point down only, so each crate is understood and tested with what is below it (ARCHITECTURE.md)"
CIRCLE_REASON = "files that need each other across folders are one thing in two places"


def check(root: Path) -> Iterator[Finding]:
    """Find every arrow and circle of the crates that is not allowed."""
    yield from check_manifests(root)
    yield from check_paths(root)
    yield from check_circles(root)


def check_manifests(root: Path) -> Iterator[Finding]:
    """Find dependencies in `rust/*/Cargo.toml` that no arrow allows."""
    for manifest in sorted(root.glob("rust/*/Cargo.toml")):
        crate, place = manifest.parent.name, place_of(manifest, root)
        if crate not in ALLOWED:
            yield Finding(place, f"the crate {crate!r} has no arrows in scripts/arrows/rust.py", ARROWS_REASON)
            continue
        for _, package, kind in dependencies_of(manifest):
            yield from _judge(crate, package, place, kind == "dev-dependencies")


def dependencies_of(manifest: Path) -> Iterator[tuple[str, str, str]]:
    """Yield name, package and table of each dependency of a manifest."""
    parsed: dict[str, Any] = tomllib.loads(manifest.read_text(encoding="utf-8"))
    for table in [parsed, *parsed.get("target", {}).values()]:
        for kind in ("dependencies", "build-dependencies", "dev-dependencies"):
            for name, wanted in table.get(kind, {}).items():
                yield name, wanted.get("package", name) if isinstance(wanted, dict) else name, kind


def check_paths(root: Path) -> Iterator[Finding]:
    """Find paths such as `stepwell_server::` or `rusqlite::` in crates that may not know them."""
    foreign = {name.replace("-", "_"): name for owned in OWNERSHIPS for name in owned.crates}
    pattern = re.compile(
        rf"\b(?:(stepwell_[a-z_]+)|({'|'.join(foreign)}))\s*::|\b(?:use|extern\s+crate)\s+(?:::)?(\w+)\s*(?:as\b|;)"
    )
    for path in source_files(root, ("rust",), (".rs",)):
        crate = path.relative_to(root).parts[1]
        if crate not in ALLOWED:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            for match in pattern.finditer(line.split("//", 1)[0]):
                name = next(group for group in match.groups() if group)
                package = foreign.get(name, name.replace("_", "-"))
                yield from _judge(crate, package, place_of(path, root, number), in_tests=True)


def _judge(crate: str, package: str, place: str, in_tests: bool) -> Iterator[Finding]:
    if package.startswith("stepwell-"):
        other = package.removeprefix("stepwell-")
        allowed = ALLOWED[crate] | (ALLOWED_IN_TESTS.get(crate, frozenset()) if in_tests else frozenset())
        if other != crate and other not in allowed:
            known = ", ".join(sorted(ALLOWED[crate])) or "nothing"
            yield Finding(place, f"{crate} → {other}; {crate} may know {known}", ARROWS_REASON)
    for owned in OWNERSHIPS:
        if package in owned.crates and crate not in owned.owners:
            owners = f"only {', '.join(sorted(owned.owners))}" if owned.owners else "no crate"
            yield Finding(place, f"{crate} uses {package}; {owners} may", owned.reason)


def check_circles(root: Path) -> Iterator[Finding]:
    """Find files of a crate that import each other across folders."""
    for source in sorted(root.glob("rust/*/src/lib.rs")):
        graph = imports_of_crate(source)
        for circle in circles(graph, _room_of):
            way = " → ".join(path.relative_to(source.parent).as_posix() for path in [*circle, circle[0]])
            place = place_of(circle[0], root, graph[circle[0]][circle[1]])
            yield Finding(place, f"a circle: {way}", CIRCLE_REASON)


def _room_of(path: Path) -> Path:
    """Return the folder of a file; `queue.rs` is the first page of `queue/`, where there is one."""
    return path.with_suffix("") if path.with_suffix("").is_dir() else path.parent
