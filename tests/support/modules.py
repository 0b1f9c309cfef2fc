"""The source of this project as syntax trees: its modules, their imports and their classes."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.support.paths import ROOT, TESTS

SOURCE = (ROOT / "koshelek_driver", ROOT / "firmware_protocol", ROOT / "device_profiles")
Graph = dict[str, set[str]]


@dataclass(frozen=True, eq=False)
class Module:
    """One Python file."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def place(self) -> str:
        """The path as a reader types it."""
        return str(self.path.relative_to(ROOT))


@cache
def modules_in(folder: Path) -> tuple[Module, ...]:
    """Parse every Python file below a folder of this project."""
    return tuple(_parse(path) for path in sorted(folder.rglob("*.py")))


def source_modules() -> dict[str, Module]:
    """Return the modules of the source by their dotted names; a package is the name of its folder."""
    return {module.name: module for folder in SOURCE for module in modules_in(folder)}


def modules_of_tests() -> tuple[Module, ...]:
    """Return every module below tests/."""
    return modules_in(TESTS)


def _parse(path: Path) -> Module:
    parts = path.relative_to(ROOT).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return Module(name, path, ast.parse(path.read_text(encoding="utf-8")))


# -- Imports -------------------------------------------------------------------------------------------------------


def imported_names(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Give each import of a module, late ones included, as a module and a name; `import x` has an empty name.

    Imports under `if TYPE_CHECKING` are left out: they are never executed.
    """
    for node in _executed(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports are not used in this project"
            yield from ((node.module or "", alias.name) for alias in node.names)


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            for other in child.orelse:
                yield from _executed(other)
            continue
        yield child
        yield from _executed(child)


def import_graph(modules: dict[str, Module]) -> Graph:
    """Return which of these modules imports which; `from package import module` is an import of the module."""
    graph: Graph = {}
    for name, module in modules.items():
        found = (
            f"{source}.{wanted}" if f"{source}.{wanted}" in modules else source
            for source, wanted in imported_names(module.tree)
        )
        graph[name] = {each for each in found if each in modules}
    return graph


def cycles(graph: Graph) -> list[list[str]]:
    """Return each group of modules that import one another, however many steps that takes."""
    reached = {name: _reachable(graph, name) for name in graph}
    groups = {
        frozenset(other for other in found if name in reached[other])
        for name, found in reached.items()
        if name in found
    }
    return sorted(sorted(group) for group in groups)


def _reachable(graph: Graph, start: str) -> set[str]:
    todo, seen = list(graph[start]), set()
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += graph[name]
    return seen


# -- Classes -------------------------------------------------------------------------------------------------------


def own_classes_above(modules: dict[str, Module]) -> dict[str, list[str]]:
    """Return the longest chain of own classes of each class, itself first, by dotted names.

    A base class is found by the imports of the module that names it, so two classes with one name are two classes.
    """
    classes = {
        f"{name}.{node.name}": (module, node)
        for name, module in modules.items()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
    }

    def chain(name: str) -> list[str]:
        module, node = classes[name]
        bases = (_full_name(modules, module, base) for base in node.bases)
        return [name, *max((chain(base) for base in bases if base in classes), key=len, default=[])]

    return {name: chain(name) for name in classes}


def _full_name(modules: dict[str, Module], module: Module, base: ast.expr) -> str:
    """Follow a base class to the module that defines it; names of other projects come back as they are."""
    written = ast.unparse(base.value if isinstance(base, ast.Subscript) else base)
    first, _, rest = written.partition(".")
    full = _import_of(module, first)
    if full is None:
        return f"{module.name}.{written}"
    full = f"{full}.{rest}" if rest else full
    home, _, name = full.rpartition(".")
    if home in modules and _import_of(modules[home], name) is not None:
        return _full_name(modules, modules[home], ast.Name(name))
    return full


def _import_of(module: Module, name: str) -> str | None:
    for node in ast.walk(module.tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return f"{node.module}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name
    return None


def documented(module: Module) -> Iterator[tuple[int, str]]:
    """Give each docstring of a module with its line."""
    for node in ast.walk(module.tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            text = ast.get_docstring(node)
            if text:
                yield getattr(node, "lineno", 1), text


def folders_with_files(roots: Iterable[Path]) -> Iterator[Path]:
    """Give every folder below these, and themselves, that holds at least one file."""
    for root in roots:
        for folder in sorted({path.parent for path in root.rglob("*") if path.is_file()}):
            if not {"__pycache__", ".pytest_cache", ".mypy_cache"} & set(folder.parts):
                yield folder
