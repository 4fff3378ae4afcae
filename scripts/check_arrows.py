"""Checks the architecture: who may know whom, what each file says of itself, and what nothing is called.

`python scripts/check_arrows.py [FOLDER]` prints every broken rule with the reason the rule exists, and exits with 1 if
there is one; long files are only mentioned. ARCHITECTURE.md draws the same arrows for people. Standard library only
(and tomli, its older self, on Python 3.10).
"""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
# Slow to import; each is loaded by the function that needs it.
HEAVY_MODULES = ("numpy", "PIL", "grpc", "google.protobuf", "pandas")
HEAVY_REASON = "`import stepwell` stays under 100 ms; these are imported in the function that first needs them"
DOC_REASON = "each file starts with one sentence that says what it is, so the tree reads like a table of contents"
BANNED_WORDS = frozenset({"utils", "helper", "helpers", "common", "manager", "managers"})
BANNED_REASON = "such a name says nothing, so everything ends up there; name the noun (architecture.md lists the words)"
LONG_FILE_LINES = 400

SKIPPED_FOLDERS = frozenset({"target", "node_modules", "dist", "build", "__pycache__", "_web"})
SOURCE_FOLDERS = ("rust", "python", "web", "tests", "benches", "scripts", "build_backend")
GENERATED = re.compile(r"_pb2(_grpc)?\.pyi?$|\.d\.ts$")


@dataclass(frozen=True)
class Finding:
    """One broken rule: where, what, and why the rule is there."""

    place: str
    what: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}\n    because {self.reason}"


def check(root: Path) -> list[Finding]:
    """Return every broken rule of the tree under `root`."""
    return [
        *check_manifests(root),
        *check_rust_paths(root),
        *check_module_imports(root),
        *check_first_sentences(root),
        *check_names(root),
    ]


# ── Rust ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def check_manifests(root: Path) -> Iterator[Finding]:
    """Find dependencies in `rust/*/Cargo.toml` that no arrow allows."""
    for manifest in sorted(root.glob("rust/*/Cargo.toml")):
        crate, place = manifest.parent.name, manifest.relative_to(root).as_posix()
        if crate not in ALLOWED:
            yield Finding(place, f"the crate {crate!r} has no arrows in scripts/check_arrows.py", ARROWS_REASON)
            continue
        for name, in_tests in _dependencies_of(tomllib.loads(manifest.read_text(encoding="utf-8"))):
            yield from _judge(crate, name, place, in_tests)


def _dependencies_of(manifest: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    tables = [manifest, *manifest.get("target", {}).values()]
    for table in tables:
        for kind in ("dependencies", "build-dependencies", "dev-dependencies"):
            for name, wanted in table.get(kind, {}).items():
                package = wanted.get("package", name) if isinstance(wanted, dict) else name
                yield package, kind == "dev-dependencies"


def check_rust_paths(root: Path) -> Iterator[Finding]:
    """Find paths such as `stepwell_server::` or `rusqlite::` in the sources of crates that may not know them."""
    foreign = {name.replace("-", "_"): name for owned in OWNERSHIPS for name in owned.crates}
    pattern = re.compile(
        rf"\b(?:(stepwell_[a-z_]+)|({'|'.join(foreign)}))\s*::|\b(?:use|extern\s+crate)\s+(?:::)?(\w+)\s*(?:as\b|;)"
    )
    for path in _files(root, ("rust",), (".rs",)):
        crate = path.relative_to(root).parts[1]
        if crate not in ALLOWED:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            code = line.split("//", 1)[0]
            for match in pattern.finditer(code):
                name = next(group for group in match.groups() if group)
                package = foreign.get(name, name.replace("_", "-"))
                yield from _judge(crate, package, f"{path.relative_to(root).as_posix()}:{number}", in_tests=True)


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


# ── Python ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def check_module_imports(root: Path) -> Iterator[Finding]:
    """Find imports of heavy modules that run when the package is imported, following the package's own imports."""
    package_folder = root / "python"
    start = package_folder / "stepwell" / "__init__.py"
    waiting, seen = [start] if start.is_file() else [], set[Path]()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        for name, number in _imports_at_import_time(ast.parse(path.read_text(encoding="utf-8"))):
            if heavy := _heavy(name):
                place = f"{path.relative_to(root).as_posix()}:{number}"
                yield Finding(place, f"{heavy} is imported when stepwell is", HEAVY_REASON)
            waiting.extend(_module_files(package_folder, name))


def _imports_at_import_time(tree: ast.Module) -> Iterator[tuple[str, int]]:
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module, node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
        elif isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}:
            waiting.extend(node.orelse)
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            waiting.extend(ast.iter_child_nodes(node))


def _heavy(name: str) -> str | None:
    return next((heavy for heavy in HEAVY_MODULES if name == heavy or name.startswith(f"{heavy}.")), None)


