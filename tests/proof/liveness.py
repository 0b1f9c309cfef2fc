"""The local variables that a suspended function still reads: the others are no part of its state.

Found in its bytecode, backwards from every end. Whatever is not understood counts as read, so that two states are never
taken for one; the variable of a loop always counts, because it tells where the loop's hidden iterator stands.
"""

from __future__ import annotations

import dis
from functools import cache
from itertools import pairwise
from types import CodeType

_NO_NEXT = ("JUMP", "RETURN", "RERAISE", "RAISE")
_ASKS_FIRST = ("JUMP_IF", "POP_JUMP")


@cache
def read_later(code: CodeType, last: int) -> frozenset[str]:
    """Return the names that are read after the instruction at offset `last`, at which the function is suspended."""
    live = _live_before(code)
    instructions = list(dis.get_instructions(code))
    index = next(number for number, each in enumerate(instructions) if each.offset == last)
    following = live[instructions[index + 1].offset] if index + 1 < len(instructions) else frozenset()
    return following | _always_read(code, instructions)


@cache
def _live_before(code: CodeType) -> dict[int, frozenset[str]]:
    """Return the names that are read from each instruction on, by its offset."""
    instructions = list(dis.get_instructions(code))
    live = {each.offset: frozenset[str]() for each in instructions}
    before: dict[int, frozenset[str]] | None = None
    while live != before:
        before = dict(live)
        for index in range(len(instructions) - 1, -1, -1):
            each = instructions[index]
            later = frozenset[str]().union(*(live[offset] for offset in _following(instructions, index)))
            reads, writes = _touched(each)
            live[each.offset] = (later - writes) | reads
    return live


def _following(instructions: list[dis.Instruction], index: int) -> list[int]:
    each = instructions[index]
    targets = [each.argval] if each.opcode in (*dis.hasjrel, *dis.hasjabs) else []
    ends = each.opname.startswith(_NO_NEXT) and not each.opname.startswith(_ASKS_FIRST)
    if not ends and index + 1 < len(instructions):
        targets.append(instructions[index + 1].offset)
    return targets


def _touched(each: dis.Instruction) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names that an instruction reads and those that it surely writes."""
    if "FAST" not in each.opname:
        return frozenset(), frozenset()
    names = frozenset(each.argval if isinstance(each.argval, tuple) else (each.argval,))
    only_writes = each.opname in ("STORE_FAST", "DELETE_FAST")
    return (frozenset(), names) if only_writes else (names, frozenset())


def _always_read(code: CodeType, instructions: list[dis.Instruction]) -> frozenset[str]:
    """Return the variables of loops, and those that other functions share."""
    loops: set[str] = set()
    for each, following in pairwise(instructions):
        if each.opname == "FOR_ITER":
            is_plain = following.opname.startswith("STORE_FAST")
            names = following.argval if isinstance(following.argval, tuple) else (following.argval,)
            loops |= set(names if is_plain else code.co_varnames)
    return frozenset(loops).union(code.co_cellvars, code.co_freevars)
