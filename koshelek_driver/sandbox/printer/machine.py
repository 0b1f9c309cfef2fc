"""The printer's firmware: executes tokens on paper. No socket and no waiting here."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import zxingcpp
from PIL import Image

from firmware_protocol.escpos.status import Block
from firmware_protocol.escpos.tokenizer import Command, Text, Token, Unknown
from koshelek_driver.sandbox.printer.paper import Paper, Run, Style
from koshelek_driver.sandbox.symbols import as_picture

CODE_PAGES = {0: "cp437", 2: "cp850", 16: "cp1252", 17: "cp866", 34: "cp855", 46: "cp1251"}
"""ESC t numbers of Epson's models and the encoding of each."""
_LINE_DOTS = 30
_LINES_A_ROLL = 2000
"""Paper is finite: a receipt that is never cut ends here."""
_TWO_BYTE_PLACEHOLDER = "□"
_IDENTITY = {65: b"1.00 SANDBOX", 66: b"KOSHELEK", 67: b"VIRTUAL-80", 68: b"0000000001", 69: b"CYRILLIC"}
_LINEAR = {65: "UPCA", 66: "UPCE", 67: "EAN13", 68: "EAN8", 69: "Code39", 70: "ITF", 71: "Codabar", 72: "Code93"}
_OLD_TO_NEW = 65
_TWO_DIMENSIONAL = {48: "PDF417", 49: "QRCode", 54: "DataMatrix"}


@dataclass(frozen=True, slots=True)
class Receipt:
    """One finished piece of paper."""

    lines: tuple[str, ...]
    picture: Image.Image
    drawer_pulses: int


class Machine:
    """State of one printer. `reply` takes what it answers, `finished` each receipt that is cut."""

    def __init__(self, dots: int, reply: Callable[[bytes], None], finished: Callable[[Receipt], None]) -> None:
        self._dots = dots
        self._reply = reply
        self._finished = finished
        self.status_mask = 0
        self.paper_status = 0
        self.lines_printed = 0
        self._paper = Paper(dots)
        self._drawer_pulses = 0
        self._symbol: dict[int, bytes] = {}
        self._symbol_dots = 3
        self._bar_height, self._bar_dots = 162, 3
        self._graphics: Image.Image | None = None
        self._reset()

    def execute(self, token: Token) -> None:
        """Do what one token says."""
        match token:
            case Text(data):
                self._runs.append(Run(self._decode(data), self._style))
            case Command(name, params):
                with suppress(IndexError):  # parameters too short for the function: a printer ignores it
                    _COMMANDS.get(name, _ignore)(self, params)
            case Unknown():
                return

    def finish(self) -> None:
        """The paper is cut, or torn off by hand."""
        if self._runs:
            self._end_line()
        if not self._paper.is_blank:
            self._finished(Receipt(tuple(self._paper.lines), self._paper.picture(), self._drawer_pulses))
        self._paper = Paper(self._dots)
        self._drawer_pulses = 0
        self.lines_printed = 0

    def restart(self) -> None:
        """Power comes back: what was printed is torn off, what was buffered is gone."""
        self._runs.clear()
        self.finish()
        self._reset()
        self.lines_printed = 0

    def forget_line(self) -> None:
        """What was received of the present line is gone."""
        self._runs.clear()

    # --- text

    def _reset(self) -> None:
        self._style = Style()
        self._runs: list[Run] = []
        self._pending_strip: Image.Image | None = None
        self._align = 0
        self._spacing = _LINE_DOTS
        self._codec = CODE_PAGES[0]
        self._two_byte = True
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

    def _end_line(self) -> None:
        if self._end_strip():
            return
        runs, self._runs = self._runs, []
        self._print_runs(runs)

    def _print_runs(self, runs: list[Run]) -> None:
        columns = self._dots
        line: list[Run] = []
        for run in runs:
            for char in run.text:
                width = run.style.cell[0]
                if width > columns:
                    self._print_line(line)
                    line, columns = [], self._dots
                line.append(Run(char, run.style))
                columns -= width
        self._print_line(line)

    def _print_line(self, line: list[Run]) -> None:
        self._paper.print_runs(line, self._align, self._spacing)
        self._count_line()

    def _feed_lines(self, params: bytes) -> None:
        if self._runs:
            self._end_line()
        self._paper.feed(params[0] * self._spacing)

    def _feed_dots(self, params: bytes) -> None:
        if self._runs:
            self._end_line()
        self._paper.feed(params[0])

    def _set_align(self, params: bytes) -> None:
        if not self._runs:
            self._align = params[0] % 48 if params[0] % 48 < 3 else self._align

    def _print_mode(self, params: bytes) -> None:
        bits = params[0]
        self._style = replace(
            self._style,
            font=bits & 1,
            bold=bool(bits & 8),
            height=2 if bits & 16 else 1,
            width=2 if bits & 32 else 1,
            underline=bool(bits & 128),
        )

    def _restyle(self, **changes: int | bool) -> None:
        self._style = replace(self._style, **changes)  # type: ignore[arg-type]

    # --- pictures

    def _show(self, picture: Image.Image, caption: str) -> None:
        self._paper.print_picture(picture, self._align, caption)
        self._count_line()

    def _count_line(self) -> None:
        self.lines_printed += 1
        if self.lines_printed >= _LINES_A_ROLL:
            self.finish()

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

    def _graphics_command(self, params: bytes) -> None:
        """GS ( L: function 112 stores raster graphics, 50 prints them."""
        function = params[3] if len(params) > 3 else 0
        if function == 112:
            width = (int.from_bytes(params[8:10], "little") + 7) // 8 * 8
            height = int.from_bytes(params[10:12], "little")
            whole = 0 < width * height // 8 <= len(params) - 12
            self._graphics = _from_bits(width, height, params[12:]) if whole else None
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
        elif function == 81 and family in self._symbol and family in _TWO_DIMENSIONAL:
            self._draw_symbol(_TWO_DIMENSIONAL[family], self._symbol[family], self._symbol_dots)

    def _bar_code(self, params: bytes) -> None:
        """GS k in both its forms."""
        counted = params[0] >= _OLD_TO_NEW
        number = params[0] if counted else params[0] + _OLD_TO_NEW
        data = params[2:] if counted else params[1:].rstrip(b"\x00")
        name = "Code128" if number in (73, 79) else _LINEAR.get(number)
        if name:
            self._draw_symbol(name, _code128_text(data) if number == 73 else data, self._bar_dots)

    def _draw_symbol(self, name: str, data: bytes, dots: int) -> None:
        text = data.decode("utf-8", errors="replace")
        try:
            symbol = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, name))
        except ValueError:
            return
        picture = as_picture(symbol.to_image(scale=dots, add_quiet_zones=False))
        if name in _LINEAR.values() or name == "Code128":
            picture = picture.resize((picture.width, self._bar_height), Image.Resampling.NEAREST)
        if picture.width <= self._dots:
            self._show(picture, f"[{name}: {text}]")

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
        self.finish()


