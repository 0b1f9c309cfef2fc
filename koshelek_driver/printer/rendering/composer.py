"""The data of a print call as commands of the printer: text, and what its escape sequences say.

Nothing here waits, prints or raises for what an application may have written: what this printer cannot do is passed
over and kept as a ValidationIssue, which is what validateData tells.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from firmware_protocol.escpos import commands, positioning
from firmware_protocol.escpos.commands import Align
from firmware_protocol.escpos.tokenizer import Tokenizer
from koshelek_driver.printer.rendering import bar_codes, imaging
from koshelek_driver.printer.rendering.document import plain_look, row_units
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
"""More than a metre of paper; what asks for more gets this."""
_MOST_FEED_LINES = 255
_PRIMARY = 1
"""PTR_COLOR_PRIMARY."""


class Composer:
    """Writes units of whole commands for one station. `typeface` lasts over calls, the other modes end with theirs.

    `pending` is the line that is not ended yet.
    """

    def __init__(self, setting: RenderContext, pending: list[TextRun], typeface: Font | None = None) -> None:
        self.units: list[bytes] = []
        self.doubts: list[ValidationIssue] = []
        self.pending = list(pending)
        self.typeface = typeface
        self.lines = 0
        self.cuts = 0
        self.height = 0
        self.extent = 0
        self._setting = setting
        self._pen = StyleEncoder(plain_look(setting.profile), by_place=setting.in_page)
        self._in_logo = False
        self._normal()
        self._units([self._spacing(), positioning.upside_down(True) if setting.upside_down else b""])

    def write(self, data: str) -> None:
        """One print call."""
        for part in parse(data):
            self._take(part)
        self._normal()

    def finished(self) -> list[bytes]:
        """All units, and everything as it was before them."""
        spacing = commands.DEFAULT_LINE_SPACING if self._spacing() else b""
        upright = positioning.upside_down(False) if self._setting.upside_down else b""
        return [*self.units, self._pen.rest() + spacing + upright]

    def end_line(self) -> None:
        """Print what waits in the line, if something does."""
        if self.pending:
            self._print_line()

    def picture(self, picture: Picture, align: int) -> None:
        """A picture of its own line."""
        self.end_line()
        room = self._setting.room
        x = bar_codes.place(align, picture.width, room)
        shown = imaging.placed(picture, min(x, room - picture.width)) if x else picture
        self._units(picture_units(imaging.bytes_a_row(shown), shown.rows, self._setting.profile, self._form()))
        self._units([self._spacing()])
        self.height += picture.height
        self.extent = max(self.extent, shown.width)

    def bar_code(self, wanted: bar_codes.Order) -> None:
        """A bar code of its own line. Raises UposError E_ILLEGAL."""
        setting = self._setting
        turned = setting.turn_bar_codes is not Rotation.NORMAL
        own = None if turned else bar_codes.native(wanted, setting.abilities, setting.room)
        if own is None:
            image = bar_codes.drawn(wanted, setting.room)
            self.picture(imaging.from_dots(image, setting.room, setting.turn_bar_codes), wanted.align)
            return
        self.end_line()
        self._units([self._at(wanted, own)])
        self.height += wanted.height
        self.extent = max(self.extent, own.width)

    def ruled_line(self, wanted: RuledLine) -> None:
        """A ruled line across. Raises UposError E_ILLEGAL."""
        self.end_line()
        self.picture(ruled_line(wanted, self._setting.dots, self._setting.room), bar_codes.LEFT)

    def cut(self, percent: int, *, feed: bool) -> None:
        """Cut the paper, fed to the cutter before or where it is."""
        self.end_line()
        partial = percent < 100 or self._setting.profile.cutter == "partial"
        if percent > 0:
            self._units([commands.cut(partial=partial) if feed else commands.cut_here(partial=partial)])
            self.cuts += 1

    def feed_dots(self, dots: int) -> None:
        """Forward."""
        self.end_line()
        left = min(dots, _MOST_FEED_DOTS)
        while left > 0:
            self._units([positioning.feed(min(left, 255))])
            left -= 255
        self.height += min(dots, _MOST_FEED_DOTS)

    # --- parts

    def _take(self, part: Part) -> None:
        match part:
            case Plain(text):
                self._text(text)
            case LineFeed():
                self._print_line()
            case CarriageReturn():
                self._after_return = True
                return
            case Stray(text):
                self._doubt(f"{_shown(text)} is no escape sequence", fatal=True)
            case _:
                self._obey(part)
        self._after_return = False

    def _text(self, text: str) -> None:
        if self._after_return and self.pending:
            self._print_line()
        page = self._look.page
        shown = printable(text, page.codec) if self._setting.mapped else _unmapped(text)
        if self._setting.mapped and shown != text:
            self._doubt("characters that the printer's page lacks are replaced", fatal=False)
        self.pending.append(TextRun(shown, self._look, self._align))

    def _print_line(self) -> None:
        pieces, self.pending = self.pending, []
        for row in rows_of(pieces, self._setting.room):
            self._row(row)

    def _row(self, row: list[TextRun]) -> None:
        self._units(row_units(self._pen, row, self._setting.room, self._setting.profile))
        self.lines += 1
        self.height += max([self._setting.spacing, *(piece.look.rise for piece in row)])
        aligned = any(piece.align is not Align.LEFT for piece in row)
        self.extent = self._setting.room if aligned else max(self.extent, sum(piece.width for piece in row))

    def _obey(self, escape: Escape) -> None:
        action = _ACTIONS.get(escape.name)
        if action is None:
            self._doubt(f"this printer has no {_shown_escape(escape)}", fatal=True)
        else:
            action(self, escape)

    def _normal(self) -> None:
        self._look = replace(self._setting.look, font=self.typeface or self._setting.font)
        self._align = Align.LEFT
        self._after_return = False

    # --- what sequences do

    def _style(self, escape: Escape) -> None:
        needs, change = _STYLES[escape.name]
        if needs not in self._setting.abilities.styles:
            self._doubt(f"this printer has no {needs}", fatal=True)
            return
        self._look = replace(self._look, **change(escape))  # type: ignore[arg-type]

    def _size(self, escape: Escape) -> None:
        width, height = _SIZES[escape.name](escape.number or 1, self._look)
        most = self._setting.abilities.largest
        if max(width, height) > most or min(width, height) < 1:
            self._doubt(f"characters can be 1 to {most} times as large", fatal=False)
        self._look = replace(self._look, width=min(max(width, 1), most), height=min(max(height, 1), most))

    def _alignment(self, escape: Escape) -> None:
        self._align = _ALIGNMENTS[escape.name]

    def _face(self, escape: Escape) -> None:
        fonts, number = self._setting.abilities.fonts, escape.number or 0
        if number > len(fonts):
            self._doubt(f"there is no typeface {number}", fatal=True)
            return
        self.typeface = fonts[number - 1] if number else None
        self._look = replace(self._look, font=self.typeface or self._setting.font)

    def _feed_lines(self, escape: Escape) -> None:
        self.end_line()
        asked = escape.count
        lines = min(asked, _MOST_FEED_LINES)
        if lines != asked:
            self._doubt(f"{_MOST_FEED_LINES} lines can be fed at once", fatal=False)
        self._units([commands.feed(lines)])
        self.height += lines * self._setting.spacing

    def _feed_units(self, escape: Escape) -> None:
        self.feed_dots(self._setting.dots(escape.count))

    def _feed_back(self, escape: Escape) -> None:
        if "reverse_feed" not in self._setting.abilities.styles or self._setting.in_page:
            self._doubt("this printer cannot feed back", fatal=True)
            return
        self.end_line()
        self._units([positioning.reverse_feed(min(escape.count, _MOST_FEED_LINES))])

    def _cut_escape(self, escape: Escape) -> None:
        if not self._setting.abilities.cuts or self._setting.in_page:
            self._doubt("this printer has no cutter here", fatal=True)
            return
        percent = 100 if escape.number is None else min(escape.number, 100)
        if percent not in (0, 100) or (percent and self._setting.profile.cutter == "partial"):
            self._doubt("the cutter leaves what it leaves", fatal=False)
        self.cut(percent, feed=escape.name != "P")
        if escape.name == "sP":
            self._doubt("this printer has no stamp", fatal=True)

    def _bitmap(self, escape: Escape) -> None:
        stored = self._setting.bitmaps.get(escape.number or 0)
        if stored is None or stored[0].width > self._setting.room:
            self._doubt(f"no bitmap {escape.number} was set that fits here", fatal=True)
        else:
            self.picture(*stored)

    def _logo(self, escape: Escape) -> None:
        logo = self._setting.logos.get(_LOGOS[escape.name], "")
        if self._in_logo:
            self._doubt("a logo cannot hold a logo", fatal=True)
            return
        around = self._look, self._align
        self._in_logo = True
        for part in parse(logo):
            self._take(part)
        self._in_logo = False
        self._look, self._align = around

    def _raw(self, escape: Escape) -> None:
        data, reader = escape.data.encode("latin-1", errors="replace"), Tokenizer()
        reader.feed(data)
        if reader.pending:
            self._doubt("bytes for the printer that break off in mid-command would eat what follows", fatal=True)
        else:
            self.pending.append(TextRun("", self._look, self._align, data))

    def _inline_bar_code(self, escape: Escape) -> None:
        self._attempt(lambda: self.bar_code(bar_codes.from_attributes(escape.data, self._setting.dots)))

    def _inline_ruled_line(self, escape: Escape) -> None:
        self._attempt(lambda: self.ruled_line(RuledLine.from_attributes(escape.data)))

    def _attempt(self, action: Callable[[], None]) -> None:
        try:
            action()
        except UposError as problem:
            self._doubt(problem.what, fatal=True)

    # --- helpers

    def _at(self, wanted: bar_codes.Order, own: bar_codes.Native) -> bytes:
        room = self._setting.room
        x = max(0, min(bar_codes.place(wanted.align, own.width, room), room - own.width))
        if self._setting.in_page:
            return positioning.to_column(x) + own.command
        if wanted.align >= 0:
            return positioning.left_margin(x) + own.command + positioning.left_margin(0)
        return self._pen.aligned(_SIDES[wanted.align]) + own.command + self._pen.aligned(Align.LEFT)

    def _spacing(self) -> bytes:
        """ESC 2 after ESC @ and behind a picture of strips is the default."""
        wanted = self._setting.spacing
        return b"" if wanted == self._setting.abilities.spacing else positioning.line_spacing(min(wanted, 255))

    def _form(self) -> str:
        """GS v 0 is of standard mode alone."""
        form = self._setting.profile.graphics
        return "column" if self._setting.in_page and form == "raster" else form

    def _units(self, units: list[bytes]) -> None:
        self.units += filter(None, units)

    def _doubt(self, what: str, *, fatal: bool) -> None:
        self.doubts.append(ValidationIssue(what, fatal))


def _unmapped(text: str) -> str:
    """Bytes as the application wrote them, a character each; no byte is a command."""
    return "".join(char if " " <= char <= "\xff" and char != "\x7f" else " " for char in text)


def _shown(text: str) -> str:
    return repr(text[:12])


def _shown_escape(escape: Escape) -> str:
    return f"'{'!' if escape.off else ''}{'' if escape.number is None else '#'}{escape.name}'"


def _red(escape: Escape) -> bool:
    return escape.number != _PRIMARY


_STYLES: dict[str, tuple[str, Callable[[Escape], dict[str, object]]]] = {
    "bC": ("bold", lambda escape: {"bold": not escape.off}),
    "uC": ("underline", lambda escape: {"underline": 0 if escape.off else min(2, max(1, escape.number or 1))}),
    "rvC": ("inverse", lambda escape: {"inverse": not escape.off}),
    "rC": ("second_colour", lambda escape: {"second_colour": _red(escape)}),
}
_SIZES: dict[str, Callable[[int, TextStyle], tuple[int, int]]] = {
    "1C": lambda _number, _look: (1, 1),
    "2C": lambda _number, _look: (2, 1),
    "3C": lambda _number, _look: (1, 2),
    "4C": lambda _number, _look: (2, 2),
    "hC": lambda number, look: (number, look.height),
    "vC": lambda number, look: (look.width, number),
}
_ALIGNMENTS = {"lA": Align.LEFT, "cA": Align.CENTER, "rA": Align.RIGHT}
_SIDES = {bar_codes.LEFT: Align.LEFT, bar_codes.CENTER: Align.CENTER, bar_codes.RIGHT: Align.RIGHT}
_LOGOS = {"tL": 1, "bL": 2}
"""PTR_L_TOP, PTR_L_BOTTOM."""
_ACTIONS: dict[str, Callable[[Composer, Escape], None]] = {
    **dict.fromkeys(_STYLES, Composer._style),
    **dict.fromkeys(_SIZES, Composer._size),
    **dict.fromkeys(_ALIGNMENTS, Composer._alignment),
    **dict.fromkeys(_LOGOS, Composer._logo),
    **dict.fromkeys(("P", "fP", "sP"), Composer._cut_escape),
    "N": lambda composer, _escape: composer._normal(),
    "fT": Composer._face,
    "lF": Composer._feed_lines,
    "uF": Composer._feed_units,
    "rF": Composer._feed_back,
    "B": Composer._bitmap,
    "E": Composer._raw,
    "R": Composer._inline_bar_code,
    "dL": Composer._inline_ruled_line,
}
"""Those of the standard that are not here no ESC/POS printer has: stamp, italic, full colour, shading, sub- and
superscript, strike-through."""
