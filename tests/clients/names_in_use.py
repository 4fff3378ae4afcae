"""Lists every name of wandb that installed packages use, and looks each up; prints as JSON what is not there.

`stepwell exec names_in_use.py FOLDER …` looks at the packages of the folders; without any, at those of this
environment.
"""

import ast
import importlib
import json
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

# What may stand below a name is the user's own.
OPEN = ("wandb.config", "wandb.summary", "wandb.run.config", "wandb.run.summary")
ROOTS = ("wandb", "_wandb")


class Names(ast.NodeVisitor):
    """Names of wandb that a file imports or reads, as dotted paths with the line of their first use."""

    def __init__(self) -> None:
        self.found: dict[str, int] = {}
        self._aliases: dict[str, str] = {}

    def visit_Import(self, node: ast.Import) -> None:
        for each in node.names:
            if each.name.partition(".")[0] == "wandb":
                self._add(each.name, node)
                self._aliases[each.asname or "wandb"] = each.name if each.asname else "wandb"

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.level == 0 and (node.module or "").partition(".")[0] == "wandb":
            for each in node.names:
                name = node.module if each.name == "*" else f"{node.module}.{each.name}"
                self._add(name, node)
                self._aliases[each.asname or each.name] = name

    def visit_Attribute(self, node: ast.Attribute) -> None:
        path = self._path(node)
        if path is None:
            self.generic_visit(node)
        else:
            self._add(path, node)

    def _path(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.Name):
            return self._aliases.get(node.id)
        if not isinstance(node, ast.Attribute):
            return None
        if node.attr == "_wandb" and self._aliases:  # where an object keeps the module
            return "wandb"
        above = self._path(node.value)
        return None if above is None else f"{above}.{node.attr}"

    def _add(self, path: str, node: ast.AST) -> None:
        for name in OPEN:
            if path.startswith(f"{name}."):
                path = name
        self.found.setdefault(path, getattr(node, "lineno", 0))


def names_in_use(folder: Path) -> dict[str, list[str]]:
    """Return every name that the packages in a folder use, with the places where they do."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*.py")):
        place = path.relative_to(folder)
        if place.parts[0] in {"wandb", "stepwell"}:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        if "wandb" not in text:
            continue
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            continue
        names = Names()
        for node in _imports_first(tree):
            names.visit(node)
        for name, line in names.found.items():
            found.setdefault(name, []).append(f"{place}:{line}")
    return found


def _imports_first(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield the imports of a file, wherever they stand, then the file: a name may be read above them."""
    yield from (node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom)))
    yield tree


def is_there(path: str) -> bool:
    """Look a name up: modules as far as they go, then attributes."""
    parts = path.split(".")
    value = None
    for length in range(len(parts), 0, -1):
        try:
            value = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError as error:
            if error.name is None or error.name.partition(".")[0] != "wandb":
                return True  # a library of its own is missing, not the name
            continue
        break
    for name in parts[length:]:
        if not hasattr(value, name):
            return False
        value = getattr(value, name)
    return True


def main(folders: list[str]) -> None:
    import wandb

    wandb.init(mode="disabled")
    used: dict[str, list[str]] = {}
    for folder in folders or [sysconfig.get_path("purelib")]:
        used.update(names_in_use(Path(folder)))
    print(json.dumps({"used": len(used), "missing": {name: used[name] for name in sorted(used) if not is_there(name)}}))


if __name__ == "__main__":
    main(sys.argv[1:])
