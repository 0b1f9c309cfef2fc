"""The rules of the house that a machine can check; `koshelek_driver/README.md` gives their reasons."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

import pytest

from tests.support.modules import (
    SOURCE,
    Module,
    cycles,
    documented,
    folders_with_files,
    import_graph,
    imported_names,
    modules_of_tests,
    own_classes_above,
    source_modules,
)
from tests.support.paths import ROOT

LONGEST_CHAIN = 5
FULLEST_FOLDER = 20
NOUN_CLAUSE = re.compile(r"(What|Whether|How|Where|Who|When)\b(?!.*\?)")
INSIDE = ("_", "koshelek_driver.", "firmware_protocol.")
SHARED = ("tests.support", "tests.mutants", "tests.proof")
"""Code below tests/ that others may import: the helpers, and the tools that are started as modules."""


def _none(found: Iterable[str]) -> None:
    """Fail with a line for each that is found: pytest would cut a long list."""
    listed = "\n".join(found)
    assert not listed, f"\n{listed}"


def test_tests_import_helpers_from_support_only() -> None:
    _none(
        f"{module.place} imports {name} of {source}"
        for module in modules_of_tests()
        for source, name in imported_names(module.tree)
        if source.startswith("tests") and not f"{source}.{name}".startswith(SHARED)
    )


def test_every_folder_has_a_readme() -> None:
    folders = [*folders_with_files(SOURCE), ROOT / "tests"]
    _none(f"{folder.relative_to(ROOT)}: no README.md" for folder in folders if not (folder / "README.md").exists())


def test_no_folder_of_the_source_is_too_full_to_read() -> None:
    counts = {folder.relative_to(ROOT): len(list(folder.glob("*.py"))) for folder in folders_with_files(SOURCE)}
    _none(f"{folder}: {count} files" for folder, count in counts.items() if count > FULLEST_FOLDER)


def test_no_chain_of_own_classes_is_too_long_to_follow() -> None:
    chains = own_classes_above(source_modules())
    _none(" < ".join(chain) for chain in chains.values() if len(chain) > LONGEST_CHAIN)


def test_no_docstring_begins_with_a_noun_clause() -> None:
    _none(
        f"{module.place}:{line} {text.splitlines()[0]}"
        for module in source_modules().values()
        for line, text in documented(module)
        if NOUN_CLAUSE.match(text.splitlines()[0])
    )


def test_no_modules_import_one_another_in_a_circle() -> None:
    """Imports inside functions count: a circle that is closed late breaks the day somebody moves the import."""
    _none(", ".join(group) for group in cycles(import_graph(source_modules())))


def test_only_the_driver_itself_is_started_as_a_program() -> None:
    started = [module.place for module in source_modules().values() if module.path.name == "__main__.py"]
    assert started == ["koshelek_driver/__main__.py"]
    asks = [module.place for module in source_modules().values() if "__name__ ==" in ast.unparse(module.tree)]
    assert asks == []


def test_tests_set_nothing_private() -> None:
    """A value that a test needs to set is a parameter; a test that reaches inside breaks at every renaming."""
    _none(f"{module.place}:{line} {text}" for module in modules_of_tests() for line, text in _reaches_inside(module))


def _reaches_inside(module: Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("monkeypatch.setattr"):
            texts = [
                each.value for target in node.args[:2] for each in ast.walk(target) if isinstance(each, ast.Constant)
            ]
            if any(isinstance(text, str) and text.startswith(INSIDE) for text in texts):
                yield node.lineno, ast.unparse(node)


# -- The checks themselves -----------------------------------------------------------------------------------------


def _module(name: str, text: str) -> Module:
    return Module(name, ROOT / "x.py", ast.parse(text))


def test_a_circle_is_found_though_it_is_closed_inside_a_function() -> None:
    modules = {
        "a": _module("a", "from b import c"),
        "b": _module("b", ""),
        "b.c": _module("b.c", "def late():\n    import a"),
        "d": _module("d", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import e"),
        "e": _module("e", "import d"),
    }
    assert cycles(import_graph(modules)) == [["a", "b.c"]]


def test_a_chain_is_followed_through_a_package_and_not_by_names_alone() -> None:
    modules = {
        "a": _module("a", "class X: ..."),
        "b": _module("b", "from a import X as Other\nclass X(Other[int]): ..."),
        "p": _module("p", "from b import X"),
        "c": _module("c", "import p\nfrom y import Z\nclass X(p.X, Z): ..."),
    }
    assert own_classes_above(modules)["c.X"] == ["c.X", "b.X", "a.X"]


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [("What it is.", True), ("Whether it is open.", True), ("Who is it?", False), ("Whatever comes.", False)],
)
def test_a_question_is_no_noun_clause(text: str, is_wrong: bool) -> None:
    assert (NOUN_CLAUSE.match(text) is not None) is is_wrong
