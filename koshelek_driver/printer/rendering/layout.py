"""Lines of a receipt, wrapped to the columns of the paper."""

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
        """Return the line as plain text, aligned as on paper."""
        if self.align is Align.CENTER:
            return self.text.center(columns).rstrip()
        return self.text.rjust(columns) if self.align is Align.RIGHT else self.text


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code on a line of its own, centred; on paper only."""

    data: str

    def as_text(self, columns: int) -> str:  # noqa: ARG002 - as a Line has it
        """Return an empty text: plain text has no dots."""
        return ""


Item = Line | Code


def block(
    text: str, columns: int, *, centred: bool = False, bold: bool = False, large: bool = False
) -> tuple[Line, ...]:
    """Wrap a text to the paper; an empty text is an empty line."""
    import textwrap

    width = columns // 2 if large else columns
    align = Align.CENTER if centred else Align.LEFT
    return tuple(Line(part, align, bold=bold, large=large) for part in textwrap.wrap(text, width) or [""])


def title(text: str, columns: int, *, large: bool = False) -> tuple[Line, ...]:
    """Return a bold, centred text, wrapped to the paper."""
    return block(text, columns, centred=True, bold=True, large=large)


def pair(label: str, value: str, columns: int) -> tuple[Line, ...]:
    """Return a label and its value, on one line if they fit.

    Else the value stands below, at the right edge. A value that is longer than a line breaks after a hyphen if it has
    one, so that a person can read it out.
    """
    if len(label) + len(value) < columns:
        return (Line(label + value.rjust(columns - len(label))),)
    import textwrap

    pieces = textwrap.wrap(value, columns, drop_whitespace=False)
    return (*block(label, columns), *(Line(piece.rjust(columns)) for piece in pieces))


def rule(columns: int) -> tuple[Line, ...]:
    """Return a line of hyphens across the paper."""
    return (Line("-" * columns),)
