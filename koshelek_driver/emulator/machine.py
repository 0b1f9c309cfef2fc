"""The printer's firmware: executes tokens on paper. No socket and no waiting here."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from PIL import Image

from firmware_protocol.escpos.status import Block
from firmware_protocol.escpos.tokenizer import Command, Text, Token
from koshelek_driver.emulator import symbols
from koshelek_driver.emulator.page import Page
from koshelek_driver.emulator.sheet import FONT_A, FONT_B, Glyph, Paper, Sheet, Style, picture_band, row_of

CODE_PAGES = {0: "cp437", 2: "cp850", 16: "cp1252", 17: "cp866", 34: "cp855", 46: "cp1251"}
"""ESC t numbers of Epson's models and the encoding of each."""
_LINE_DOTS = 30
_PAGE_ROWS = 1200
_LINES_A_ROLL = 2000
"""Paper is finite: a receipt that is never cut ends here."""
_TWO_BYTE_PLACEHOLDER = "□"
_IDENTITY = {65: b"1.00 SANDBOX", 66: b"KOSHELEK", 67: b"VIRTUAL-80", 68: b"0000000001", 69: b"CYRILLIC"}
_DIGITS_ABOVE, _DIGITS_BELOW = 1, 2
SLIP_STATION = 4
"""The number of ESC c 0."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """One finished piece of paper; `of_slip`: a form that was put in, not the roll."""

    lines: tuple[str, ...]
    picture: Image.Image
    drawer_pulses: int
    of_slip: bool = False


class EscPosEmulator:
    """State of one printer. `reply` takes what it answers, `finished` each receipt that is cut."""

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
        """`faces`: dots of a character of fonts A and B, across and down. `two_byte`: it starts in a Chinese mode."""
        self._starts_in_two_byte = two_byte
        self._dots = dots
        self._faces = faces
        self._reply = reply
        self._finished = finished
        self._code_pages = code_pages
        self.status_mask = 0
        self.paper_status = 0
        self.lines_printed = 0
        self.overruns = 0
        """Lines that were longer than the paper is wide, and were broken."""
        self._papers = {False: Paper(dots), True: Paper(dots)}  # the roll, and the form of the slip station
        self._station = 1
        self._drawer_pulses = 0
        self._page: Page | None = None
        self._reset()

    def execute(self, token: Token) -> None:
        """Do what one token says."""
        match token:
            case Text(data):
                self._write(self._decode(data))
            case Command(name, params):
                with suppress(IndexError):  # parameters too short for the function: a printer ignores it
                    _COMMANDS.get(name, _ignore)(self, params)
            # Unknown bytes are ignored, as by a printer.

    def finish(self) -> None:
        """All paper is torn off by hand."""
        self._flush()
        for of_slip in (False, True):
            self._part_with(of_slip=of_slip)
        self.lines_printed = 0

    def restart(self) -> None:
        """Power comes back: what was printed is torn off, what was buffered is gone."""
        self.forget_line()
        self.finish()
        self._reset()

    def forget_line(self) -> None:
        """What was received of the present line or page is gone."""
        self._line.clear()
        self._x = 0
        self._page = None

    # --- text

    @property
    def _paper(self) -> Paper:
        return self._papers[self._station == SLIP_STATION]

    def _part_with(self, *, of_slip: bool) -> None:
        paper, self._papers[of_slip] = self._papers[of_slip], Paper(self._dots)
        if paper.is_blank:
            return
        pulses, self._drawer_pulses = self._drawer_pulses, 0
        self._finished(Receipt(tuple(paper.lines), paper.picture(), pulses, of_slip))

    @property
    def _sheet(self) -> Sheet:
        return self._paper if self._page is None else self._page.area

    @property
    def _room(self) -> int:
        """Dots of a line between the margins."""
        in_page = self._page is not None
        return self._sheet.width if in_page else min(self._sheet.width - self._margin, self._area_width)

    def _reset(self) -> None:
        self._style = Style(self._faces[0])
        self._line: list[Glyph] = []
        self._x = 0
        self._margin, self._area_width = 0, self._dots
        self._pending_strip: Image.Image | None = None
        self._align = 0
        self._spacing = _LINE_DOTS
        self._upside_down = False
        self._page = None
        self._station = 1
        self._codec = self._code_pages.get(0, "cp437")
        self._two_byte = self._starts_in_two_byte
        self._symbol: dict[int, bytes] = {}
        self._symbol_dots = 3
        self._bar_height, self._bar_dots, self._digits = 162, 3, 0
        self._graphics: Image.Image | None = None
        self.status_mask = 0

    def _decode(self, data: bytes) -> str:
        """Two-byte mode, the factory setting of many printers, shows Russian as hieroglyphs."""
        if not self._two_byte:
            return data.decode(self._codec, errors="replace")
        text, at = "", 0
        while at < len(data):
            is_pair = data[at] >= 0x80
            text += _TWO_BYTE_PLACEHOLDER if is_pair else chr(data[at])
            at += 2 if is_pair else 1
        return text

    def _write(self, text: str) -> None:
        for char in text.replace("\0", ""):  # a printer passes over NUL
            if self._line and self._x + self._style.cell[0] > self._room:
                self.overruns += 1
                self._print_line()
            self._line.append(Glyph(self._x, char, self._style))
            self._x += self._style.cell[0]

    def _end_line(self) -> None:
        if not self._end_strip():
            self._print_line()

    def _print_line(self) -> None:
        line, self._line, self._x = self._line, [], 0
        extent = max((glyph.end for glyph in line), default=0)
        shift = self._margin + self._aligned(extent)
        band, text = row_of(line, self._sheet.width, shift, self._spacing)
        self._put(band.transpose(Image.Transpose.ROTATE_180) if self._upside_down else band, text)

    def _aligned(self, extent: int) -> int:
        in_page = self._page is not None  # ESC a has no effect there
        return 0 if in_page else max(0, (self._room - extent) * self._align // 2)

    def _put(self, band: Image.Image, text: str) -> None:
        self._sheet.put(band, text)
        if self._page is None:
            self.lines_printed += 1
        if self.lines_printed >= _LINES_A_ROLL:
            self.finish()

    def _feed_lines(self, params: bytes) -> None:
        self._feed(params[0] * self._spacing)

    def _feed_dots(self, params: bytes) -> None:
        self._feed(params[0])

    def _feed(self, dots: int) -> None:
        self._flush()
        self._sheet.feed(dots)

    def _go_to(self, params: bytes) -> None:
        self._x = int.from_bytes(params[:2], "little")

    def _go_by(self, params: bytes) -> None:
        self._x = max(0, self._x + int.from_bytes(params[:2], "little", signed=True))

    def _at_line_start(self, name: str, value: int | bool) -> None:
        if not self._line:
            setattr(self, name, value)

    def _set_align(self, params: bytes) -> None:
        self._at_line_start("_align", params[0] % 48 if params[0] % 48 < 3 else self._align)

    def _print_mode(self, params: bytes) -> None:
        bits = params[0]
        self._style = replace(
            self._style,
            face=self._faces[bits & 1],
            bold=bool(bits & 8),
            height=2 if bits & 16 else 1,
            width=2 if bits & 32 else 1,
            underline=bool(bits & 128),
        )

    def _restyle(self, **changes: int | bool | tuple[int, int]) -> None:
        self._style = replace(self._style, **changes)  # type: ignore[arg-type]

    # --- page mode

    def _enter_page(self, _params: bytes) -> None:
        if not self._line and self._page is None:
            self._page = Page(self._dots, _PAGE_ROWS)

    def _leave_page(self, _params: bytes) -> None:
        self.forget_line()

    def _go_to_row(self, params: bytes) -> None:
        if self._page is not None:
            self._page.area.y = int.from_bytes(params[:2], "little")

    def _print_page(self, *, leave: bool) -> None:
        page = self._page
        if page is None:
            self._eject()
            return
        self._flush()
        picture, lines = page.printed()
        self._paper.put(picture, "\n".join(lines))
        self.lines_printed += len(lines)
        self._page = None if leave else page

    def _flush(self) -> None:
        if self._line:
            self._end_line()

    def _in_page(self, do: Callable[[Page, bytes], None], params: bytes) -> None:
        if self._page is not None:
            self._flush()
            do(self._page, params)

    def _clear_area(self, _params: bytes) -> None:
        if self._page is not None:
            self._line, self._x = [], 0
            self._page.clear()

    # --- stations

    def _choose_station(self, params: bytes) -> None:
        if not self._line:
            self._station = params[0]

    def _eject(self) -> None:
        if self._station == SLIP_STATION:
            self._part_with(of_slip=True)

    # --- pictures

    def _show(self, picture: Image.Image, caption: str) -> None:
        at = self._margin + (self._x or self._aligned(picture.width))
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

    def _symbol_command(self, params: bytes) -> None:
        """GS ( k: functions 67 module size, 80 store, 81 print."""
        family, function, data = params[2], params[3], params[4:]
        if function == 67:
            self._symbol_dots = max(1, data[0])
        elif function == 80:
            self._symbol[family] = data[1:]
        elif function == 81 and family in self._symbol:
            self._show_symbol(symbols.two_dimensional(family, self._symbol[family], self._symbol_dots), digits=0)

    def _bar_code(self, params: bytes) -> None:
        self._show_symbol(symbols.linear(params, self._bar_dots, self._bar_height), digits=self._digits)

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
        line = [Glyph(x + place * self._faces[0][0], char, Style(self._faces[0])) for place, char in enumerate(text)]
        band, _ = row_of(line, self._sheet.width, self._margin + self._aligned(len(text) * self._faces[0][0]), 24)
        self._put(band, text)

    # --- answers

    def _identify(self, params: bytes) -> None:
        if params[0] in _IDENTITY:
            self._reply(Block(0x5F, _IDENTITY[params[0]]).to_bytes())
        elif params[0] % 48 in (1, 2, 3):
            self._reply(bytes([0x02]))

    def _completion(self, params: bytes) -> None:
        """GS ( H, function 48: all before it is on paper now."""
        if params[2:4] == b"\x30\x30":
            self._reply(Block(0x37, b"\x22" + params[4:8]).to_bytes())

    def _transmit_status(self, params: bytes) -> None:
        self._reply(bytes([self.paper_status if params[0] % 48 == 1 else 0]))

    def _pulse(self, _params: bytes) -> None:
        self._drawer_pulses += 1

    def _cut(self, _params: bytes) -> None:
        self._flush()
        self._part_with(of_slip=False)
        self.lines_printed = 0


def _ignore(_machine: EscPosEmulator, _params: bytes) -> None:
    """A command that leaves no trace on paper."""


def _from_bits(width: int, height: int, data: bytes) -> Image.Image:
    return Image.frombytes("1", (width, height), data[: width // 8 * height]).point([255, 0] * 128, "L")


def _style(**changes: Callable[[int], int | bool]) -> Callable[[EscPosEmulator, bytes], None]:
    return lambda machine, params: machine._restyle(**{name: to(params[0]) for name, to in changes.items()})


def _set(name: str, to: Callable[[bytes], object]) -> Callable[[EscPosEmulator, bytes], None]:
    return lambda machine, params: setattr(machine, name, to(params))


def _at_start(name: str, to: Callable[[bytes], int | bool]) -> Callable[[EscPosEmulator, bytes], None]:
    return lambda machine, params: machine._at_line_start(name, to(params))


def _word(params: bytes) -> int:
    return int.from_bytes(params[:2], "little")


_COMMANDS: dict[str, Callable[[EscPosEmulator, bytes], None]] = {
    "LF": lambda machine, _params: machine._end_line(),
    "ESC @": lambda machine, _params: machine._reset(),
    "ESC t": lambda machine, params: setattr(machine, "_codec", machine._code_pages.get(params[0], "cp437")),
    "FS .": _set("_two_byte", lambda _params: False),
    "FS &": _set("_two_byte", lambda _params: True),
    "ESC M": lambda machine, params: machine._restyle(face=machine._faces[params[0] % 48 % 2]),
    "ESC E": _style(bold=lambda n: bool(n & 1)),
    "ESC G": _style(bold=lambda n: bool(n & 1)),
    "ESC -": _style(underline=lambda n: n % 48 > 0),
    "ESC r": _style(red=lambda n: n % 48 == 1),
    "GS B": _style(inverse=lambda n: bool(n & 1)),
    "GS !": _style(width=lambda n: (n >> 4 & 7) + 1, height=lambda n: (n & 7) + 1),
    "ESC !": EscPosEmulator._print_mode,
    "ESC a": EscPosEmulator._set_align,
    "ESC {": _at_start("_upside_down", lambda params: bool(params[0] & 1)),
    "GS L": _at_start("_margin", _word),
    "GS W": _at_start("_area_width", _word),
    "ESC $": EscPosEmulator._go_to,
    "ESC \\": EscPosEmulator._go_by,
    "ESC 2": _set("_spacing", lambda _params: _LINE_DOTS),
    "ESC 3": _set("_spacing", lambda params: params[0]),
    "ESC d": EscPosEmulator._feed_lines,
    "ESC J": EscPosEmulator._feed_dots,
    "ESC L": EscPosEmulator._enter_page,
    "ESC S": EscPosEmulator._leave_page,
    "ESC W": lambda machine, params: machine._in_page(Page.choose_area, params),
    "ESC T": lambda machine, params: machine._in_page(Page.choose_direction, params),
    "GS $": EscPosEmulator._go_to_row,
    "CAN": EscPosEmulator._clear_area,
    "FF": lambda machine, _params: machine._print_page(leave=True),
    "ESC \x0c": lambda machine, _params: machine._print_page(leave=False),
    "ESC c 0": EscPosEmulator._choose_station,
    "GS h": _set("_bar_height", lambda params: max(1, params[0])),
    "GS w": _set("_bar_dots", lambda params: min(6, max(1, params[0]))),
    "GS H": _set("_digits", lambda params: params[0] % 48),
    "GS k": EscPosEmulator._bar_code,
    "GS ( k": EscPosEmulator._symbol_command,
    "GS v 0": EscPosEmulator._raster,
    "ESC *": EscPosEmulator._strip,
    "GS ( L": lambda machine, params: machine._graphics_function(params[2:]),
    "GS 8 L": lambda machine, params: machine._graphics_function(params[4:]),
    "GS V": EscPosEmulator._cut,
    "ESC p": EscPosEmulator._pulse,
    "GS a": _set("status_mask", lambda params: params[0]),
    "GS r": EscPosEmulator._transmit_status,
    "GS I": EscPosEmulator._identify,
    "GS ( H": EscPosEmulator._completion,
}