def _module_files(package_folder: Path, name: str) -> Iterator[Path]:
    # Importing a.b.c runs a/__init__.py and a/b/__init__.py too.
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        stem = package_folder.joinpath(*parts[:length])
        for path in (stem / "__init__.py", stem.with_suffix(".py")):
            if path.is_file():
                yield path


def check_installed_package() -> Iterator[Finding]:
    """Import the installed package in a fresh interpreter and find the heavy modules that came with it."""
    if importlib.util.find_spec("stepwell") is None:
        return
    program = (
        f"import json, sys, stepwell; print(json.dumps([name for name in {HEAVY_MODULES!r} if name in sys.modules]))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    if ran.returncode != 0:
        said = ran.stderr.strip().splitlines()[-1:] or ["no message"]
        yield Finding("import stepwell", f"fails: {said[0]}", "a package that can't be imported can't be checked")
        return
    for name in json.loads(ran.stdout):
        yield Finding("import stepwell", f"brings {name} along", HEAVY_REASON)


# ── Files ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def check_first_sentences(root: Path) -> Iterator[Finding]:
    """Find source files that don't start with a sentence of documentation."""
    for path in _files(root, SOURCE_FOLDERS, (".rs", ".py", ".pyi", ".ts", ".tsx")):
        sentence = first_sentence(path)
        if (
            sentence is None
            or not re.match(r"[^\W_]|[`'\"(:.<@]", sentence)
            or not re.search(r"[.!?:](\s|$)", sentence)
        ):
            yield Finding(f"{path.relative_to(root).as_posix()}:1", "does not start with a sentence", DOC_REASON)


def first_sentence(path: Path) -> str | None:
    """Return the first paragraph of the documentation at the top of a source file, or None where there is none."""
    text = path.read_text(encoding="utf-8")
    if path.suffix in {".py", ".pyi"}:
        if not re.match(r'(#!.*\n)?r?"""', text):
            return None
        return (ast.get_docstring(ast.parse(text)) or "").split("\n\n")[0] or None
    if path.suffix == ".rs":
        return _leading_comment(text, "//!")
    if text.startswith("/*"):
        inside = re.sub(
            r"^\s*\*? ?", "", text.removeprefix("/**").removeprefix("/*").split("*/")[0], flags=re.MULTILINE
        )
        return inside.strip().split("\n\n")[0]
    return _leading_comment(text, "//")


def _leading_comment(text: str, marker: str) -> str | None:
    paragraph = []
    for line in text.splitlines():
        content = line.removeprefix(marker).strip()
        if not line.startswith(marker) or not content:
            break
        paragraph.append(content)
    return " ".join(paragraph) or None


def check_names(root: Path) -> Iterator[Finding]:
    """Find files, folders and types whose names say nothing."""
    definition = re.compile(
        r"^\s*(?:pub(?:\([a-z]+\))? |export |abstract )*(?:struct|enum|trait|mod|class|interface|type) (\w+)"
    )
    for path in _files(root, SOURCE_FOLDERS, (".rs", ".py", ".pyi", ".ts", ".tsx", ".css")):
        place = path.relative_to(root)
        for part in (*place.parts[:-1], place.name.split(".")[0]):
            if banned := BANNED_WORDS & _words(part):
                yield Finding(place.as_posix(), f"the name {part!r} contains {min(banned)!r}", BANNED_REASON)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if (match := definition.match(line)) and (banned := BANNED_WORDS & _words(match[1])):
                what = f"the name {match[1]!r} contains {min(banned)!r}"
                yield Finding(f"{place.as_posix()}:{number}", what, BANNED_REASON)


def _words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)}


def long_files(root: Path) -> Iterator[tuple[str, int]]:
    """Yield the files that may have become two things, with their line counts."""
    for path in _files(root, SOURCE_FOLDERS, (".rs", ".py", ".ts", ".tsx", ".css")):
        lines = path.read_bytes().count(b"\n")
        if lines > LONG_FILE_LINES:
            yield path.relative_to(root).as_posix(), lines


def _files(root: Path, folders: Iterable[str], suffixes: tuple[str, ...]) -> Iterator[Path]:
    for top in folders:
        for folder, inner, names in os.walk(root / top):
            inner[:] = sorted(name for name in inner if name not in SKIPPED_FOLDERS and not name.startswith("."))
            for name in sorted(names):
                if name.endswith(suffixes) and not GENERATED.search(name):
                    yield Path(folder, name)


def main(arguments: list[str]) -> int:
    """Print what is broken; return the exit code."""
    root = Path(arguments[0]) if arguments else Path(__file__).resolve().parent.parent
    findings = [*check(root), *([] if arguments else check_installed_package())]
    for finding in findings:
        print(finding)
    for place, lines in long_files(root):
        print(
            f"{place}: {lines} lines (only a warning: about {LONG_FILE_LINES} is where a file starts to be two things)"
        )
    print(f"check_arrows: {len(findings)} broken {'rule' if len(findings) == 1 else 'rules'}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
