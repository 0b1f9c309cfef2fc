"""The rooms of the driver and which one imports which, read from the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.support.paths import DRIVER

_PACKAGE = "koshelek_driver"
_ALONE = ("sandbox",)
"""The sandbox is a peer on the wire; it stands beside the till, not in it."""


def imports() -> dict[str, set[str]]:
    """Return the rooms that each room imports, late imports included; imports for type checkers alone are not."""
    found: dict[str, set[str]] = {}
    for file in sorted(DRIVER.rglob("*.py")):
        room = _room_of(file)
        if room and room not in _ALONE:
            targets = {_room_named(name) for name in _imported(ast.parse(file.read_text(encoding="utf-8")))}
            found.setdefault(room, set()).update(targets - {room, "", *_ALONE})
    return found


def reduced(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return the graph without edges that a longer path implies."""
    below = {room: reachable(graph, room) for room in graph}
    return {
        room: {to for to in targets if not any(to in below.get(other, set()) for other in targets if other != to)}
        for room, targets in graph.items()
    }


def mermaid() -> str:
    """Return the rooms as a mermaid flowchart; an arrow means "imports", implied arrows are left out."""
    edges = [(room, to) for room, targets in sorted(reduced(imports()).items()) for to in sorted(targets)]
    return "\n".join(["flowchart TD", *(f"    {room} --> {to}" for room, to in edges)])


def reachable(graph: dict[str, set[str]], room: str) -> set[str]:
    """Return the rooms that a room imports directly or through others."""
    found: set[str] = set()
    waiting = list(graph.get(room, ()))
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += graph.get(each, ())
    return found


def _room_of(file: Path) -> str:
    """Return the folder under the package that a file lies in, or the file's own name."""
    parts = file.relative_to(DRIVER).with_suffix("").parts
    return "" if parts[0] in ("__init__", "__main__") else parts[0]


def _room_named(module: str) -> str:
    first, _, rest = module.partition(".")
    if first == "firmware_protocol":
        return first
    return rest.partition(".")[0] if first == _PACKAGE else ""


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in _executed(tree):
        if isinstance(node, ast.ImportFrom) and node.module == _PACKAGE:
            yield from (f"{_PACKAGE}.{each.name}" for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (each.name for each in node.names)


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """Walk everything but the bodies of `if TYPE_CHECKING`."""
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield child
            yield from _executed(child)
