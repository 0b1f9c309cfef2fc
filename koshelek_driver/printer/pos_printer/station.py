"""One paper of an open printer: what it can do, how it writes now, and what waits to be printed on it."""

from __future__ import annotations

from collections.abc import Callable

from koshelek_driver.printer.pos_printer.collecting import Collection
from koshelek_driver.printer.rendering.capabilities import Capabilities
from koshelek_driver.printer.rendering.composer import Composer
from koshelek_driver.printer.rendering.measure import to_dots, to_units
from koshelek_driver.printer.rendering.style_encoder import Font, TextRun
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.printer_codes import MapMode, Rotation, Station

PRIMARY, SECOND = 1, 2
"""PTR_COLOR_PRIMARY and CUSTOM1."""
_UNKNOWN_CARTRIDGE = 0x10000000
"""PTR_CART_UNKNOWN."""
_LARGEST_SPACING = 255
_HORIZONTAL_LINES = 1
_TO_MARKS = 1 | 2 | 8
"""PTR_MF_TO_TAKEUP, TO_CUTTER, TO_NEXT_TOF."""
_SIDES_UNKNOWN = 0
_TURNS = "0,R90,L90,180"


class PrintStation:
    """Its properties are those of the standard without their station's prefix, in units of MapMode.

    A paper that the model does not have can do nothing, and has neither lines nor lists.
    """

    def __init__(self, name: Station, abilities: Capabilities | None, *, sensors: tuple[bool, bool]) -> None:
        """`sensors`: whether it tells the end of its paper, and that it is near."""
        self.name = name
        self.abilities = abilities
        self.empty_sensor, self.near_end_sensor = sensors if abilities else (False, False)
        self.map_mode = MapMode.DOTS
        self.letter_quality = False
        self.pending: list[TextRun] = []
        self.typeface: Font | None = None
        self.collecting: Collection | None = None
        self.rotation = Rotation.NORMAL
        self.turns_bar_codes = self.turns_bitmaps = False
        self.marks_paper = False
        self.senses: Callable[[], tuple[bool, bool]] = lambda: (False, False)
        """Whether its paper has come to an end, and whether that is near."""
        self._font = abilities.fonts[0] if abilities else None
        self._spacing = abilities.spacing if abilities else 0
        self._colour = PRIMARY

    @property
    def can(self) -> Capabilities:
        """Raises UposError E_ILLEGAL for a paper that is not there."""
        if self.abilities is None:
            raise UposError(ErrorCode.E_ILLEGAL, f"this printer has no {self.name.name.lower()} station")
        return self.abilities

    @property
    def font(self) -> Font:
        """What it writes in, by LineChars."""
        return self._font or self.can.fonts[0]

    @property
    def spacing_dots(self) -> int:
        """Dots from line to line."""
        return self._spacing

    @property
    def in_second_colour(self) -> bool:
        """What is written without a colour of its own is written in the second."""
        return self._colour == SECOND

    def forget(self) -> None:
        """What waits is not printed, what was begun is not."""
        self.pending, self.collecting, self.rotation = [], None, Rotation.NORMAL

    def took(self, composer: Composer) -> None:
        """What a call left."""
        self.pending, self.typeface = composer.pending, composer.typeface

    # --- what it can do

    @property
    def present(self) -> bool:
        return self.abilities is not None

    @property
    def bold(self) -> bool:
        return self._has("bold")

    @property
    def underline(self) -> bool:
        return self._has("underline")

    @property
    def two_colours(self) -> bool:
        return self._has("second_colour")

    @property
    def colours(self) -> int:
        return (PRIMARY if self.present else 0) | (SECOND if self.two_colours else 0)

    @property
    def larger(self) -> bool:
        """Double width, double height, or both."""
        return self.abilities is not None and self.abilities.largest > 1

    @property
    def upside_down(self) -> bool:
        return self._has("upside_down")

    @property
    def sideways(self) -> bool:
        return self.abilities is not None and self.abilities.page_rows > 0

    @property
    def bar_code(self) -> bool:
        return self.abilities is not None and (self.abilities.draws or bool(self.abilities.bar_codes))

    @property
    def bitmap(self) -> bool:
        return self.abilities is not None and self.abilities.draws

    @property
    def ruled_lines(self) -> int:
        return _HORIZONTAL_LINES if self.bitmap else 0

    @property
    def cutter(self) -> bool:
        return self.abilities is not None and self.abilities.cuts

    @property
    def mark_feed(self) -> int:
        return _TO_MARKS if self.marks_paper else 0

    @property
    def rotations(self) -> str:
        """How bar codes and bitmaps can be turned."""
        return _TURNS if self.bitmap else "0" if self.bar_code else ""

    @property
    def never(self) -> bool:
        """What no printer of this kind has."""
        return False

    @property
    def nothing(self) -> int:
        """0, where the standard counts what no printer of this kind has."""
        return 0

    @property
    def is_empty(self) -> bool:
        return self.present and self.senses()[0]

    @property
    def is_near_end(self) -> bool:
        return self.present and self.senses()[1]

    # --- lines

    @property
    def line_chars_list(self) -> str:
        return ",".join(str(font.columns) for font in self.abilities.fonts) if self.abilities else ""

    @property
    def line_chars(self) -> int:
        return self._font.columns if self._font else 0

    def set_line_chars(self, wanted: int) -> None:
        """The smallest of the list that is at least as large. Raises UposError E_ILLEGAL."""
        fitting = [font for font in self.can.fonts if font.columns >= wanted > 0]
        if not fitting:
            raise UposError(ErrorCode.E_ILLEGAL, f"LineChars {wanted}", f"choose from {self.line_chars_list}")
        self._font = min(fitting, key=lambda font: font.columns)

    @property
    def line_height(self) -> int:
        return self._units(self._font.height if self._font else 0)

    def set_line_height(self, wanted: int) -> None:
        """Each font has one height: it is the nearest. Raises UposError E_ILLEGAL."""
        self._positive("LineHeight", wanted)

    @property
    def line_spacing(self) -> int:
        return self._units(self._spacing)

    def set_line_spacing(self, wanted: int) -> None:
        """The nearest that the printer can do. Raises UposError E_ILLEGAL."""
        self._positive("LineSpacing", wanted)
        self._spacing = min(to_dots(wanted, self.map_mode, self.can.per_inch), _LARGEST_SPACING)

    @property
    def line_width(self) -> int:
        return self._units(self.abilities.dots if self.abilities else 0)

    def set_letter_quality(self, wanted: bool) -> None:
        """There is one quality. Raises UposError E_ILLEGAL."""
        _ = self.can
        self.letter_quality = wanted

    @property
    def current_cartridge(self) -> int:
        return self._colour if self.present else 0

    def set_current_cartridge(self, wanted: int) -> None:
        """The colour of what follows. Raises UposError E_ILLEGAL."""
        if wanted not in (PRIMARY, SECOND) or not wanted & self.colours:
            raise UposError(ErrorCode.E_ILLEGAL, f"there is no colour {wanted}", "read the station's Cap…Color")
        self._colour = wanted

    @property
    def cartridge_state(self) -> int:
        return _UNKNOWN_CARTRIDGE

    @property
    def lines_to_cutter(self) -> int:
        return self.abilities.lines_to_cutter if self.abilities and self.abilities.cuts else 0

    @property
    def sideways_lines(self) -> int:
        return self.can.dots // max(1, self._spacing) if self.sideways else 0

    @property
    def sideways_chars(self) -> int:
        return self.can.page_rows // self.font.width if self.sideways else 0

    @property
    def form_lines(self) -> int:
        return self.abilities.form_lines if self.abilities else 0

    @property
    def full_slip(self) -> bool:
        return self.present

    @property
    def side(self) -> int:
        return _SIDES_UNKNOWN

    def _has(self, style: str) -> bool:
        return self.abilities is not None and style in self.abilities.styles

    def _units(self, dots: int) -> int:
        return to_units(dots, self.map_mode, self.abilities.per_inch) if self.abilities else 0

    def _positive(self, what: str, wanted: int) -> None:
        _ = self.can
        if wanted < 0:
            raise UposError(ErrorCode.E_ILLEGAL, f"{what} {wanted}", "give 0 or more")
