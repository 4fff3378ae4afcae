"""TypeScript: the order of the folders of `web/src`, and circles of its files, tests aside."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from arrows.order import check_circles, check_order
from arrows.tree import Finding, place_of, source_files

# Folders of web/src, low to high. `panels` is its own files; `panels/*` are the types of panels, which do not
# know each other; `.` is the files of web/src itself.
ORDER = (
    "api",
    "numbers",
    "runs",
    "series",
    "live",
    "view",
    "ui",
    "panels",
    "panels/media",
    "panels/*",
    "grid",
    "shell",
    "pages",
    ".",
)
ORDER_REASON = "arrows point down only, so each folder is understood and tested with what is below it (ARCHITECTURE.md)"
SIBLINGS_REASON = "a panel is added and removed as one folder; what two of them share lies below them"
_IMPORT = re.compile(
    r"""^\s*(?:import|export)\s(?:[^;'"]*?\sfrom\s)?\s*['"](\.[^'"]*)['"]|\bimport\(\s*['"](\.[^'"]*)['"]""",
    re.MULTILINE,
)
_NOISE = re.compile(r"(?<![:'\"\w])//[^\n]*|/\*.*?\*/", re.DOTALL)
_TEST = re.compile(r"\.test\.tsx?$")


def check(root: Path) -> Iterator[Finding]:
    """Find arrows up, arrows between panels, and circles."""
    folder = root / "web" / "src"
    graph = imports_of_folder(folder)
    yield from check_order(root, graph, ORDER, lambda path: _package_of(folder, path), ORDER_REASON)
    for path, others in graph.items():
        for other, line in others.items():
            if _package_of(folder, path) == _package_of(folder, other) == "panels/*" and path.parent != other.parent:
                names = f"{path.parent.name} → {other.parent.name}, another panel"
                yield Finding(place_of(path, root, line), names, SIBLINGS_REASON)
    yield from check_circles(root, graph, folder)


def imports_of_folder(folder: Path) -> dict[Path, dict[Path, int]]:
    """Return which files import which, for types or at run time, with the line of the first import."""
    graph: dict[Path, dict[Path, int]] = {}
    for path in source_files(folder, (".",), (".ts", ".tsx")):
        if not _TEST.search(path.name):
            found = graph.setdefault(path, {})
            code = _NOISE.sub(lambda noise: "\n" * noise[0].count("\n"), path.read_text(encoding="utf-8"))
            for match in _IMPORT.finditer(code):
                target = _file_of(path.parent / (match[1] or match[2]))
                if target is not None and target != path:
                    found.setdefault(target, code.count("\n", 0, match.start(1 if match[1] else 2)) + 1)
    return graph


def _package_of(folder: Path, path: Path) -> str | None:
    parts = path.relative_to(folder).parts[:-1]
    for length in range(len(parts), 0, -1):
        name = "/".join(parts[:length])
        if name in ORDER and not (name == "panels" and len(parts) > 1):
            return name
        if length > 1 and f"{'/'.join(parts[: length - 1])}/*" in ORDER:
            return f"{'/'.join(parts[: length - 1])}/*"
    return None if parts else "."


def _file_of(stem: Path) -> Path | None:
    stem = Path(os.path.normpath(stem))
    candidates = (stem, stem.with_name(f"{stem.name}.ts"), stem.with_name(f"{stem.name}.tsx"), stem / "index.ts")
    return next((path for path in candidates if path.is_file() and path.suffix in {".ts", ".tsx"}), None)
