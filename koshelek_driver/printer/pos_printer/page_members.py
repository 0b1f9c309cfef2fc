"""The properties of the whole printer: characters, distances, errors, page mode."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from firmware_protocol.escpos import positioning
from koshelek_driver.printer.pos_printer.collecting import PageArea, PageOfMode
from koshelek_driver.printer.pos_printer.service import PrinterService
from koshelek_driver.printer.pos_printer.station import PrintStation
from koshelek_driver.printer.pos_printer.station_members import StationMembers
from koshelek_driver.printer.rendering.document import codec_of, plain_look
from koshelek_driver.printer.rendering.measure import to_dots, to_units
from koshelek_driver.printer.rendering.style_encoder import CodePage, TextRun
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.members import V1_5, V1_7, V1_9, ReadOnly, Stage, Writable
from koshelek_driver.upos.printer_codes import ErrorLevel, MapMode, PrintDirection, Rotation, Station

if TYPE_CHECKING:
    from koshelek_driver.printer.rendering.imaging import Picture

_UNICODE, _ASCII = 997, 998
"""PTR_CS_UNICODE and PTR_CS_ASCII, and PTR_CCS_ of the same numbers."""
_ONCE, _NOW = Stage.ENABLED_ONCE, Stage.ENABLED
_AREA = re.compile(r"(\d{1,6}),(\d{1,6}),(\d{1,6}),(\d{1,6})")
_BITMAPS, _BAR_CODES, _BITMAPS_TURN, _BAR_CODES_TURN = 1, 2, 4, 8
"""PTR_PM_: what a page can hold."""


class PageMembers(StationMembers):
    """Over `StationMembers`; what is measured is in units of MapMode."""

    cap_character_set = ReadOnly("CapCharacterSet", int, "PTR_CCS_ASCII, or UNICODE where letters are drawn.")
    cap_concurrent_jrn_rec = ReadOnly("CapConcurrentJrnRec", bool, "printTwoNormal takes journal and receipt.")
    cap_concurrent_jrn_slp = ReadOnly("CapConcurrentJrnSlp", bool, "printTwoNormal takes journal and slip.")
    cap_concurrent_rec_slp = ReadOnly("CapConcurrentRecSlp", bool, "printTwoNormal takes receipt and slip.")
    cap_concurrent_page_mode = ReadOnly(
        "CapConcurrentPageMode", bool, "False: one station has a page at a time.", initial=False, since=V1_9
    )
    cap_cover_sensor = ReadOnly("CapCoverSensor", bool, "It tells that its cover is open.")
    cap_map_character_set = ReadOnly(
        "CapMapCharacterSet", bool, "True: text is mapped to the printer's page.", initial=True, since=V1_7
    )
    cap_transaction = ReadOnly("CapTransaction", bool, "True.", initial=True)
    cartridge_notify = Writable(
        "CartridgeNotify", int, "PTR_CN_DISABLED: no printer here tells of ink.", initial=0, since=V1_5
    )
    character_set = Writable("CharacterSet", int, "The code page that text is mapped to.", read=_ONCE, write=_NOW)
    character_set_list = ReadOnly("CharacterSetList", str, "The code pages that can be chosen.")
    cover_open = ReadOnly("CoverOpen", bool, "The cover is open.", read=_NOW)
    error_level = ReadOnly("ErrorLevel", ErrorLevel, "How bad the last ErrorEvent's error is.", initial=ErrorLevel.NONE)
    error_station = ReadOnly("ErrorStation", int, "The station of the last ErrorEvent.", initial=0)
    error_string = ReadOnly("ErrorString", str, "What happened and what to do, for the cashier.", initial="")
    font_typeface_list = ReadOnly("FontTypefaceList", str, "The fonts that the escape sequence `#fT` chooses from.")
    map_character_set = Writable(
        "MapCharacterSet",
        bool,
        "False: each character is a byte as it is, and the application answers for it.",
        initial=True,
        write=_NOW,
        since=V1_7,
    )
    map_mode = Writable("MapMode", MapMode, "Units of all distances.", initial=MapMode.DOTS, read=_ONCE, write=_NOW)
    page_mode_area = ReadOnly("PageModeArea", str, "How large a page can be: width,height.", since=V1_9)
    page_mode_descriptor = ReadOnly("PageModeDescriptor", int, "PTR_PM_ of what a page can hold.", since=V1_9)
    page_mode_horizontal_position = Writable(
        "PageModeHorizontalPosition", int, "Where the next line begins.", initial=0, write=_NOW, since=V1_9
    )
    page_mode_print_area = Writable(
        "PageModePrintArea", str, "x,y,width,height; 0,0,0,0 is the whole.", initial="0,0,0,0", write=_NOW, since=V1_9
    )
    page_mode_print_direction = Writable(
        "PageModePrintDirection",
        PrintDirection,
        "Where text runs.",
        initial=PrintDirection.LEFT_TO_RIGHT,
        read=_ONCE,
        write=_NOW,
        since=V1_9,
    )
    page_mode_station = Writable(
        "PageModeStation", int, "The station of page mode; 0 until it is chosen.", initial=0, write=_NOW, since=V1_9
    )
    page_mode_vertical_position = Writable(
        "PageModeVerticalPosition", int, "How far down the area the next line is.", initial=0, write=_NOW, since=V1_9
    )
    rotate_special = Writable(
        "RotateSpecial", Rotation, "How the bar codes of printBarCode are turned.", initial=Rotation.NORMAL
    )

    _map_character_set: bool
    _map_mode: MapMode
    _page_mode_print_direction: PrintDirection
    _page_mode_print_area: str
    _page_mode_station: int
    _rotate_special: Rotation
    _error_level: ErrorLevel
    _error_station: int
    _error_string: str

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stations: dict[Station, PrintStation] = {}
        self._bitmaps: dict[tuple[Station, int], tuple[Picture, int]] = {}
        self._logos: dict[int, str] = {}
        self._character_set = 0

    @property
    def _service(self) -> PrinterService:
        service = self._session_now().service
        if not isinstance(service, PrinterService):
            raise UposError(ErrorCode.E_NOSERVICE, f"the service of {self} is no PrinterService", "ask its maker")
        return service

    # --- characters

    @property
    def _cap_character_set(self) -> int:
        return _UNICODE if self._service.profile.text == "raster" else _ASCII

    @property
    def _pages(self) -> dict[int, CodePage]:
        """What CharacterSet can be; the first is what text is mapped to at first."""
        profile = self._service.profile
        usual = plain_look(profile).page
        if profile.text == "raster":
            return {_UNICODE: usual}
        pages = {int(codec.removeprefix("cp")): CodePage(codec, number) for codec, number in profile.code_pages.items()}
        return {int(codec_of(profile).removeprefix("cp")): usual, **pages, _ASCII: CodePage("ascii", usual.number)}

    @property
    def _character_set_list(self) -> str:
        return ",".join(map(str, self._pages))

    @character_set.on_write
    def _write_character_set(self, value: int) -> None:
        if value not in self._pages:
            raise UposError(ErrorCode.E_ILLEGAL, f"CharacterSet {value}", f"choose from {self._character_set_list}")
        self._character_set = value

    def _code_page(self) -> CodePage:
        chosen = self._pages[self._character_set]
        return chosen if self._map_character_set else CodePage("latin-1", chosen.number)

    @property
    def _font_typeface_list(self) -> str:
        fonts = self._stations[Station.RECEIPT].can.fonts
        return ",".join(f"Font {'AB'[font.number]}" for font in fonts)

    @cartridge_notify.on_write
    def _write_cartridge_notify(self, value: int) -> None:
        if value != 0:
            raise UposError(ErrorCode.E_ILLEGAL, f"CartridgeNotify {value}", "this printer tells nothing of ink")

    # --- what it has

    def _both(self, *stations: Station) -> bool:
        return all(self._stations[station].present for station in stations)

    @property
    def _cap_concurrent_jrn_rec(self) -> bool:
        return self._both(Station.JOURNAL, Station.RECEIPT)

    @property
    def _cap_concurrent_jrn_slp(self) -> bool:
        return self._both(Station.JOURNAL, Station.SLIP)

    @property
    def _cap_concurrent_rec_slp(self) -> bool:
        return self._both(Station.RECEIPT, Station.SLIP)

    @property
    def _cap_cover_sensor(self) -> bool:
        return self._service.profile.acknowledge != "none"

    @property
    def _cover_open(self) -> bool:
        return self._service.status().cover_open

    # --- distances

    @map_mode.on_write
    def _write_map_mode(self, value: MapMode) -> None:
        self._map_mode = value
        for paper in self._stations.values():
            paper.map_mode = value

    def _dots(self, paper: PrintStation, units: int) -> int:
        return to_dots(units, self._map_mode, paper.can.per_inch)

    # --- page mode

    @property
    def _page_mode_area(self) -> str:
        paper = self._stations[Station.RECEIPT]
        if not paper.sideways:
            return ""
        return ",".join(str(self._in_units(paper, dots)) for dots in (paper.can.dots, paper.can.page_rows))

    def _in_units(self, paper: PrintStation, dots: int) -> int:
        return to_units(dots, self._map_mode, paper.can.per_inch)

    @property
    def _page_mode_descriptor(self) -> int:
        paper = self._stations[Station.RECEIPT]
        if not paper.sideways:
            return 0
        return _BAR_CODES | (_BITMAPS | _BITMAPS_TURN | _BAR_CODES_TURN if paper.bitmap else 0)

    @page_mode_station.on_write
    def _write_page_mode_station(self, value: int) -> None:
        if value not in list(Station) or not self._stations[Station(value)].sideways:
            raise UposError(ErrorCode.E_ILLEGAL, f"PageModeStation {value} has no page mode", "read its Cap…PageMode")
        self._page_mode_station = value

    @page_mode_print_area.on_write
    def _write_page_mode_print_area(self, value: str) -> None:
        paper = self._page_station()
        if value != "0,0,0,0":
            self._area_of(paper, value)
        self._page_mode_print_area = value
        self._choose_area(paper)

    @page_mode_print_direction.on_write
    def _write_page_mode_print_direction(self, value: PrintDirection) -> None:
        paper = self._page_station()
        self._page_mode_print_direction = value
        self._choose_area(paper)

    @page_mode_horizontal_position.on_write
    def _write_page_mode_horizontal_position(self, value: int) -> None:
        paper, page = self._page_station(), self._page_now()
        x = self._dots(paper, value)
        if not 0 <= x < page.area.line(page.direction):
            raise UposError(ErrorCode.E_ILLEGAL, f"PageModeHorizontalPosition {value}", "stay inside the print area")
        look = plain_look(self._service.profile)
        paper.pending.append(TextRun("", look, raw=positioning.to_column(x), takes=x))
        self._page_mode_horizontal_position = value

    @page_mode_vertical_position.on_write
    def _write_page_mode_vertical_position(self, value: int) -> None:
        page = self._page_now()
        if value < 0:
            raise UposError(ErrorCode.E_ILLEGAL, f"PageModeVerticalPosition {value}", "stay inside the print area")
        page.go_down_to(self._dots(self._page_station(), value))
        self._page_mode_vertical_position = value

    def _page_station(self) -> PrintStation:
        if not self._page_mode_station:
            raise UposError(ErrorCode.E_ILLEGAL, "PageModeStation is not chosen", "set it to a station with page mode")
        return self._stations[Station(self._page_mode_station)]

    def _page_now(self) -> PageOfMode:
        page = self._page_station().collecting
        if not isinstance(page, PageOfMode):
            raise UposError(ErrorCode.E_ILLEGAL, "no page was begun", "begin with pageModePrint(PTR_PM_PAGE_MODE)")
        return page

    def _choose_area(self, paper: PrintStation) -> None:
        if isinstance(paper.collecting, PageOfMode):
            paper.collecting.choose(self._print_area(paper), self._page_mode_print_direction)

    def _print_area(self, paper: PrintStation) -> PageArea:
        if self._page_mode_print_area == "0,0,0,0":
            return PageArea(0, 0, paper.can.dots, paper.can.page_rows)
        return self._area_of(paper, self._page_mode_print_area)

    def _area_of(self, paper: PrintStation, value: str) -> PageArea:
        found = _AREA.fullmatch(value)
        area = PageArea(*(self._dots(paper, int(part)) for part in found.groups())) if found else PageArea(0, 0, 0, 0)
        inside = area.x + area.width <= paper.can.dots and area.y + area.height <= paper.can.page_rows
        if not inside or not area.width or not area.height:
            what = f"PageModePrintArea '{value}'"
            raise UposError(ErrorCode.E_ILLEGAL, what, f"x,y,width,height inside {self._page_mode_area}")
        return area
