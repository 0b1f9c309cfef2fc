"""The modes of a printer, which its commands set until ESC @."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import ClassVar

from koshelek_driver.emulator.sheet import Style

LINE_DOTS = 30
"""Default distance from line to line: ESC 2."""
_DEFAULT_CODEC = "cp437"
_STYLES: dict[str, Callable[[int], dict[str, int | bool]]] = {
    "ESC E": lambda n: {"bold": bool(n & 1)},
    "ESC G": lambda n: {"bold": bool(n & 1)},
    "ESC -": lambda n: {"underline": n % 48 > 0},
    "ESC r": lambda n: {"red": n % 48 == 1},
    "GS B": lambda n: {"inverse": bool(n & 1)},
    "GS !": lambda n: {"width": (n >> 4 & 7) + 1, "height": (n & 7) + 1},
}
"""Changes of the characters' style, by the command's parameter."""
_AT_LINE_START = frozenset({"ESC a", "ESC {", "GS L", "GS W"})
"""Commands without effect inside a line."""


class PrintModes:
    """The modes after ESC @, changed by `obey`. Distances are in dots."""

    def __init__(
        self, dots: int, faces: tuple[tuple[int, int], ...], code_pages: Mapping[int, str], *, two_byte: bool
    ) -> None:
        self.style = Style(faces[0])
        self.codec = code_pages.get(0, _DEFAULT_CODEC)
        self.two_byte = two_byte
        self.align = 0
        """0 left, 1 centre, 2 right."""
        self.spacing = LINE_DOTS
        self.margin, self.area_width = 0, dots
        self.upside_down = False
        self.symbol_dots = 3
        """Dots of a module of GS ( k."""
        self.bar_height, self.bar_dots, self.digits = 162, 3, 0
        self._faces = faces
        self._code_pages = code_pages

    def obey(self, name: str, params: bytes, *, in_line: bool) -> bool:
        """Set the mode of a command; return False if the command sets none.

        `in_line`: the line has characters.

        Raises:
            IndexError: the parameters are too short.
        """
        if name in _STYLES:
            self.style = replace(self.style, **_STYLES[name](params[0]))  # type: ignore[arg-type]
            return True
        setter = self._SETTERS.get(name)
        if setter is None:
            return False
        if not (in_line and name in _AT_LINE_START):
            setter(self, params)
        return True

    def _set_code_page(self, params: bytes) -> None:
        self.codec = self._code_pages.get(params[0], _DEFAULT_CODEC)

    def _leave_two_byte_mode(self, _params: bytes) -> None:
        self.two_byte = False

    def _enter_two_byte_mode(self, _params: bytes) -> None:
        self.two_byte = True

    def _set_face(self, params: bytes) -> None:
        self.style = replace(self.style, face=self._faces[params[0] % 48 % 2])

    def _set_print_mode(self, params: bytes) -> None:
        bits = params[0]
        self.style = replace(
            self.style,
            face=self._faces[bits & 1],
            bold=bool(bits & 8),
            height=2 if bits & 16 else 1,
            width=2 if bits & 32 else 1,
            underline=bool(bits & 128),
        )

    def _set_align(self, params: bytes) -> None:
        if params[0] % 48 < 3:
            self.align = params[0] % 48

    def _set_upside_down(self, params: bytes) -> None:
        self.upside_down = bool(params[0] & 1)

    def _set_margin(self, params: bytes) -> None:
        self.margin = int.from_bytes(params[:2], "little")

    def _set_area_width(self, params: bytes) -> None:
        self.area_width = int.from_bytes(params[:2], "little")

    def _set_default_spacing(self, _params: bytes) -> None:
        self.spacing = LINE_DOTS

    def _set_spacing(self, params: bytes) -> None:
        self.spacing = params[0]

    def _set_bar_height(self, params: bytes) -> None:
        self.bar_height = max(1, params[0])

    def _set_bar_dots(self, params: bytes) -> None:
        self.bar_dots = min(6, max(1, params[0]))

    def _set_digits(self, params: bytes) -> None:
        self.digits = params[0] % 48

    _SETTERS: ClassVar[Mapping[str, Callable[[PrintModes, bytes], None]]] = {
        "ESC t": _set_code_page,
        "FS .": _leave_two_byte_mode,
        "FS &": _enter_two_byte_mode,
        "ESC M": _set_face,
        "ESC !": _set_print_mode,
        "ESC a": _set_align,
        "ESC {": _set_upside_down,
        "GS L": _set_margin,
        "GS W": _set_area_width,
        "ESC 2": _set_default_spacing,
        "ESC 3": _set_spacing,
        "GS h": _set_bar_height,
        "GS w": _set_bar_dots,
        "GS H": _set_digits,
    }
