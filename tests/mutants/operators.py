"""Every small change that a test should notice, as an edit of the source text."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, order=True)
class Edit:
    """One mutant of a text: the characters from `start` to `end` become `text`."""

    start: int
    end: int
    text: str
    operator: str

    def apply(self, source: str) -> str:
        """Return the mutated source."""
        return source[: self.start] + self.text + source[self.end :]

    def line(self, source: str) -> int:
        """Return the number of the line on which the change begins, counted from 1."""
        return source.count("\n", 0, self.start) + 1

    def lines(self, source: str) -> tuple[str, str]:
        """Return the changed lines before and after, each without its indent and in one line."""
        first = source.rfind("\n", 0, self.start) + 1
        last = source.find("\n", self.end)
        last = len(source) if last < 0 else last
        after = source[first : self.start] + self.text + source[self.end : last]
        return " ".join(source[first:last].split()), " ".join(after.split())


def edits(source: str) -> list[Edit]:
    """Return every mutant of a module, in the order of the text; each one compiles and differs from the original."""
    text = _Text(source)
    found = {edit for node in _nodes(ast.parse(source)) for edit in _of(node, text)}
    return sorted(edit for edit in found if _compiles(edit.apply(source)))


class _Text:
    """A source with the characters of its nodes; `ast` counts columns in bytes of UTF-8."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._lines = source.splitlines(keepends=True)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    def start(self, node: ast.expr | ast.stmt) -> int:
        return self._offset(node.lineno, node.col_offset)

    def end(self, node: ast.expr | ast.stmt) -> int:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._offset(node.end_lineno, node.end_col_offset)

    def of(self, node: ast.expr | ast.stmt) -> str:
        return self.source[self.start(node) : self.end(node)]

    def replace(self, node: ast.expr | ast.stmt, by: str, operator: str) -> Edit:
        return Edit(self.start(node), self.end(node), by, operator)

    def replace_between(self, left: ast.expr, right: ast.expr, pattern: str, by: str, operator: str) -> Iterator[Edit]:
        """Replace the operator that stands between two operands, wherever their parentheses are."""
        start = self.end(left)
        found = re.search(pattern, self.source[start : self.start(right)])
        if found:
            yield Edit(start + found.start(), start + found.end(), by, operator)

    def _offset(self, line: int, column: int) -> int:
        return self._starts[line - 1] + len(self._lines[line - 1].encode()[:column].decode())


# The fields of a node that hold no behaviour: types and decorators are checked by mypy and by importing the module.
_NOT_BEHAVIOUR = {"annotation", "returns", "decorator_list", "type_comment"}