def _ignore(_machine: Machine, _params: bytes) -> None:
    """A command that leaves no trace on paper."""


def _from_bits(width: int, height: int, data: bytes) -> Image.Image:
    return Image.frombytes("1", (width, height), data[: width // 8 * height]).point([255, 0] * 128, "L")


def _code128_text(data: bytes) -> bytes:
    """Take the code set choices out: `{B` text, `{C` pairs of digits, `{{` a brace."""
    text, digits, at = b"", False, 0
    while at < len(data):
        if data[at : at + 1] == b"{" and data[at + 1 : at + 2] in (b"A", b"B", b"C"):
            digits = data[at + 1 : at + 2] == b"C"
            at += 2
            continue
        if data[at : at + 2] == b"{{":
            at += 1
        text += b"%02d" % data[at] if digits else data[at : at + 1]
        at += 1
    return text


def _style(**changes: Callable[[int], int | bool]) -> Callable[[Machine, bytes], None]:
    return lambda machine, params: machine._restyle(**{name: to(params[0]) for name, to in changes.items()})


def _set(name: str, to: Callable[[bytes], object]) -> Callable[[Machine, bytes], None]:
    return lambda machine, params: setattr(machine, name, to(params))


_COMMANDS: dict[str, Callable[[Machine, bytes], None]] = {
    "LF": lambda machine, _params: machine._end_line(),
    "ESC @": lambda machine, _params: machine._reset(),
    "ESC t": _set("_codec", lambda params: CODE_PAGES.get(params[0], "cp437")),
    "FS .": _set("_two_byte", lambda _params: False),
    "FS &": _set("_two_byte", lambda _params: True),
    "ESC M": _style(font=lambda n: n % 48 % 2),
    "ESC E": _style(bold=lambda n: bool(n & 1)),
    "ESC G": _style(bold=lambda n: bool(n & 1)),
    "ESC -": _style(underline=lambda n: n % 48 > 0),
    "GS B": _style(inverse=lambda n: bool(n & 1)),
    "GS !": _style(width=lambda n: (n >> 4 & 7) + 1, height=lambda n: (n & 7) + 1),
    "ESC !": Machine._print_mode,
    "ESC a": Machine._set_align,
    "ESC 2": _set("_spacing", lambda _params: _LINE_DOTS),
    "ESC 3": _set("_spacing", lambda params: params[0]),
    "ESC d": Machine._feed_lines,
    "ESC J": Machine._feed_dots,
    "GS h": _set("_bar_height", lambda params: max(1, params[0])),
    "GS w": _set("_bar_dots", lambda params: min(6, max(1, params[0]))),
    "GS k": Machine._bar_code,
    "GS ( k": Machine._symbol_command,
    "GS v 0": Machine._raster,
    "ESC *": Machine._strip,
    "GS ( L": Machine._graphics_command,
    "GS V": Machine._cut,
    "ESC p": Machine._pulse,
    "GS a": _set("status_mask", lambda params: params[0]),
    "GS r": Machine._transmit_status,
    "GS I": Machine._identify,
    "GS ( H": Machine._completion,
}
