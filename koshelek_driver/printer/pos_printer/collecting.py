"""Output of several calls that is printed as one job: transactions, turned lines, pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from firmware_protocol.escpos import positioning
from firmware_protocol.escpos.positioning import Direction
from koshelek_driver.printer.rendering.composer import Composer
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.printer_codes import PrintDirection, Rotation

_DIRECTIONS = {
    PrintDirection.LEFT_TO_RIGHT: Direction.LEFT_TO_RIGHT,
    PrintDirection.BOTTOM_TO_TOP: Direction.BOTTOM_TO_TOP,
    PrintDirection.RIGHT_TO_LEFT: Direction.RIGHT_TO_LEFT,
    PrintDirection.TOP_TO_BOTTOM: Direction.TOP_TO_BOTTOM,
}


class Collection(Protocol):
    """Takes the output of calls until it is printed as a whole."""

    def add(self, composer: Composer) -> None:
        """Add the output of one call.

        Raises UposError E_ILLEGAL if there is no room for it.
        """
        ...


@dataclass(slots=True)
class Transaction:
    """The output of transactionPrint, printed as one job when the transaction ends."""

    units: list[bytes] = field(default_factory=list)
    lines: int = 0
    cuts: int = 0

    def add(self, composer: Composer) -> None:
        """Add the output of one call."""
        self.units += composer.finished()
        self.lines += composer.lines
        self.cuts += composer.cuts


class Sideways:
    """Lines turned by 90 degrees: they stand side by side across the paper."""

    def __init__(self, rotation: Rotation, across: int, longest: int) -> None:
        """`across`: dots of the paper's width.

        `longest`: dots that a line may have along the paper.
        """
        self._turned_left = rotation is Rotation.LEFT90
        self._across = across
        self._longest = longest
        self._used = 0
        self._extent = 1
        self._units: list[bytes] = []

    def add(self, composer: Composer) -> None:
        """Add the lines of one call.

        Raises UposError E_ILLEGAL if the paper is not wide enough for them.
        """
        if self._used + composer.height > self._across:
            what = f"the lines stand {self._used + composer.height} dots wide, the paper has {self._across}"
            raise UposError(ErrorCode.E_ILLEGAL, what, "end the rotation first, then begin another")
        self._used += composer.height
        self._extent = max(self._extent, composer.extent)
        self._units += composer.finished()

    def units(self) -> list[bytes]:
        """Return all lines as one page, as long as the longest line.

        The result is empty if nothing was written.
        """
        if not self._used:
            return []
        direction = Direction.BOTTOM_TO_TOP if self._turned_left else Direction.TOP_TO_BOTTOM
        area = positioning.page_area(0, 0, self._across, min(self._extent, self._longest))
        begin = positioning.ENTER_PAGE_MODE + area + positioning.page_direction(direction)
        return [begin, *self._units, positioning.PRINT_PAGE_AND_LEAVE]


@dataclass(frozen=True, slots=True)
class PageArea:
    """Position and size of an area on the page, in dots."""

    x: int
    y: int
    width: int
    height: int

    def line(self, direction: PrintDirection) -> int:
        """Return the dots of a line in that direction."""
        across = direction in (PrintDirection.LEFT_TO_RIGHT, PrintDirection.RIGHT_TO_LEFT)
        return self.width if across else self.height


class PageOfMode:
    """The output of page mode: areas that are drawn until the page is printed."""

    def __init__(self, area: PageArea, direction: PrintDirection) -> None:
        self.area = area
        self.direction = direction
        self._units = [self._chosen()]

    def add(self, composer: Composer) -> None:
        """Add the output of one call."""
        self._units += composer.finished()

    def choose(self, area: PageArea, direction: PrintDirection) -> None:
        """Draw the following calls into another area, or in another direction."""
        self.area, self.direction = area, direction
        self._units.append(self._chosen())

    def go_down_to(self, row: int) -> None:
        """Draw the following line at that row of the area, in dots."""
        self._units.append(positioning.to_row(row))

    def clear(self) -> None:
        """Make the present area white again."""
        self._units.append(positioning.CLEAR_PAGE)

    def units(self) -> list[bytes]:
        """Return the whole page as units of commands."""
        return [positioning.ENTER_PAGE_MODE, *self._units, positioning.PRINT_PAGE_AND_LEAVE]

    def _chosen(self) -> bytes:
        area = self.area
        box = positioning.page_area(area.x, area.y, area.width, area.height)
        return box + positioning.page_direction(_DIRECTIONS[self.direction])
