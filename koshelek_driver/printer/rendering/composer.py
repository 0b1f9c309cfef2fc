"""Print data of UnifiedPOS, text and escape sequences, to units of whole commands.

Nothing here waits or sends: units are only collected. Text and escape sequences of an application never raise: what
this printer cannot print of them is skipped and recorded as a ValidationIssue, which validateData reports. A bar code
or a ruled line that is wrong raises UposError, because a method of its own asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import ClassVar

from firmware_protocol.escpos import commands, positioning
from firmware_protocol.escpos.commands import Align
from firmware_protocol.escpos.tokenizer import Tokenizer
from koshelek_driver.printer.rendering import bar_codes, imaging
from koshelek_driver.printer.rendering.document import plain_style, row_units
from koshelek_driver.printer.rendering.escapes import CarriageReturn, Escape, LineFeed, Part, Plain, Stray, parse
from koshelek_driver.printer.rendering.imaging import Picture
from koshelek_driver.printer.rendering.picture import picture_units
from koshelek_driver.printer.rendering.render_context import RenderContext, ValidationIssue
from koshelek_driver.printer.rendering.ruled_line import RuledLine, ruled_line
from koshelek_driver.printer.rendering.style_encoder import Font, StyleEncoder, TextRun, TextStyle, rows_of
from koshelek_driver.printer.rendering.text import printable
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.printer_codes import Rotation

_MOST_FEED_DOTS = 10_000
"""More than a metre of paper; a longer feed is shortened to this."""
_MOST_FEED_LINES = 255
_PRIMARY = 1
"""PTR_COLOR_PRIMARY."""


def _is_second_colour(escape: Escape) -> bool:
    return escape.number != _PRIMARY


_STYLES: dict[str, tuple[str, Callable[[Escape], dict[str, object]]]] = {
    "bC": ("bold", lambda escape: {"bold": not escape.off}),
    "uC": ("underline", lambda escape: {"underline": 0 if escape.off else min(2, max(1, escape.number or 1))}),
    "rvC": ("inverse", lambda escape: {"inverse": not escape.off}),
    "rC": ("second_colour", lambda escape: {"second_colour": _is_second_colour(escape)}),
}
"""Escape name -> (style that the profile must have, change of the text style)."""
_SIZES: dict[str, Callable[[int, TextStyle], tuple[int, int]]] = {
    "1C": lambda _number, _style: (1, 1),
    "2C": lambda _number, _style: (2, 1),
    "3C": lambda _number, _style: (1, 2),
    "4C": lambda _number, _style: (2, 2),
    "hC": lambda number, style: (number, style.height),
    "vC": lambda number, style: (style.width, number),
}
_ALIGNMENTS = {"lA": Align.LEFT, "cA": Align.CENTER, "rA": Align.RIGHT}
_SIDES = {bar_codes.LEFT: Align.LEFT, bar_codes.CENTER: Align.CENTER, bar_codes.RIGHT: Align.RIGHT}
_LOGOS = {"tL": 1, "bL": 2}
"""PTR_L_TOP, PTR_L_BOTTOM."""


class Composer:
    """Composes the units of one call for one station.

    `pending` is the line that is not ended yet. `typeface` lasts over calls; all other modes end with their call.
    `lines`, `cuts`, `height` and `extent` (dots down and across) describe what was composed.
    """

    def __init__(self, context: RenderContext, pending: list[TextRun], typeface: Font | None = None) -> None:
        self.units: list[bytes] = []
        self.issues: list[ValidationIssue] = []
        self.pending = list(pending)
        self.typeface = typeface
        self.lines = 0
        self.cuts = 0
        self.height = 0
        self.extent = 0
        self._context = context
        self._encoder = StyleEncoder(plain_style(context.profile), by_place=context.in_page)
        self._in_logo = False
        self._reset_modes()
        self._append([self._spacing(), positioning.upside_down(True) if context.upside_down else b""])

    def write(self, data: str) -> None:
        """Compose the data of one print call."""
        for part in parse(data):
            self._compose(part)
        self._reset_modes()

    def finished(self) -> list[bytes]:
        """Return all units, and the commands that restore the printer's modes."""
        spacing = commands.DEFAULT_LINE_SPACING if self._spacing() else b""
        upright = positioning.upside_down(False) if self._context.upside_down else b""
        return [*self.units, self._encoder.rest() + spacing + upright]

    def end_line(self) -> None:
        """Add the unfinished line, if there is one."""
        if self.pending:
            self._print_line()

    def picture(self, picture: Picture, align: int) -> None:
        """Add a picture on a line of its own.

        `align` is PTR_BM_ or a distance in dots.
        """
        self.end_line()
        room = self._context.room
        x = bar_codes.place(align, picture.width, room)
        shown = imaging.placed(picture, min(x, room - picture.width)) if x else picture
        self._append(picture_units(imaging.bytes_a_row(shown), shown.rows, self._context.profile, self._form()))
        self._append([self._spacing()])
        self.height += picture.height
        self.extent = max(self.extent, shown.width)

    def bar_code(self, wanted: bar_codes.Order) -> None:
        """Add a bar code on a line of its own. Raises UposError E_ILLEGAL."""
        context = self._context
        turned = context.turn_bar_codes is not Rotation.NORMAL
        own = None if turned else bar_codes.native(wanted, context.capabilities, context.room)
        if own is None:
            image = bar_codes.drawn(wanted, context.room)
            self.picture(imaging.from_dots(image, context.room, context.turn_bar_codes), wanted.align)
            return
        self.end_line()
        self._append([self._placed(wanted, own)])
        self.height += wanted.height
        self.extent = max(self.extent, own.width)

    def ruled_line(self, wanted: RuledLine) -> None:
        """Add a ruled line across the paper. Raises UposError E_ILLEGAL."""
        self.end_line()
        self.picture(ruled_line(wanted, self._context.dots, self._context.room), bar_codes.LEFT)

    def cut(self, percent: int, *, feed: bool) -> None:
        """Cut the paper where it is, or with `feed` after feeding it to the cutter.

        0 percent does not cut, less than 100 leaves a piece.
        """
        self.end_line()
        partial = percent < 100 or self._context.profile.cutter == "partial"
        if percent > 0:
            self._append([commands.cut(partial=partial) if feed else commands.cut_here(partial=partial)])
            self.cuts += 1

    def feed_dots(self, dots: int) -> None:
        """Feed the paper forward."""
        self.end_line()
        left = min(dots, _MOST_FEED_DOTS)
        while left > 0:
            self._append([positioning.feed(min(left, 255))])
            left -= 255
        self.height += min(dots, _MOST_FEED_DOTS)

    # --- parts

    def _compose(self, part: Part) -> None:
        match part:
            case Plain(text):
                self._compose_text(text)
            case LineFeed():
                self._print_line()
            case CarriageReturn():
                self._after_return = True
                return
            case Stray(text):
                self._report(f"{_shown(text)} is no escape sequence", fatal=True)
            case _:
                self._obey(part)
        self._after_return = False

    def _compose_text(self, text: str) -> None:
        if self._after_return and self.pending:
            self._print_line()
        page = self._style.page
        shown = printable(text, page.codec) if self._context.mapped else _unmapped(text)
        if self._context.mapped and shown != text:
            self._report("characters that the printer's page lacks are replaced", fatal=False)
        self.pending.append(TextRun(shown, self._style, self._align))

    def _print_line(self) -> None:
        runs, self.pending = self.pending, []
        for row in rows_of(runs, self._context.room):
            self._print_row(row)

    def _print_row(self, row: list[TextRun]) -> None:
        self._append(row_units(self._encoder, row, self._context.room, self._context.profile))
        self.lines += 1
        self.height += max([self._context.spacing, *(run.style.rise for run in row)])
        aligned = any(run.align is not Align.LEFT for run in row)
        self.extent = self._context.room if aligned else max(self.extent, sum(run.width for run in row))

    def _obey(self, escape: Escape) -> None:
        action = self._ACTIONS.get(escape.name)
        if action is None:
            self._report(f"this printer has no {_shown_escape(escape)}", fatal=True)
        else:
            action(self, escape)

    def _reset_modes(self) -> None:
        self._style = replace(self._context.style, font=self.typeface or self._context.font)
        self._align = Align.LEFT
        self._after_return = False

    # --- actions of escape sequences

    def _change_style(self, escape: Escape) -> None:
        needs, change = _STYLES[escape.name]
        if needs not in self._context.capabilities.styles:
            self._report(f"this printer has no {needs}", fatal=True)
            return
        self._style = replace(self._style, **change(escape))  # type: ignore[arg-type]

    def _change_size(self, escape: Escape) -> None:
        width, height = _SIZES[escape.name](escape.number or 1, self._style)
        most = self._context.capabilities.largest
        if max(width, height) > most or min(width, height) < 1:
            self._report(f"characters can be 1 to {most} times as large", fatal=False)
        self._style = replace(self._style, width=min(max(width, 1), most), height=min(max(height, 1), most))

    def _change_alignment(self, escape: Escape) -> None:
        self._align = _ALIGNMENTS[escape.name]

    def _change_typeface(self, escape: Escape) -> None:
        fonts, number = self._context.capabilities.fonts, escape.number or 0
        if number > len(fonts):
            self._report(f"there is no typeface {number}", fatal=True)
            return
        self.typeface = fonts[number - 1] if number else None
        self._style = replace(self._style, font=self.typeface or self._context.font)

    def _make_normal(self, _escape: Escape) -> None:
        self._reset_modes()

    def _feed_lines(self, escape: Escape) -> None:
        self.end_line()
        asked = escape.count
        lines = min(asked, _MOST_FEED_LINES)
        if lines != asked:
            self._report(f"{_MOST_FEED_LINES} lines can be fed at once", fatal=False)
        self._append([commands.feed(lines)])
        self.height += lines * self._context.spacing

    def _feed_units(self, escape: Escape) -> None:
        self.feed_dots(self._context.dots(escape.count))

    def _feed_back(self, escape: Escape) -> None:
        if "reverse_feed" not in self._context.capabilities.styles or self._context.in_page:
            self._report("this printer cannot feed back", fatal=True)
            return
        self.end_line()
        self._append([positioning.reverse_feed(min(escape.count, _MOST_FEED_LINES))])

    def _cut(self, escape: Escape) -> None:
        if not self._context.capabilities.cuts or self._context.in_page:
            self._report("this printer has no cutter here", fatal=True)
            return
        percent = 100 if escape.number is None else min(escape.number, 100)
        if percent not in (0, 100) or (percent and self._context.profile.cutter == "partial"):
            self._report("this cutter cannot cut by that percentage", fatal=False)
        self.cut(percent, feed=escape.name != "P")
        if escape.name == "sP":
            self._report("this printer has no stamp", fatal=True)

    def _print_bitmap(self, escape: Escape) -> None:
        stored = self._context.bitmaps.get(escape.number or 0)
        if stored is None or stored[0].width > self._context.room:
            self._report(f"no bitmap {escape.number} was set that fits here", fatal=True)
        else:
            self.picture(*stored)

    def _print_logo(self, escape: Escape) -> None:
        logo = self._context.logos.get(_LOGOS[escape.name], "")
        if self._in_logo:
            self._report("a logo cannot hold a logo", fatal=True)
            return
        around = self._style, self._align
        self._in_logo = True
        for part in parse(logo):
            self._compose(part)
        self._in_logo = False
        self._style, self._align = around

    def _embed_raw(self, escape: Escape) -> None:
        data, reader = escape.data.encode("latin-1", errors="replace"), Tokenizer()
        reader.feed(data)
        if reader.pending:
            self._report("bytes for the printer that break off in mid-command would eat what follows", fatal=True)
        else:
            self.pending.append(TextRun("", self._style, self._align, data))

    def _print_bar_code(self, escape: Escape) -> None:
        self._attempt(lambda: self.bar_code(bar_codes.from_attributes(escape.data, self._context.dots)))

    def _print_ruled_line(self, escape: Escape) -> None:
        self._attempt(lambda: self.ruled_line(RuledLine.from_attributes(escape.data)))

    def _attempt(self, action: Callable[[], None]) -> None:
        try:
            action()
        except UposError as problem:
            self._report(problem.what, fatal=True)

    # --- helpers

    def _placed(self, wanted: bar_codes.Order, own: bar_codes.Native) -> bytes:
        """The command of a bar code between those that place it; ESC a has no effect in page mode."""
        room = self._context.room
        x = max(0, min(bar_codes.place(wanted.align, own.width, room), room - own.width))
        if self._context.in_page:
            return positioning.to_column(x) + own.command
        if wanted.align >= 0:
            return positioning.left_margin(x) + own.command + positioning.left_margin(0)
        return self._encoder.aligned(_SIDES[wanted.align]) + own.command + self._encoder.aligned(Align.LEFT)

    def _spacing(self) -> bytes:
        """Set the line spacing again: ESC @ and ESC * leave the default."""
        wanted = self._context.spacing
        return b"" if wanted == self._context.capabilities.spacing else positioning.line_spacing(min(wanted, 255))

    def _form(self) -> str:
        """GS v 0 works in standard mode alone, so a page gets strips."""
        form = self._context.profile.graphics
        return "column" if self._context.in_page and form == "raster" else form

    def _append(self, units: list[bytes]) -> None:
        self.units += filter(None, units)

    def _report(self, what: str, *, fatal: bool) -> None:
        self.issues.append(ValidationIssue(what, fatal))

    _ACTIONS: ClassVar[Mapping[str, Callable[[Composer, Escape], None]]] = {
        **dict.fromkeys(_STYLES, _change_style),
        **dict.fromkeys(_SIZES, _change_size),
        **dict.fromkeys(_ALIGNMENTS, _change_alignment),
        **dict.fromkeys(_LOGOS, _print_logo),
        **dict.fromkeys(("P", "fP", "sP"), _cut),
        "N": _make_normal,
        "fT": _change_typeface,
        "lF": _feed_lines,
        "uF": _feed_units,
        "rF": _feed_back,
        "B": _print_bitmap,
        "E": _embed_raw,
        "R": _print_bar_code,
        "dL": _print_ruled_line,
    }
    """The other sequences of the standard have no counterpart in ESC/POS: stamp, italic, full colour, shading, sub- and
    superscript, strike-through."""


def _unmapped(text: str) -> str:
    """One byte for each character, as the application wrote it; no byte is a command."""
    return "".join(char if " " <= char <= "\xff" and char != "\x7f" else " " for char in text)


def _shown(text: str) -> str:
    return repr(text[:12])


def _shown_escape(escape: Escape) -> str:
    return f"'{'!' if escape.off else ''}{'' if escape.number is None else '#'}{escape.name}'"
