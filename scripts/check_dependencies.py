"""Checks the dependencies of the crates: each is used, there once, and of a licence that deny.toml allows.

`python scripts/check_dependencies.py [FOLDER]` does offline what `cargo machete` and `cargo deny check
licenses bans sources` do, and reads what they read: deny.toml, and `[package.metadata.cargo-machete]` in a
crate's manifest.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from arrows.rust import dependencies_of
from arrows.tree import Finding, place_of, source_files

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

UNUSED_REASON = "what nobody uses is compiled, audited and updated all the same"
LICENCE_REASON = "the wheel contains it, so its licence binds whoever installs Stepwell"
SOURCE_REASON = "what comes from elsewhere can change under us, or be gone"
WILDCARD_REASON = "a requirement says which versions it was tried with"
TWICE_REASON = "two versions are compiled twice, and do not know each other's types"
# Where each kind of dependency may be used.
_PLACES = {
    "dependencies": ("src",),
    "build-dependencies": ("build.rs",),
    "dev-dependencies": ("src", "tests", "benches", "examples"),
}


def check_use(root: Path) -> Iterator[Finding]:
    """Find dependencies that no source names, in the crates and in the workspace."""
    wanted: set[str] = set()
    for manifest in sorted(root.glob("rust/*/Cargo.toml")):
        parsed = tomllib.loads(manifest.read_text(encoding="utf-8"))
        ignored = parsed.get("package", {}).get("metadata", {}).get("cargo-machete", {}).get("ignored", [])
        for name, _, kind in dependencies_of(manifest):
            wanted.add(name)
            named = re.compile(rf"(?<!\w)(?<!\w::){re.escape(name.replace('-', '_'))}(?=::|\s+as\b|\s*;|\s*\{{|,)")
            if name not in ignored and not any(named.search(code) for code in _sources(manifest.parent, _PLACES[kind])):
                yield Finding(place_of(manifest, root), f"{name} of {kind} is used nowhere", UNUSED_REASON)
    workspace = tomllib.loads((root / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]
    for name, dependency in workspace.get("dependencies", {}).items():
        if name not in wanted:
            yield Finding("Cargo.toml", f"{name} is a dependency of no crate", UNUSED_REASON)
        if (dependency if isinstance(dependency, str) else dependency.get("version")) == "*":
            yield Finding("Cargo.toml", f"{name} is wanted in any version", WILDCARD_REASON)


def _sources(crate: Path, places: tuple[str, ...]) -> Iterator[str]:
    for place in places:
        path = crate / place
        for file in [path] if path.is_file() else source_files(crate, (place,), (".rs",)):
            yield re.sub(r"//[^\n]*", "", file.read_text(encoding="utf-8"))


def check_packages(packages: list[dict[str, Any]], rules: dict[str, Any]) -> Iterator[Finding]:
    """Find packages of `cargo metadata` that the tables of deny.toml refuse."""
    allowed = frozenset(rules["licenses"]["allow"])
    foreign = [package for package in packages if package["source"] is not None]
    for package in foreign:
        place = f"{package['name']} {package['version']}"
        if not is_allowed(package["license"] or "none", allowed):
            yield Finding(place, f"has the licence {package['license']}, which is not allowed", LICENCE_REASON)
        if package["source"] != "registry+https://github.com/rust-lang/crates.io-index":
            yield Finding(place, f"comes from {package['source']}", SOURCE_REASON)
    skipped = {skip["crate"] for skip in rules["bans"]["skip"]}
    for name, count in Counter(package["name"] for package in foreign).items():
        if count > 1 and name not in skipped:
            yield Finding("Cargo.lock", f"{name} is there in {count} versions", TWICE_REASON)


def is_allowed(expression: str, allowed: frozenset[str]) -> bool:
    """Return whether a licence expression (SPDX, or the old `MIT/Apache-2.0`) leaves an allowed choice."""
    while inner := re.search(r"\(([^()]*)\)", expression):
        verdict = min(allowed) if is_allowed(inner[1], allowed) else "none"
        expression = expression[: inner.start()] + verdict + expression[inner.end() :]
    choices = re.split(r" OR |/", expression)
    return any(all(licence.strip() in allowed for licence in choice.split(" AND ")) for choice in choices)


def packages_of(root: Path) -> list[dict[str, Any]]:
    """Return what cargo knows of each locked package that this platform needs, without the network."""
    host = subprocess.run(["rustc", "-vV"], capture_output=True, text=True, check=True, cwd=root).stdout
    platform = next(line.split()[1] for line in host.splitlines() if line.startswith("host:"))
    command = ["cargo", "metadata", "--offline", "--locked", "--format-version=1", f"--filter-platform={platform}"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=root)
    if ran.returncode:
        raise SystemExit(f"check_dependencies: {ran.stderr.strip()}\n`make setup` fetches the crates.")
    packages: list[dict[str, Any]] = json.loads(ran.stdout)["packages"]
    return packages


def main(arguments: list[str]) -> int:
    """Print what is wrong; return the exit code."""
    root = Path(arguments[0]) if arguments else Path(__file__).resolve().parent.parent
    rules = tomllib.loads((root / "deny.toml").read_text(encoding="utf-8"))
    findings = [*check_use(root), *check_packages(packages_of(root), rules)]
    for finding in findings:
        print(finding)
    print(f"check_dependencies: {len(findings)} broken {'rule' if len(findings) == 1 else 'rules'}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
