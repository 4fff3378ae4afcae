"""Python: the order of the packages of `stepwell`, circles of its files, and slow imports."""

from __future__ import annotations

import ast
import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from arrows.order import check_circles, check_order
from arrows.tree import Finding, place_of, source_files

# Packages of python/stepwell, low to high. `stepwell` is the facade, `stepwell/__init__.py`.
ORDER = (
    "errors",
    "_native",
    "proto",
    "process",
    "settings",
    "serving",
    "media.encoding",
    "media.records",
    "media",
    "values",
    "plot",
    "writing",
    "api",
    "files",
    "imports",
    "tensorboard",
    "runs",
    "client",
    "startup",
    "integration",
    "wandb",
    "export",
    "stepwell",
    "demo",
    "cli",
    "__main__",
)
ORDER_REASON = (
    "arrows point down only, so each package is understood and tested with what is below it (ARCHITECTURE.md)"
)
# Slow to import; each is loaded by the function that needs it.
HEAVY_MODULES = ("numpy", "PIL", "grpc", "google.protobuf", "pandas")
HEAVY_REASON = "`import stepwell` stays under 100 ms; these are imported in the function that first needs them"

# What a file imports: module, the line, and when: at import, in a function, or for types only.
Imported = tuple[str, int, str]


def check(root: Path) -> Iterator[Finding]:
    """Find arrows up, circles, and heavy modules that are imported with the package."""
    yield from check_heavy_imports(root)
    package = root / "python" / "stepwell"
    graph = imports_of_package(package)
    yield from check_order(root, graph, ORDER, lambda path: _package_of(package, path), ORDER_REASON)
    yield from check_circles(root, graph, package)


def imports_of_package(package: Path) -> dict[Path, dict[Path, int]]:
    """Return which files of a package import which, on import or in a function, with the first line.

    Imports for types only never run and do not count, except in an `__init__.py`: lazy names mirror them.
    """
    graph: dict[Path, dict[Path, int]] = {}
    for path in source_files(package, (".",), (".py",)):
        found = graph.setdefault(path, {})
        for name, line, when in _imports(ast.parse(path.read_text(encoding="utf-8"))):
            target = _file_of(package.parent, name)
            if target is not None and target != path and (when != "types" or path.name == "__init__.py"):
                found.setdefault(target, line)
    return graph


def _package_of(package: Path, path: Path) -> str | None:
    parts = [*path.relative_to(package).with_suffix("").parts]
    if parts == ["__init__"]:
        return package.name
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((name for name in names if name in ORDER), None)


def _file_of(folder: Path, name: str) -> Path | None:
    """Return the file that defines a dotted name: a module, or the module that its last part is a name of."""
    parts = name.split(".")
    for length in (len(parts), len(parts) - 1):
        stem = folder.joinpath(*parts[:length])
        for path in (stem.with_suffix(".py"), stem.with_suffix(".pyi"), stem / "__init__.py"):
            if length and path.is_file():
                return path
        if length and stem.is_dir():
            return None  # a package without code; what is imported from it is found by its own name
    return None


def _imports(tree: ast.Module) -> Iterator[Imported]:
    """Yield every import of a file; `from a import b` is one of `a.b`."""
    waiting: list[tuple[ast.AST, str]] = [(node, "import") for node in tree.body]
    while waiting:
        node, when = waiting.pop()
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno, when) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield from ((f"{node.module}.{alias.name}", node.lineno, when) for alias in node.names)
        elif isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}:
            waiting.extend((child, "types") for child in node.body)
            waiting.extend((child, when) for child in node.orelse)
        else:
            lazy = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)) and when == "import"
            waiting.extend((child, "function" if lazy else when) for child in ast.iter_child_nodes(node))


def check_heavy_imports(root: Path) -> Iterator[Finding]:
    """Find heavy modules that are imported when the package is, following the package's own imports."""
    start = root / "python" / "stepwell" / "__init__.py"
    waiting, seen = [start] if start.is_file() else [], set[Path]()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        for name, line, when in _imports(ast.parse(path.read_text(encoding="utf-8"))):
            if when != "import":
                continue
            if heavy := next((heavy for heavy in HEAVY_MODULES if f"{name}.".startswith(f"{heavy}.")), None):
                yield Finding(place_of(path, root, line), f"{heavy} is imported when stepwell is", HEAVY_REASON)
            waiting.extend(_files_run_by(root / "python", name))


def _files_run_by(folder: Path, name: str) -> Iterator[Path]:
    # Importing a.b.c runs a/__init__.py and a/b/__init__.py too.
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        stem = folder.joinpath(*parts[:length])
        yield from (path for path in (stem / "__init__.py", stem.with_suffix(".py")) if path.is_file())


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
