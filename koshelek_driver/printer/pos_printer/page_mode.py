"""Page mode: its properties, and the areas of the page that is being drawn."""

from __future__ import annotations

import re

from firmware_protocol.escpos import positioning
from koshelek_driver.printer.pos_printer.collecting import PageArea, PageOfMode
from koshelek_driver.printer.pos_printer.station import PrintStation
from koshelek_driver.printer.pos_printer.stations import Stations
from koshelek_driver.printer.rendering.document import plain_style
from koshelek_driver.printer.rendering.style_encoder import TextRun
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.printer_codes import PrintDirection, Station

_NO_STATION = 0
_WHOLE_PAGE = "0,0,0,0"
_AREA = re.compile(r"(\d{1,6}),(\d{1,6}),(\d{1,6}),(\d{1,6})")
_BITMAPS, _BAR_CODES, _BITMAPS_TURN, _BAR_CODES_TURN = 1, 2, 4, 8
"""PTR_PM_: the bits of PageModeDescriptor."""


class PageMode:
    """The PageMode properties of one open printer. Distances are in units of MapMode."""

    def __init__(self, stations: Stations) -> None:
        self.station = _NO_STATION
        self.print_area = _WHOLE_PAGE
        self.direction = PrintDirection.LEFT_TO_RIGHT
        self.horizontal_position = 0
        self.vertical_position = 0
        self._stations = stations

    @property
    def area(self) -> str:
        """The largest page as `width,height`; empty without page mode."""
        capabilities = self._stations.receipt.capabilities
        if capabilities is None or not capabilities.page_rows:
            return ""
        return ",".join(str(self._stations.receipt.units(dots)) for dots in (capabilities.dots, capabilities.page_rows))

    @property
    def descriptor(self) -> int:
        """The PTR_PM_ bits of what a page can hold."""
        paper = self._stations.receipt
        if not paper.sideways:
            return 0
        return _BAR_CODES | (_BITMAPS | _BITMAPS_TURN | _BAR_CODES_TURN if paper.bitmap else 0)

    def paper(self) -> PrintStation:
        """Return the paper of PageModeStation. Raises UposError E_ILLEGAL until a station is chosen."""
        if self.station == _NO_STATION:
            raise UposError(ErrorCode.E_ILLEGAL, "PageModeStation is not chosen", "set it to a station with page mode")
        return self._stations[Station(self.station)]

    def page(self) -> PageOfMode:
        """Return the page that was begun. Raises UposError E_ILLEGAL without one."""
        page = self.paper().collecting
        if not isinstance(page, PageOfMode):
            raise UposError(ErrorCode.E_ILLEGAL, "no page was begun", "begin with pageModePrint(PTR_PM_PAGE_MODE)")
        return page

    def new_page(self) -> PageOfMode:
        """Return an empty page with the present print area and direction."""
        return PageOfMode(self._print_area(self.paper()), self.direction)

    def set_station(self, value: int) -> None:
        """Choose the station of page mode.

        Raises UposError E_ILLEGAL for a station without page mode.
        """
        if value not in list(Station) or not self._stations[Station(value)].sideways:
            raise UposError(ErrorCode.E_ILLEGAL, f"PageModeStation {value} has no page mode", "read its Cap…PageMode")
        self.station = value

    def set_print_area(self, value: str) -> None:
        """Choose the area `x,y,width,height`. Raises UposError E_ILLEGAL for an area outside the page."""
        paper = self.paper()
        if value != _WHOLE_PAGE:
            self._parse_area(paper, value)
        self.print_area = value
        self._move(paper)

    def set_direction(self, value: PrintDirection) -> None:
        """Choose the direction of text. Raises UposError E_ILLEGAL until a station is chosen."""
        paper = self.paper()
        self.direction = value
        self._move(paper)

    def set_horizontal_position(self, value: int) -> None:
        """Begin the next line at that column of the area.

        Raises UposError E_ILLEGAL outside it or without a page.
        """
        paper, page = self.paper(), self.page()
        x = paper.dots(value)
        if not 0 <= x < page.area.line(page.direction):
            raise UposError(ErrorCode.E_ILLEGAL, f"PageModeHorizontalPosition {value}", "stay inside the print area")
        style = plain_style(self._stations.settings.profile)
        paper.pending.append(TextRun("", style, raw=positioning.to_column(x), takes=x))
        self.horizontal_position = value

    def set_vertical_position(self, value: int) -> None:
        """Begin the next line at that row of the area.

        Raises UposError E_ILLEGAL below 0 or without a page.
        """
        page = self.page()
        if value < 0:
            raise UposError(ErrorCode.E_ILLEGAL, f"PageModeVerticalPosition {value}", "stay inside the print area")
        page.go_down_to(self.paper().dots(value))
        self.vertical_position = value

    def _move(self, paper: PrintStation) -> None:
        """Draw the following calls into the present area, if a page was begun."""
        if isinstance(paper.collecting, PageOfMode):
            paper.collecting.choose(self._print_area(paper), self.direction)

    def _print_area(self, paper: PrintStation) -> PageArea:
        if self.print_area == _WHOLE_PAGE:
            capabilities = paper.require_capabilities()
            return PageArea(0, 0, capabilities.dots, capabilities.page_rows)
        return self._parse_area(paper, self.print_area)

    def _parse_area(self, paper: PrintStation, value: str) -> PageArea:
        capabilities, found = paper.require_capabilities(), _AREA.fullmatch(value)
        area = PageArea(*(paper.dots(int(part)) for part in found.groups())) if found else PageArea(0, 0, 0, 0)
        inside = area.x + area.width <= capabilities.dots and area.y + area.height <= capabilities.page_rows
        if not inside or not area.width or not area.height:
            what = f"PageModePrintArea '{value}'"
            raise UposError(ErrorCode.E_ILLEGAL, what, f"x,y,width,height inside {self.area}")
        return area
