"""Import graphs: circles in them, and the order of packages that imports keep to."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

Node = TypeVar("Node")
# What each file imports, with the line of the first import.
Graph = Mapping[Node, Mapping[Node, int]]


def circles(graph: Graph[Node], room_of: Callable[[Node], object] = lambda node: node) -> Iterator[list[Node]]:
    """Yield a shortest circle through several rooms for each set of nodes that reach each other so."""
    for component in _components(graph):
        found = [
            [node, *_shortest_path(graph, other, node, component)]
            for node in (node for node in graph if node in component)
            for other in graph[node]
            if other in component and room_of(node) != room_of(other)
        ]
        if found:
            yield min(found, key=len)


def _shortest_path(graph: Graph[Node], start: Node, end: Node, component: set[Node]) -> list[Node]:
    """Return the nodes from `start` to the last one before `end`."""
    came_from: dict[Node, Node | None] = {start: None}
    waiting = deque([start])
    while end not in graph[waiting[0]]:
        node = waiting.popleft()
        for other in graph[node]:
            if other in component and other not in came_from:
                came_from[other] = node
                waiting.append(other)
    path, at = [waiting[0]], came_from[waiting[0]]
    while at is not None:
        path.append(at)
        at = came_from[at]
    return path[::-1]


def _components(graph: Graph[Node]) -> Iterator[set[Node]]:
    """Yield the strongly connected components (Kosaraju), those of smaller nodes first."""
    finished: list[Node] = []
    seen: set[Node] = set()
    for root in graph:
        stack = [(root, iter(graph[root]))] if root not in seen else []
        seen.add(root)
        while stack:
            node, others = stack[-1]
            following = next((other for other in others if other not in seen and other in graph), None)
            if following is None:
                finished.append(node)
                stack.pop()
            else:
                seen.add(following)
                stack.append((following, iter(graph[following])))
    importers: dict[Node, list[Node]] = {node: [] for node in graph}
    for node, imported in graph.items():
        for other in imported:
            if other in importers:
                importers[other].append(node)
    placed: set[Node] = set()
    for root in reversed(finished):
        component, waiting = set[Node](), [root]
        while waiting:
            node = waiting.pop()
            if node not in placed:
                placed.add(node)
                component.add(node)
                waiting.extend(importers[node])
        if component:
            yield component
