"""One paper of an open printer: its capabilities, settings and unfinished line."""

from __future__ import annotations

from collections.abc import Callable

from koshelek_driver.printer.pos_printer.collecting import Collection, PageOfMode, Sideways
from koshelek_driver.printer.pos_printer.settings import PrintSettings
from koshelek_driver.printer.rendering.capabilities import Capabilities
from koshelek_driver.printer.rendering.composer import Composer
from koshelek_driver.printer.rendering.measure import to_dots, to_units
from koshelek_driver.printer.rendering.render_context import RenderContext
from koshelek_driver.printer.rendering.style_encoder import Font, TextRun
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.printer_codes import Rotation, Station

PRIMARY, SECOND = 1, 2
"""PTR_COLOR_PRIMARY and CUSTOM1."""
_LARGEST_SPACING = 255
_HORIZONTAL_LINES = 1
_TO_MARKS = 1 | 2 | 8
"""PTR_MF_TO_TAKEUP, TO_CUTTER, TO_NEXT_TOF."""
_TURNS = "0,R90,L90,180"


class PrintStation:  # noqa: PLR0904 - the properties of the standard
    """One paper.

    Its properties are those of the standard without the station's prefix, in units of MapMode.

    A paper that the model does not have has no capabilities: its flags are False, its numbers 0, its lists empty.
    """

    def __init__(
        self,
        name: Station,
        capabilities: Capabilities | None,
        settings: PrintSettings,
        *,
        sensors: tuple[bool, bool] = (False, False),
        read_sensors: Callable[[], tuple[bool, bool]] = lambda: (False, False),
        marks_paper: bool = False,
    ) -> None:
        """`sensors`: the paper has an end sensor, a near-end sensor.

        `read_sensors`: what the two report now.
        """
        self.name = name
        self.capabilities = capabilities
        self.settings = settings
        self.empty_sensor, self.near_end_sensor = sensors if capabilities else (False, False)
        self.letter_quality = False
        self.pending: list[TextRun] = []
        self.typeface: Font | None = None
        self.collecting: Collection | None = None
        self.rotation = Rotation.NORMAL
        self.turns_bar_codes = self.turns_bitmaps = False
        self._read_sensors = read_sensors
        self._marks_paper = marks_paper
        self._font = capabilities.fonts[0] if capabilities else None
        self._spacing_dots = capabilities.spacing if capabilities else 0
        self._colour = PRIMARY

    def require_capabilities(self) -> Capabilities:
        """Return what the paper can do.

        Raises:
            UposError: E_ILLEGAL, the printer does not have this paper.
        """
        if self.capabilities is None:
            raise UposError(ErrorCode.E_ILLEGAL, f"this printer has no {self.name.name.lower()} station")
        return self.capabilities

    def require(self, feature: str, *, has: bool) -> None:
        """Raise UposError E_ILLEGAL without the paper, or if the paper lacks this feature."""
        self.require_capabilities()
        if not has:
            raise UposError(
                ErrorCode.E_ILLEGAL, f"the {self.name.name.lower()} station has no {feature}", "read its Cap…"
            )

    def composer(self) -> Composer:
        """Return a composer that continues the line that waits.

        Raises UposError E_ILLEGAL without the paper.
        """
        return Composer(self.render_context(), self.pending, self.typeface)

    def render_context(self, *, apart: bool = False) -> RenderContext:
        """Return the settings that a call prints with. Raises UposError E_ILLEGAL without the paper.

        `apart`: the call prints at once, and not into a page or turned text that is being gathered.
        """
        capabilities = self.require_capabilities()
        page = None if apart else self.collecting
        settings = self.settings
        return RenderContext(
            profile=settings.profile,
            capabilities=capabilities,
            font=self._font or capabilities.fonts[0],
            page=settings.code_page,
            mapped=settings.map_character_set,
            map_mode=settings.map_mode,
            spacing=self._spacing_dots,
            room=_line_dots(capabilities, page),
            in_page=isinstance(page, Sideways | PageOfMode),
            upside_down=self.rotation is Rotation.ROTATE180,
            second_colour=self._colour == SECOND,
            turn_bar_codes=self.rotation if self.turns_bar_codes else settings.rotate_special,
            bitmaps=settings.bitmaps_of(self.name),
            logos=settings.logos,
        )

    def dots(self, units: int) -> int:
        """Convert units of MapMode to dots. Raises UposError E_ILLEGAL without the paper."""
        return to_dots(units, self.settings.map_mode, self.require_capabilities().per_inch)

    def units(self, dots: int) -> int:
        """Convert dots to units of MapMode; 0 without the paper."""
        return to_units(dots, self.settings.map_mode, self.capabilities.per_inch) if self.capabilities else 0

    def take(self, composer: Composer) -> None:
        """Store the unfinished line and the typeface that a call left."""
        self.pending, self.typeface = composer.pending, composer.typeface

    def forget(self) -> None:
        """Drop the unfinished line, everything that was gathered, and the rotation."""
        self.pending, self.collecting, self.rotation = [], None, Rotation.NORMAL

    # --- capabilities

    @property
    def present(self) -> bool:
        """True if the model has this paper."""
        return self.capabilities is not None

    @property
    def bold(self) -> bool:
        """True if it prints bold characters."""
        return self._has_style("bold")

    @property
    def underline(self) -> bool:
        """True if it underlines characters."""
        return self._has_style("underline")

    @property
    def two_colours(self) -> bool:
        """True if it prints in a second colour."""
        return self._has_style("second_colour")

    @property
    def colours(self) -> int:
        """The PTR_COLOR_ bits of its colours."""
        return (PRIMARY if self.present else 0) | (SECOND if self.two_colours else 0)

    @property
    def larger(self) -> bool:
        """True if characters can have double width, double height, or both."""
        return self.capabilities is not None and self.capabilities.largest > 1

    @property
    def upside_down(self) -> bool:
        """True if it prints lines upside down."""
        return self._has_style("upside_down")

    @property
    def sideways(self) -> bool:
        """True if it has page mode, and so prints lines turned by 90 degrees."""
        return self.capabilities is not None and self.capabilities.page_rows > 0

    @property
    def bar_code(self) -> bool:
        """True if it prints bar codes, by its own commands or drawn as dots."""
        return self.capabilities is not None and (self.capabilities.draws or bool(self.capabilities.bar_codes))

    @property
    def bitmap(self) -> bool:
        """True if it prints bitmaps."""
        return self.capabilities is not None and self.capabilities.draws

    @property
    def ruled_lines(self) -> int:
        """The PTR_RL_ bits of its ruled lines: horizontal lines alone."""
        return _HORIZONTAL_LINES if self.bitmap else 0

    @property
    def cutter(self) -> bool:
        """True if it cuts."""
        return self.capabilities is not None and self.capabilities.cuts

    @property
    def mark_feed(self) -> int:
        """The PTR_MF_ bits of the positions that it feeds marked paper to."""
        return _TO_MARKS if self._marks_paper else 0

    @property
    def rotations(self) -> str:
        """The rotations of bar codes and bitmaps."""
        return _TURNS if self.bitmap else "0" if self.bar_code else ""

    @property
    def is_empty(self) -> bool:
        """True if the paper has come to an end."""
        return self.present and self._read_sensors()[0]

    @property
    def is_near_end(self) -> bool:
        """True if the paper is nearly used up."""
        return self.present and self._read_sensors()[1]

    # --- lines

    @property
    def line_chars_list(self) -> str:
        """Characters a line of each font, separated by commas."""
        return ",".join(str(font.columns) for font in self.capabilities.fonts) if self.capabilities else ""

    @property
    def line_chars(self) -> int:
        """Characters a line of the present font."""
        return self._font.columns if self._font else 0

    def set_line_chars(self, wanted: int) -> None:
        """Choose the font with the fewest characters a line that are enough.

        Raises UposError E_ILLEGAL.
        """
        fitting = [font for font in self.require_capabilities().fonts if font.columns >= wanted > 0]
        if not fitting:
            raise UposError(ErrorCode.E_ILLEGAL, f"LineChars {wanted}", f"choose from {self.line_chars_list}")
        self._font = min(fitting, key=lambda font: font.columns)

    @property
    def line_height(self) -> int:
        """Height of the present font."""
        return self.units(self._font.height if self._font else 0)

    def set_line_height(self, wanted: int) -> None:
        """Accept any height: each font has one, which is the nearest.

        Raises UposError E_ILLEGAL below 0.
        """
        self._require_positive("LineHeight", wanted)

    @property
    def line_spacing(self) -> int:
        """Distance from line to line."""
        return self.units(self._spacing_dots)

    def set_line_spacing(self, wanted: int) -> None:
        """Choose the nearest distance that the printer has. Raises UposError E_ILLEGAL below 0."""
        self._require_positive("LineSpacing", wanted)
        self._spacing_dots = min(self.dots(wanted), _LARGEST_SPACING)

    @property
    def line_width(self) -> int:
        """Width of a line."""
        return self.units(self.capabilities.dots if self.capabilities else 0)

    def set_letter_quality(self, wanted: bool) -> None:
        """Store the value; the printer has one quality. Raises UposError E_ILLEGAL without the paper."""
        self.require_capabilities()
        self.letter_quality = wanted

    @property
    def current_cartridge(self) -> int:
        """PTR_COLOR_ of text without a colour of its own."""
        return self._colour if self.present else 0

    def set_current_cartridge(self, wanted: int) -> None:
        """Choose the colour of the following text. Raises UposError E_ILLEGAL."""
        if wanted not in (PRIMARY, SECOND) or not wanted & self.colours:
            raise UposError(ErrorCode.E_ILLEGAL, f"there is no colour {wanted}", "read the station's Cap…Color")
        self._colour = wanted

    @property
    def lines_to_cutter(self) -> int:
        """Lines between the print head and the cutter."""
        return self.capabilities.lines_to_cutter if self.capabilities and self.capabilities.cuts else 0

    @property
    def sideways_lines(self) -> int:
        """Lines that stand side by side in turned text."""
        return self.capabilities.dots // max(1, self._spacing_dots) if self.capabilities and self.sideways else 0

    @property
    def sideways_chars(self) -> int:
        """Characters of a turned line."""
        return self.capabilities.page_rows // self._font.width if self.capabilities and self._font else 0

    @property
    def form_lines(self) -> int:
        """Lines of a form; 0 if its length is not limited."""
        return self.capabilities.form_lines if self.capabilities else 0

    def _has_style(self, style: str) -> bool:
        return self.capabilities is not None and style in self.capabilities.styles

    def _require_positive(self, what: str, wanted: int) -> None:
        self.require_capabilities()
        if wanted < 0:
            raise UposError(ErrorCode.E_ILLEGAL, f"{what} {wanted}", "give 0 or more")


def _line_dots(capabilities: Capabilities, page: Collection | None) -> int:
    """Dots of a line: along the paper in turned text, of its area in a page."""
    if isinstance(page, Sideways):
        return capabilities.page_rows
    return page.area.line(page.direction) if isinstance(page, PageOfMode) else capabilities.dots