def _nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Walk a tree past what is left alone: types, decorators, assertions and f-strings.

    Python 3.11 gives nodes inside an f-string the columns of another text (gh-94869), so they cannot be edited in place.
    """
    if isinstance(node, ast.JoinedStr | ast.Assert) or _is_for_types(node):
        return
    yield node
    for name, value in ast.iter_fields(node):
        if name not in _NOT_BEHAVIOUR:
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _nodes(child)


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _compiles(source: str) -> bool:
    try:
        compile(source, "mutant", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def _of(node: ast.AST, text: _Text) -> Iterator[Edit]:
    for kind, operator in _OPERATORS:
        if isinstance(node, kind):
            yield from operator(node, text)


_COMPARISONS: dict[type[ast.cmpop], tuple[str, tuple[str, ...]]] = {
    ast.Lt: (r"<", ("<=", ">=")),
    ast.LtE: (r"<=", ("<", ">")),
    ast.Gt: (r">", (">=", "<=")),
    ast.GtE: (r">=", (">", "<")),
    ast.Eq: (r"==", ("!=",)),
    ast.NotEq: (r"!=", ("==",)),
    ast.Is: (r"\bis\b", ("is not",)),
    ast.IsNot: (r"\bis\s+not\b", ("is",)),
    ast.In: (r"\bin\b", ("not in",)),
    ast.NotIn: (r"\bnot\s+in\b", ("in",)),
}


def _comparison(node: ast.Compare, text: _Text) -> Iterator[Edit]:
    operands = pairwise([node.left, *node.comparators])
    for (left, right), operator in zip(operands, node.ops, strict=True):
        pattern, others = _COMPARISONS[type(operator)]
        for other in others:
            yield from text.replace_between(left, right, pattern, other, "comparison")


_ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: (r"\+", "-"),
    ast.Sub: (r"-", "+"),
    ast.Mult: (r"\*", "//"),
    ast.FloorDiv: (r"//", "*"),
    ast.Mod: (r"%", "//"),
    ast.BitAnd: (r"&", "|"),
    ast.LShift: (r"<<", ">>"),
    ast.RShift: (r">>", "<<"),
}


def _arithmetic(node: ast.BinOp, text: _Text) -> Iterator[Edit]:
    if type(node.op) in _ARITHMETIC:
        pattern, other = _ARITHMETIC[type(node.op)]
        yield from text.replace_between(node.left, node.right, pattern, other, "arithmetic")


def _augmented(node: ast.AugAssign, text: _Text) -> Iterator[Edit]:
    if type(node.op) in _ARITHMETIC:
        pattern, other = _ARITHMETIC[type(node.op)]
        yield from text.replace_between(node.target, node.value, f"{pattern}=", f"{other}=", "arithmetic")


def _and_or(node: ast.BoolOp, text: _Text) -> Iterator[Edit]:
    word, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
    for left, right in pairwise(node.values):
        yield from text.replace_between(left, right, rf"\b{word}\b", other, "and/or")


def _not(node: ast.UnaryOp, text: _Text) -> Iterator[Edit]:
    if isinstance(node.op, ast.Not):
        start = text.start(node)
        word = re.match(r"not\s*", text.source[start:])
        assert word is not None
        yield Edit(start, start + word.end(), "", "not")


def _constant(node: ast.Constant, text: _Text) -> Iterator[Edit]:
    """Change booleans, integers and bytes; strings are left alone, for most of them are messages for people."""
    value = node.value
    if isinstance(value, bool):
        yield text.replace(node, str(not value), "boolean")
    elif isinstance(value, int):
        form = "0x{:02X}" if text.of(node).lower().startswith("0x") else "{}"
        yield text.replace(node, form.format(value + 1), "integer")
        yield text.replace(node, form.format(value - 1) if value else "-1", "integer")
    elif isinstance(value, bytes) and value:
        yield text.replace(node, repr(value[:-1] + bytes([value[-1] ^ 1])), "bytes")


def _return(node: ast.Return, text: _Text) -> Iterator[Edit]:
    if node.value is not None and not isinstance(node.value, ast.Constant):
        yield text.replace(node.value, "None", "return")


def _raise(node: ast.Raise, text: _Text) -> Iterator[Edit]:
    yield text.replace(node, "pass", "raise")


def _continue(node: ast.Continue, text: _Text) -> Iterator[Edit]:
    yield text.replace(node, "break", "continue")


def _condition(node: ast.If | ast.IfExp, text: _Text) -> Iterator[Edit]:
    """Take away a guard, and for a condition without an operator of its own the other side, too."""
    yield text.replace(node.test, "False", "guard")
    if not isinstance(node.test, ast.Compare | ast.BoolOp | ast.UnaryOp):
        yield text.replace(node.test, "True", "guard")


def _argument(node: ast.Call, text: _Text) -> Iterator[Edit]:
    """Forget a named argument's value; a constant is changed by its own operator."""
    for keyword in node.keywords:
        if keyword.arg is not None and not isinstance(keyword.value, ast.Constant | ast.JoinedStr):
            yield text.replace(keyword.value, "None", "argument")


_OPERATORS: list[tuple[type[ast.AST], Callable[..., Iterator[Edit]]]] = [
    (ast.Compare, _comparison),
    (ast.BinOp, _arithmetic),
    (ast.AugAssign, _augmented),
    (ast.BoolOp, _and_or),
    (ast.UnaryOp, _not),
    (ast.Constant, _constant),
    (ast.Return, _return),
    (ast.Raise, _raise),
    (ast.Continue, _continue),
    (ast.If, _condition),
    (ast.IfExp, _condition),
    (ast.Call, _argument),
]
