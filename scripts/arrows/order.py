"""Orders of packages: from low to high, and each imports only itself and what is below it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from arrows.graph import Graph, circles
from arrows.tree import Finding, place_of

CIRCLE_REASON = "files that need each other are understood, tested and imported only together"


def check_order(
    root: Path, graph: Graph[Path], order: Sequence[str], package_of: Callable[[Path], str | None], reason: str
) -> Iterator[Finding]:
    """Find imports of a package that is above the importing one, and files outside the order."""
    height = {name: number for number, name in enumerate(order)}
    for path, others in graph.items():
        package = package_of(path)
        if package is None:
            yield Finding(place_of(path, root), "is in no package of the order", reason)
            continue
        for other, line in others.items():
            target = package_of(other)
            if target is not None and height[target] > height[package]:
                what = f"{package} → {target}, which is above it"
                yield Finding(place_of(path, root, line), what, reason)


def check_circles(root: Path, graph: Graph[Path], folder: Path) -> Iterator[Finding]:
    """Find files that import each other, over however many others."""
    for circle in circles(graph):
        way = " → ".join(path.relative_to(folder).as_posix() for path in [*circle, circle[0]])
        yield Finding(place_of(circle[0], root, graph[circle[0]][circle[1]]), f"a circle: {way}", CIRCLE_REASON)
