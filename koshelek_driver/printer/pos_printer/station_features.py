"""The properties that every station has, each described once.

`of` declares a property for one station by the name of the standard. All values are those of `PrintStation`, reached by
functions that a type checker sees.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from koshelek_driver.printer.pos_printer.part_members import PartReadOnly, PartWritable
from koshelek_driver.printer.pos_printer.station import PrintStation
from koshelek_driver.upos.members import V1_2, V1_5, V1_7, V1_9, V1_13, Stage
from koshelek_driver.upos.printer_codes import Station

T = TypeVar("T")
_UNKNOWN_CARTRIDGE = 0x10000000
"""PTR_CART_UNKNOWN."""
_SIDE_UNKNOWN = 0
"""PTR_PS_UNKNOWN."""
_ONCE, _NOW = Stage.ENABLED_ONCE, Stage.ENABLED


@dataclass(frozen=True, slots=True)
class Feature(Generic[T]):
    """A property of a station that the application reads."""

    kind: type[T]
    doc: str
    value: Callable[[PrintStation], T]
    read: Stage = Stage.OPEN
    since: int = V1_2

    def of(self, name: str, station: Station) -> PartReadOnly[T]:
        """Declare it for one station by the name of the standard."""
        value = self.value
        return PartReadOnly(
            name, self.kind, self.doc, lambda parts: value(parts.stations[station]), read=self.read, since=self.since
        )


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """A property of a station that the application also writes."""

    kind: type[T]
    doc: str
    value: Callable[[PrintStation], T]
    take: Callable[[PrintStation, T], None]
    since: int = V1_2

    def of(self, name: str, station: Station) -> PartWritable[T]:
        """Declare it for one station by the name of the standard."""
        value, take = self.value, self.take
        return PartWritable(
            name,
            self.kind,
            self.doc,
            lambda parts: value(parts.stations[station]),
            lambda parts, wanted: take(parts.stations[station], wanted),
            since=self.since,
        )


PRESENT = Feature(bool, "True if the printer has this station.", lambda paper: paper.present)
TWO_COLOURS = Feature(bool, "True if it prints in two colours.", lambda paper: paper.two_colours)
COLOURS = Feature(int, "The PTR_COLOR_ bits of its colours.", lambda paper: paper.colours, since=V1_5)
BOLD = Feature(bool, "True if it prints bold characters.", lambda paper: paper.bold)
ITALIC = Feature(bool, "False: no ESC/POS printer has italic characters.", lambda _paper: False)
UNDERLINE = Feature(bool, "True if it underlines characters.", lambda paper: paper.underline)
DOUBLE_HIGH = Feature(bool, "True if it prints characters of double height.", lambda paper: paper.larger)
DOUBLE_WIDE = Feature(bool, "True if it prints characters of double width.", lambda paper: paper.larger)
DOUBLE_WIDE_AND_HIGH = Feature(
    bool, "True if it prints characters of double width and height.", lambda paper: paper.larger
)
EMPTY_SENSOR = Feature(bool, "True if it detects the end of its paper.", lambda paper: paper.empty_sensor)
NEAR_END_SENSOR = Feature(
    bool, "True if it detects that its paper is nearly used up.", lambda paper: paper.near_end_sensor
)
CARTRIDGE_SENSOR = Feature(int, "0: it does not report the state of its ink.", lambda _paper: 0, since=V1_5)
LINE_CHARS_LIST = Feature(str, "Characters a line of each font.", lambda paper: paper.line_chars_list)
LINE_CHARS = Setting(
    int,
    "Characters a line; a written value chooses the font.",
    lambda paper: paper.line_chars,
    PrintStation.set_line_chars,
)
LINE_HEIGHT = Setting(int, "Height of the font.", lambda paper: paper.line_height, PrintStation.set_line_height)
LINE_SPACING = Setting(
    int, "Distance from line to line.", lambda paper: paper.line_spacing, PrintStation.set_line_spacing
)
LINE_WIDTH = Feature(int, "Width of a line.", lambda paper: paper.line_width, read=_ONCE)
LETTER_QUALITY = Setting(
    bool,
    "Stored without effect: there is one quality.",
    lambda paper: paper.letter_quality,
    PrintStation.set_letter_quality,
)
CURRENT_CARTRIDGE = Setting(
    int,
    "PTR_COLOR_ of text without a colour of its own.",
    lambda paper: paper.current_cartridge,
    PrintStation.set_current_cartridge,
    since=V1_5,
)
CARTRIDGE_STATE = Feature(
    int,
    "PTR_CART_UNKNOWN: it does not report the state of its ink.",
    lambda _paper: _UNKNOWN_CARTRIDGE,
    since=V1_5,
    read=_NOW,
)
EMPTY = Feature(bool, "True if its paper has come to an end.", lambda paper: paper.is_empty, read=_NOW)
NEAR_END = Feature(bool, "True if its paper is nearly used up.", lambda paper: paper.is_near_end, read=_NOW)
BAR_CODES = Feature(bool, "True if it prints bar codes.", lambda paper: paper.bar_code)
BITMAPS = Feature(bool, "True if it prints bitmaps.", lambda paper: paper.bitmap)
TURNED_LEFT = Feature(bool, "True if it prints lines turned by 90 degrees to the left.", lambda paper: paper.sideways)
TURNED_RIGHT = Feature(bool, "True if it prints lines turned by 90 degrees to the right.", lambda paper: paper.sideways)
UPSIDE_DOWN = Feature(bool, "True if it prints lines upside down.", lambda paper: paper.upside_down)
PAGE_MODE = Feature(bool, "True if it has page mode.", lambda paper: paper.sideways, since=V1_9)
RULED_LINES = Feature(
    int, "The PTR_RL_ bits of its ruled lines: horizontal lines alone.", lambda paper: paper.ruled_lines, since=V1_13
)
BAR_CODE_ROTATIONS = Feature(str, "The rotations of its bar codes.", lambda paper: paper.rotations)
BITMAP_ROTATIONS = Feature(str, "The rotations of its bitmaps.", lambda paper: paper.rotations, since=V1_7)
CUTTER = Feature(bool, "True if it cuts.", lambda paper: paper.cutter)
STAMP = Feature(bool, "False: no ESC/POS printer has a stamp.", lambda _paper: False)
MARK_FEED = Feature(
    int, "The PTR_MF_ bits of the positions that it feeds marked paper to.", lambda paper: paper.mark_feed, since=V1_5
)
LINES_TO_PAPER_CUT = Feature(
    int, "Lines between the print head and the cutter.", lambda paper: paper.lines_to_cutter, read=_ONCE
)
SIDEWAYS_MAX_LINES = Feature(
    int, "Lines that stand side by side in turned text.", lambda paper: paper.sideways_lines, read=_ONCE
)
SIDEWAYS_MAX_CHARS = Feature(int, "Characters of a turned line.", lambda paper: paper.sideways_chars, read=_ONCE)
FULLSLIP = Feature(bool, "True if it prints forms of any length.", lambda paper: paper.present)
BOTH_SIDES_PRINT = Feature(bool, "False: no printer here turns a form.", lambda _paper: False, since=V1_5)
MAX_LINES = Feature(int, "Lines of a form; 0 if its length is not limited.", lambda paper: paper.form_lines, read=_ONCE)
LINES_NEAR_END_TO_END = Feature(int, "0: it does not report how much paper is left.", lambda _paper: 0, read=_ONCE)
PRINT_SIDE = Feature(
    int, "PTR_PS_UNKNOWN: no printer here turns a form.", lambda _paper: _SIDE_UNKNOWN, since=V1_5, read=_NOW
)
