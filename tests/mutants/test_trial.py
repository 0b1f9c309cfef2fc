"""A mutant is judged in a copy: noticed, not noticed, or without an end; the tree stays as it was."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.mutants.operators import edits
from tests.mutants.trial import BaselineFailedError, Copy, Mutant, Verdict, judge_all

MODULE = "firmware_protocol/limit.py"
SOURCE = """
def count_to(limit):
    if limit > 3:
        raise ValueError
    count = 0
    while count < limit:
        count += 1
    return count
"""
TESTS = """
import pytest
from firmware_protocol.limit import count_to

def test_it_counts():
    assert count_to(2) == 2

def test_four_is_too_many():
    with pytest.raises(ValueError):
        count_to(4)
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A package with one module and one test module."""
    root = tmp_path / "tree"
    for name, text in {
        "firmware_protocol/__init__.py": "",
        MODULE: SOURCE,
        "tests/__init__.py": "",
        "tests/mutants/__init__.py": "",
        "tests/test_limit.py": TESTS,
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    shutil.copy(Path(__file__).with_name("pytest_limits.py"), root / "tests/mutants")
    return root


def mutant(before: str, after: str) -> Mutant:
    """The one mutant whose changed line is this."""
    (edit,) = (edit for edit in edits(SOURCE) if edit.lines(SOURCE) == (before, after))
    return Mutant(Path(MODULE), SOURCE, edit)


def test_each_mutant_has_its_verdict_and_the_tree_is_not_touched(tree: Path, tmp_path: Path) -> None:
    chosen = [
        mutant("return count", "return None"),
        mutant("if limit > 3:", "if limit > 2:"),
        mutant("count += 1", "count -= 1"),
        mutant("if limit > 3:", "if limit > 4:"),
    ]
    before = {path: path.read_bytes() for path in tree.rglob("*") if path.is_file()}
    copy = Copy(tree, tmp_path / "copy", ["tests/test_limit.py"])
    assert copy.baseline() > 0
    reported: list[Verdict] = []

    results = judge_all([copy], chosen, 5.0, lambda _, verdict: reported.append(verdict))

    verdicts = [verdict for _, verdict in results]
    assert verdicts == [Verdict.KILLED, Verdict.SURVIVED, Verdict.TIMEOUT, Verdict.KILLED]
    assert reported == verdicts
    assert {path: path.read_bytes() for path in tree.rglob("*") if path.is_file()} == before
    assert (tmp_path / "copy" / MODULE).read_text(encoding="utf-8") == SOURCE


def test_nothing_is_judged_by_tests_that_fail_anyway(tree: Path, tmp_path: Path) -> None:
    (tree / "tests/test_limit.py").write_text("def test_no():\n    assert 1 == 2\n", encoding="utf-8")
    with pytest.raises(BaselineFailedError, match="assert 1 == 2"):
        Copy(tree, tmp_path / "copy", ["tests/test_limit.py"]).baseline()
