"""Lines of a receipt, by the number of columns."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_protocol.escpos.commands import Align


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line. A `large` one is twice as high and twice as wide."""

    text: str = ""
    align: Align = Align.LEFT
    bold: bool = False
    large: bool = False

    def as_text(self, columns: int) -> str:
        """The line as it stands on paper, in plain text."""
        if self.align is Align.CENTER:
            return self.text.center(columns).rstrip()
        return self.text.rjust(columns) if self.align is Align.RIGHT else self.text


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code of its own line, centred; on paper only."""

    data: str

    def as_text(self, columns: int) -> str:  # noqa: ARG002 - as a Line has it
        """Nothing: plain text holds no dots."""
        return ""


Item = Line | Code


def block(
    text: str, columns: int, *, centred: bool = False, bold: bool = False, large: bool = False
) -> tuple[Line, ...]:
    """Wrapped to the paper; an empty text is an empty line."""
    import textwrap

    width = columns // 2 if large else columns
    align = Align.CENTER if centred else Align.LEFT
    return tuple(Line(part, align, bold=bold, large=large) for part in textwrap.wrap(text, width) or [""])


def title(text: str, columns: int, *, large: bool = False) -> tuple[Line, ...]:
    """Bold and centred, wrapped to the paper."""
    return block(text, columns, centred=True, bold=True, large=large)


def pair(label: str, value: str, columns: int) -> tuple[Line, ...]:
    """A label and its value on one line where they fit, else the value below, at the right edge.

    A value longer than a line breaks after a hyphen if it has one, so that a person can read it out.
    """
    if len(label) + len(value) < columns:
        return (Line(label + value.rjust(columns - len(label))),)
    import textwrap

    pieces = textwrap.wrap(value, columns, drop_whitespace=False)
    return (*block(label, columns), *(Line(piece.rjust(columns)) for piece in pieces))


def rule(columns: int) -> tuple[Line, ...]:
    """A ruled line."""
    return (Line("-" * columns),)
