"""Modules of a Rust crate: which file imports which, re-exports followed to where a name is defined.

It reads `use` declarations and paths that begin with `crate`, `super`, `self` or a module in sight; macros
that make paths are beyond it. What a file re-exports (`pub use`) is no import of its own, and test modules do
not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_NOISE = re.compile(r'//[^\n]*|/\*.*?\*/|r#"(?:.|\n)*?"#|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])\'', re.DOTALL)
_TESTS = re.compile(r"#\[cfg\((?:all\()?test\b[^\n]*\n(?:\s*#\[[^\n]*\n)*\s*(?:pub(?:\([a-z]+\))? )?mod \w+ \{")
_MODULE = re.compile(r"^\s*(?:#\[path = [^\n]*\n\s*)?(?:pub(?:\([a-z :]+\))? )?mod (\w+);", re.MULTILINE)
_USE = re.compile(r"^\s*(pub(?:\([a-z :]+\))?\s+)?use\s+([^;]+);", re.MULTILINE)
_PATH = re.compile(r"(?<![\w:.])((?:\w+)(?:::\w+)+)")


@dataclass
class Module:
    """One file of a crate."""

    path: Path
    parent: Module | None
    code: str
    children: dict[str, Module] = field(default_factory=dict)
    # Names that the file has from elsewhere, and where from.
    exported: dict[str, list[str]] = field(default_factory=dict)
    imported: dict[str, list[str]] = field(default_factory=dict)

    @property
    def root(self) -> Module:
        """The crate."""
        return self if self.parent is None else self.parent.root


def imports_of_crate(lib: Path) -> dict[Path, dict[Path, int]]:
    """Return which files of the crate of `lib` import which, with the line of the first such import."""
    root = _load(lib, lib.parent, None)
    graph: dict[Path, dict[Path, int]] = {}
    for module in _modules(root):
        found = graph.setdefault(module.path, {})
        for path, line in _paths(module):
            target = _resolve(module, path)
            if target is not None and target.path != module.path:
                found.setdefault(target.path, line)
    return graph


def _load(path: Path, folder: Path, parent: Module | None) -> Module:
    module = Module(path, parent, _code_of(path.read_text(encoding="utf-8")))
    for name in _MODULE.findall(module.code):
        for child in (folder / f"{name}.rs", folder / name / "mod.rs"):
            if child.is_file():
                module.children[name] = _load(child, folder / name, module)
    for public, tree in _USE.findall(module.code):
        for local, target in _expand(tree):
            (module.exported if public else module.imported).setdefault(local, target)
    return module


def _code_of(text: str) -> str:
    """Return the text without comments, strings and test modules, with its lines where they were."""
    code = _NOISE.sub(lambda noise: "\n" * noise[0].count("\n"), text)
    match = _TESTS.search(code)
    while match:
        end, depth = match.end(), 1
        while depth and end < len(code):
            depth += {"{": 1, "}": -1}.get(code[end], 0)
            end += 1
        code = code[: match.start()] + "\n" * code.count("\n", match.start(), end) + code[end:]
        match = _TESTS.search(code)
    return code


def _modules(module: Module) -> Iterator[Module]:
    yield module
    for child in module.children.values():
        yield from _modules(child)


def _expand(tree: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the local name and the whole path of everything in a `use` tree; `a::*` has the name `*`."""
    tree = tree.strip()
    if not tree:
        return
    if "{" in tree:
        prefix, inner = tree.split("{", 1)
        parts, depth, begin = [], 0, 0
        inner = inner.rsplit("}", 1)[0] + ","
        for at, letter in enumerate(inner):
            depth += {"{": 1, "}": -1}.get(letter, 0)
            if letter == "," and depth == 0:
                parts.append(inner[begin:at])
                begin = at + 1
        for part in parts:
            yield from _expand(f"{''.join(prefix.split())}{part.strip()}" if part.strip() else "")
        return
    path, _, renamed = tree.partition(" as ")
    segments = [segment.strip() for segment in path.split("::") if segment.strip()]
    if segments and segments[-1] == "self":
        segments.pop()
    if segments:
        yield renamed.strip() or segments[-1], segments


def _paths(module: Module) -> Iterator[tuple[list[str], int]]:
    """Yield the paths that the file names, with their lines: its imports, and what its code says in full."""
    for use in _USE.finditer(module.code):
        if not use[1]:
            line = module.code.count("\n", 0, use.start(2)) + 1
            yield from ((path, line) for _, path in _expand(use[2]))
    code = _USE.sub(lambda use: "\n" * use[0].count("\n"), module.code)
    for match in _PATH.finditer(code):
        segments = match[1].split("::")
        if segments[0] in {"crate", "super", "self"} or segments[0] in module.children:
            yield segments, code.count("\n", 0, match.start()) + 1


def _resolve(module: Module, path: list[str], depth: int = 0) -> Module | None:
    """Return the file that defines what `path` names in `module`, None if it is not of this crate."""
    first, *rest = path
    at: Module | None
    if first == "crate":
        at = module.root
    elif first == "self":
        at = module
    elif first == "super":
        at = module.parent
    elif first in module.children:
        at = module.children[first]
    elif depth and (target := module.exported.get(first) or module.imported.get(first)) and target != path:
        return _resolve(module, [*target, *rest], depth + 1) if depth < 9 else None
    else:
        return None
    while at is not None and rest:
        name, *after = rest
        if name == "super":
            at = at.parent
        elif name in at.children:
            at = at.children[name]
        elif target := at.exported.get(name) or (at.imported.get(name) if depth < 9 else None):
            return (_resolve(at, [*target, *after], depth + 1) or at) if depth < 9 else at
        else:
            return at
        rest = after
    return at
