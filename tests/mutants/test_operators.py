"""Every operator changes exactly its own place of the text, and leaves alone what is no behaviour."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.mutants.operators import edits


def mutated(source: str, operator: str) -> list[str]:
    """All texts that one operator makes of a source."""
    return [edit.apply(source) for edit in edits(source) if edit.operator == operator]


@pytest.mark.parametrize(
    ("source", "operator", "expected"),
    [
        ("x = a < b", "comparison", ["x = a <= b", "x = a >= b"]),
        ("x = a <= b", "comparison", ["x = a < b", "x = a > b"]),
        ("x = (a) >= (b)", "comparison", ["x = (a) < (b)", "x = (a) > (b)"]),
        ("x = a == b != c", "comparison", ["x = a != b != c", "x = a == b == c"]),
        ("x = a is b", "comparison", ["x = a is not b"]),
        ("x = a is not b", "comparison", ["x = a is b"]),
        ("x = a in b", "comparison", ["x = a not in b"]),
        ("x = a not in b", "comparison", ["x = a in b"]),
        ("x = 1 <= y", "integer", ["x = 0 <= y", "x = 2 <= y"]),
        ("x = 0", "integer", ["x = -1", "x = 1"]),
        ("x = 0x1D", "integer", ["x = 0x1C", "x = 0x1E"]),
        ("x = True", "boolean", ["x = False"]),
        ("x = False", "boolean", ["x = True"]),
        (r"x = b'\x1b@'", "bytes", [r"x = b'\x1bA'"]),
        ("x = a and b and c", "and/or", ["x = a and b or c", "x = a or b and c"]),
        ("x = (a or b) and c", "and/or", ["x = (a and b) and c", "x = (a or b) or c"]),
        ("x = not a", "not", ["x = a"]),
        ("x = not (a and b)", "not", ["x = (a and b)"]),
        ("x = a + b", "arithmetic", ["x = a - b"]),
        ("x = a // b", "arithmetic", ["x = a * b"]),
        ("x = a & b", "arithmetic", ["x = a | b"]),
        ("x -= 1", "arithmetic", ["x += 1"]),
        ("def f():\n    return a", "return", ["def f():\n    return None"]),
        ("def f():\n    raise E(a)", "raise", ["def f():\n    pass"]),
        ("for x in y:\n    continue", "continue", ["for x in y:\n    break"]),
        ("if a < b:\n    f()", "guard", ["if False:\n    f()"]),
        ("if a:\n    f()", "guard", ["if False:\n    f()", "if True:\n    f()"]),
        ("x = 'y' if a == b else 'z'", "guard", ["x = 'y' if False else 'z'"]),
        ("f(a, b=c)", "argument", ["f(a, b=None)"]),
    ],
)
def test_an_operator_gives_these_texts(source: str, operator: str, expected: list[str]) -> None:
    assert sorted(mutated(source, operator)) == sorted(expected)


@pytest.mark.parametrize(
    "source",
    [
        "x = 'a message'",
        '"""A docstring."""',
        "x = f'{a + 1} kopecks'",
        "def f(a: Literal[1]) -> Literal[True]:\n    pass",
        "x: Literal[1]",
        "@dataclass(frozen=True, slots=True)\nclass A:\n    pass",
        "assert a is not None",
        "if TYPE_CHECKING:\n    import x",
        "def f():\n    return None",
        "f(b='text')",
    ],
)
def test_these_are_left_alone(source: str) -> None:
    assert edits(source) == []


def test_a_place_is_found_behind_letters_of_several_bytes() -> None:
    source = "x = 'Сумма чека', a < b"
    assert "x = 'Сумма чека', a <= b" in mutated(source, "comparison")


def test_a_mutant_shows_its_line_before_and_after() -> None:
    source = "a = 0\nif (\n    b\n    and c\n):\n    pass\n"
    (edit,) = (edit for edit in edits(source) if edit.operator == "and/or")
    assert edit.line(source) == 4
    assert edit.lines(source) == ("and c", "or c")


def test_a_mutant_of_several_lines_is_shown_in_one() -> None:
    source = "def f():\n    raise E(\n        a\n    )\n"
    (edit,) = (edit for edit in edits(source) if edit.operator == "raise")
    assert edit.lines(source) == ("raise E( a )", "pass")


def test_every_mutant_of_a_real_module_compiles_and_is_another_program() -> None:
    source = Path(__file__).with_name("operators.py").read_text(encoding="utf-8")
    original = ast.dump(ast.parse(source))
    found = edits(source)
    assert len(found) > 50
    for edit in found:
        assert ast.dump(ast.parse(edit.apply(source))) != original
