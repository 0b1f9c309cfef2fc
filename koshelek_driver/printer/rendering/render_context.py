"""The settings of one print call, and the issues in its data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from koshelek_driver.config.profile import PrinterProfile
from koshelek_driver.printer.rendering.capabilities import Capabilities
from koshelek_driver.printer.rendering.imaging import Picture
from koshelek_driver.printer.rendering.measure import to_dots
from koshelek_driver.printer.rendering.style_encoder import CodePage, Font, TextStyle
from koshelek_driver.upos.printer_codes import MapMode, Rotation


@dataclass(frozen=True, slots=True)
class ValidationIssue:
    """Data that are not printed as they are written. `fatal`: skipped, else printed approximately."""

    what: str
    fatal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderContext:
    """The settings of a station at the time of a call.

    `room`: dots of a line. `logos` by PTR_L_ number.
    """

    profile: PrinterProfile
    capabilities: Capabilities
    font: Font
    page: CodePage
    mapped: bool
    map_mode: MapMode
    spacing: int
    room: int
    in_page: bool = False
    upside_down: bool = False
    second_colour: bool = False
    turn_bar_codes: Rotation = Rotation.NORMAL
    bitmaps: Mapping[int, tuple[Picture, int]] = field(default_factory=dict)
    logos: Mapping[int, str] = field(default_factory=dict)

    @property
    def style(self) -> TextStyle:
        """The style of plain letters."""
        return TextStyle(self.font, self.page, second_colour=self.second_colour)

    def dots(self, units: int) -> int:
        """Convert units of MapMode to dots."""
        return to_dots(units, self.map_mode, self.capabilities.per_inch)
