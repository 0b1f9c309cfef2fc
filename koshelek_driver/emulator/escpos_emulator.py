"""The firmware of a receipt printer: executes ESC/POS tokens on virtual paper.

No socket, no waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar

from PIL import Image

from firmware_protocol.escpos.status import Block
from firmware_protocol.escpos.tokenizer import Command, Text, Token
from koshelek_driver.emulator import symbols
from koshelek_driver.emulator.page import Page
from koshelek_driver.emulator.print_modes import PrintModes
from koshelek_driver.emulator.sheet import FONT_A, FONT_B, Glyph, Paper, Sheet, Style, picture_band, row_of

CODE_PAGES = {0: "cp437", 2: "cp850", 16: "cp1252", 17: "cp866", 34: "cp855", 46: "cp1251"}
"""ESC t numbers of Epson's models, and the codec of each."""
_PAGE_ROWS = 1200
_LINES_A_ROLL = 2000
"""Paper is finite: a receipt that is never cut ends here."""
_TWO_BYTE_PLACEHOLDER = "□"
_IDENTITY = {65: b"1.00 SANDBOX", 66: b"KOSHELEK", 67: b"VIRTUAL-80", 68: b"0000000001", 69: b"CYRILLIC"}
"""Responses of GS I, by its parameter."""
_DIGITS_ABOVE, _DIGITS_BELOW = 1, 2
SLIP_STATION = 4
"""The parameter of ESC c 0 that selects the slip station."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """One finished piece of paper.

    `of_slip`: True for a form of the slip station.
    """

    lines: tuple[str, ...]
    picture: Image.Image
    drawer_pulses: int
    of_slip: bool = False


class EscPosEmulator:
    """The state of one printer.

    `reply` gets each response to the host, `finished` each receipt that is cut.
    """

    _page: Page | None
    """The page of page mode; None in standard mode."""

    def __init__(
        self,
        dots: int,
        reply: Callable[[bytes], None],
        finished: Callable[[Receipt], None],
        code_pages: dict[int, str] = CODE_PAGES,
        faces: tuple[tuple[int, int], ...] = (FONT_A, FONT_B),
        *,
        two_byte: bool = True,
    ) -> None:
        """`faces`: dots of a character of fonts A and B, across and down.

        `two_byte`: it starts in a Chinese mode.
        """
        self._starts_in_two_byte = two_byte
        self._dots = dots
        self._faces = faces
        self._reply = reply
        self._finished = finished
        self._code_pages = code_pages
        self.status_mask = 0
        """The parameter of GS a: 0 if automatic status is off."""
        self.paper_status = 0
        """The paper bits of GS r, set by the owner of the emulator."""
        self.lines_printed = 0
        self.overruns = 0
        """Lines that were longer than the paper is wide, and were broken."""
        self._papers = {False: Paper(dots), True: Paper(dots)}  # the roll, and the form of the slip station
        self._drawer_pulses = 0
        self._initialize()

    def execute(self, token: Token) -> None:
        """Execute one token.

        Commands that the emulator does not know leave no trace on paper.
        """
        match token:
            case Text(data):
                self._write(self._decode(data))
            case Command(name, params):
                with suppress(IndexError):  # parameters too short for the function: a printer ignores it
                    self._obey(name, params)
            # Unknown bytes are ignored, as by a printer.

    def finish(self) -> None:
        """Tear off all paper by hand."""
        self._flush()
        for of_slip in (False, True):
            self._part_with(of_slip=of_slip)
        self.lines_printed = 0

    def restart(self) -> None:
        """Switch off and on: the buffer is lost, the printed paper is torn off."""
        self.forget_line()
        self.finish()
        self._initialize()

    def forget_line(self) -> None:
        """Drop what was received of the present line or page."""
        self._line.clear()
        self._x = 0
        self._page = None

    def _obey(self, name: str, params: bytes) -> None:
        if not self._modes.obey(name, params, in_line=bool(self._line)):
            action = self._ACTIONS.get(name)
            if action is not None:
                action(self, params)

    def _initialize(self) -> None:
        self._modes = PrintModes(self._dots, self._faces, self._code_pages, two_byte=self._starts_in_two_byte)
        self._line: list[Glyph] = []
        self._x = 0
        self._page = None
        self._station = 1
        self._pending_strip: Image.Image | None = None
        self._symbol: dict[int, bytes] = {}
        self._graphics: Image.Image | None = None
        self.status_mask = 0

    def _reset(self, _params: bytes) -> None:
        self._initialize()

    # --- paper

    @property
    def _paper(self) -> Paper:
        return self._papers[self._station == SLIP_STATION]

    @property
    def _sheet(self) -> Sheet:
        return self._paper if self._page is None else self._page.area

    @property
    def _room(self) -> int:
        """Dots of a line between the margins."""
        in_page = self._page is not None
        return self._sheet.width if in_page else min(self._sheet.width - self._modes.margin, self._modes.area_width)

    def _part_with(self, *, of_slip: bool) -> None:
        paper, self._papers[of_slip] = self._papers[of_slip], Paper(self._dots)
        if paper.is_blank:
            return
        pulses, self._drawer_pulses = self._drawer_pulses, 0
        self._finished(Receipt(tuple(paper.lines), paper.picture(), pulses, of_slip))

    def _put(self, band: Image.Image, text: str) -> None:
        self._sheet.put(band, text)
        if self._page is None:
            self.lines_printed += 1
        if self.lines_printed >= _LINES_A_ROLL:
            self.finish()

    def _feed_lines(self, params: bytes) -> None:
        self._feed(params[0] * self._modes.spacing)

    def _feed_dots(self, params: bytes) -> None:
        self._feed(params[0])

    def _feed(self, dots: int) -> None:
        self._flush()
        self._sheet.feed(dots)

    def _cut(self, _params: bytes) -> None:
        self._flush()
        self._part_with(of_slip=False)
        self.lines_printed = 0

    def _choose_station(self, params: bytes) -> None:
        if not self._line:
            self._station = params[0]

    def _pulse(self, _params: bytes) -> None:
        self._drawer_pulses += 1

    # --- text

    def _decode(self, data: bytes) -> str:
        """Two-byte mode, the factory setting of many printers, shows Russian as Chinese characters."""
        if not self._modes.two_byte:
            return data.decode(self._modes.codec, errors="replace")
        text, at = "", 0
        while at < len(data):
            is_pair = data[at] >= 0x80
            text += _TWO_BYTE_PLACEHOLDER if is_pair else chr(data[at])
            at += 2 if is_pair else 1
        return text

    def _write(self, text: str) -> None:
        style = self._modes.style
        for char in text.replace("\0", ""):  # a printer skips NUL
            if self._line and self._x + style.cell[0] > self._room:
                self.overruns += 1
                self._print_line()
            self._line.append(Glyph(self._x, char, style))
            self._x += style.cell[0]

    def _line_feed(self, _params: bytes) -> None:
        self._end_line()

    def _end_line(self) -> None:
        if not self._end_strip():
            self._print_line()

    def _flush(self) -> None:
        if self._line:
            self._end_line()

    def _print_line(self) -> None:
        line, self._line, self._x = self._line, [], 0
        extent = max((glyph.end for glyph in line), default=0)
        shift = self._modes.margin + self._aligned(extent)
        band, text = row_of(line, self._sheet.width, shift, self._modes.spacing)
        self._put(band.transpose(Image.Transpose.ROTATE_180) if self._modes.upside_down else band, text)

    def _aligned(self, extent: int) -> int:
        in_page = self._page is not None  # ESC a has no effect there
        return 0 if in_page else max(0, (self._room - extent) * self._modes.align // 2)

    def _go_to(self, params: bytes) -> None:
        self._x = int.from_bytes(params[:2], "little")

    def _go_by(self, params: bytes) -> None:
        self._x = max(0, self._x + int.from_bytes(params[:2], "little", signed=True))

    # --- page mode

    def _enter_page(self, _params: bytes) -> None:
        if not self._line and self._page is None:
            self._page = Page(self._dots, _PAGE_ROWS)

    def _leave_page(self, _params: bytes) -> None:
        self.forget_line()

    def _go_to_row(self, params: bytes) -> None:
        if self._page is not None:
            self._page.area.y = int.from_bytes(params[:2], "little")

    def _print_and_leave(self, _params: bytes) -> None:
        """FF: in standard mode it ejects the form of the slip station."""
        if self._page is not None:
            self._print_page(self._page)
            self._page = None
        elif self._station == SLIP_STATION:
            self._part_with(of_slip=True)

    def _print_and_stay(self, _params: bytes) -> None:
        if self._page is not None:
            self._print_page(self._page)
        elif self._station == SLIP_STATION:
            self._part_with(of_slip=True)

    def _print_page(self, page: Page) -> None:
        self._flush()
        picture, lines = page.printed()
        self._paper.put(picture, "\n".join(lines))
        self.lines_printed += len(lines)

    def _choose_area(self, params: bytes) -> None:
        if self._page is not None:
            self._flush()
            self._page.choose_area(params)

    def _choose_direction(self, params: bytes) -> None:
        if self._page is not None:
            self._flush()
            self._page.choose_direction(params)

    def _clear_area(self, _params: bytes) -> None:
        if self._page is not None:
            self._line, self._x = [], 0
            self._page.clear()

    # --- pictures

    def _show(self, picture: Image.Image, caption: str) -> None:
        at = self._modes.margin + (self._x or self._aligned(picture.width))
        self._x = 0
        self._put(picture_band(picture, self._sheet.width, at), caption)

    def _raster(self, params: bytes) -> None:
        width, height = int.from_bytes(params[1:3], "little") * 8, int.from_bytes(params[3:5], "little")
        if width and height:
            picture = _from_bits(width, height, params[5:])
            scale = (1 + params[0] % 48 % 2, 1 + params[0] % 48 // 2)
            sized = picture.resize((width * scale[0], height * scale[1]), Image.Resampling.NEAREST)
            self._show(sized, f"[picture {sized.width}x{sized.height}]")

    def _strip(self, params: bytes) -> None:
        """ESC * 33: a strip of 24 dots, buffered like a character and printed by the line feed behind it."""
        count = int.from_bytes(params[1:3], "little")
        if params[0] in (32, 33):
            columns = [int.from_bytes(params[at : at + 3]) for at in range(3, 3 + 3 * count, 3)]
            dots = bytes(0 if column >> (23 - y) & 1 else 255 for y in range(24) for column in columns)
            self._pending_strip = Image.frombytes("L", (count, 24), dots)

    def _end_strip(self) -> bool:
        strip, self._pending_strip = self._pending_strip, None
        if strip is not None:
            self._show(strip, f"[picture {strip.width}x{strip.height}]")
        return strip is not None

    def _short_graphics(self, params: bytes) -> None:
        self._graphics_function(params[2:])

    def _long_graphics(self, params: bytes) -> None:
        self._graphics_function(params[4:])

    def _graphics_function(self, params: bytes) -> None:
        """GS ( L and GS 8 L: function 112 stores raster graphics, 50 prints them."""
        function = params[1] if len(params) > 1 else 0
        if function == 112:
            width = (int.from_bytes(params[6:8], "little") + 7) // 8 * 8
            height = int.from_bytes(params[8:10], "little")
            whole = 0 < width * height // 8 <= len(params) - 10
            self._graphics = _from_bits(width, height, params[10:]) if whole else None
        elif function in (2, 50) and self._graphics is not None:
            self._show(self._graphics, f"[picture {self._graphics.width}x{self._graphics.height}]")
            self._graphics = None

    # --- symbols

    def _symbol_command(self, params: bytes) -> None:
        """GS ( k: function 67 sets the size of a module, 80 stores data, 81 prints them."""
        family, function, data = params[2], params[3], params[4:]
        if function == 67:
            self._modes.symbol_dots = max(1, data[0])
        elif function == 80:
            self._symbol[family] = data[1:]
        elif function == 81 and family in self._symbol:
            drawn = symbols.two_dimensional(family, self._symbol[family], self._modes.symbol_dots)
            self._show_symbol(drawn, digits=0)

    def _bar_code(self, params: bytes) -> None:
        modes = self._modes
        self._show_symbol(symbols.linear(params, modes.bar_dots, modes.bar_height), digits=modes.digits)

    def _show_symbol(self, drawn: tuple[Image.Image, str, str] | None, *, digits: int) -> None:
        if drawn is None or drawn[0].width > self._room:
            return
        picture, name, text = drawn
        x = self._x
        if digits & _DIGITS_ABOVE:
            self._show_digits(text, x)
        self._x = x
        self._show(picture, f"[{name}: {text}]")
        if digits & _DIGITS_BELOW:
            self._show_digits(text, x)

    def _show_digits(self, text: str, x: int) -> None:
        width = self._faces[0][0]
        line = [Glyph(x + place * width, char, Style(self._faces[0])) for place, char in enumerate(text)]
        band, _ = row_of(line, self._sheet.width, self._modes.margin + self._aligned(len(text) * width), 24)
        self._put(band, text)

    # --- responses

    def _identify(self, params: bytes) -> None:
        if params[0] in _IDENTITY:
            self._reply(Block(0x5F, _IDENTITY[params[0]]).to_bytes())
        elif params[0] % 48 in (1, 2, 3):
            self._reply(bytes([0x02]))

    def _complete(self, params: bytes) -> None:
        """GS ( H, function 48: the response says that all before it is on paper."""
        if params[2:4] == b"\x30\x30":
            self._reply(Block(0x37, b"\x22" + params[4:8]).to_bytes())

    def _transmit_status(self, params: bytes) -> None:
        self._reply(bytes([self.paper_status if params[0] % 48 == 1 else 0]))

    def _set_automatic_status(self, params: bytes) -> None:
        self.status_mask = params[0]

    _ACTIONS: ClassVar[Mapping[str, Callable[[EscPosEmulator, bytes], None]]] = {
        "LF": _line_feed,
        "ESC @": _reset,
        "ESC $": _go_to,
        "ESC \\": _go_by,
        "ESC d": _feed_lines,
        "ESC J": _feed_dots,
        "ESC L": _enter_page,
        "ESC S": _leave_page,
        "ESC W": _choose_area,
        "ESC T": _choose_direction,
        "GS $": _go_to_row,
        "CAN": _clear_area,
        "FF": _print_and_leave,
        "ESC \x0c": _print_and_stay,
        "ESC c 0": _choose_station,
        "GS k": _bar_code,
        "GS ( k": _symbol_command,
        "GS v 0": _raster,
        "ESC *": _strip,
        "GS ( L": _short_graphics,
        "GS 8 L": _long_graphics,
        "GS V": _cut,
        "ESC p": _pulse,
        "GS a": _set_automatic_status,
        "GS r": _transmit_status,
        "GS I": _identify,
        "GS ( H": _complete,
    }


def _from_bits(width: int, height: int, data: bytes) -> Image.Image:
    return Image.frombytes("1", (width, height), data[: width // 8 * height]).point([255, 0] * 128, "L")
