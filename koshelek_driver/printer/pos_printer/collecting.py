"""What is gathered over several calls and printed as one job: transactions, sideways text, page mode."""

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
    """Takes what calls write until it is printed."""

    def add(self, composer: Composer) -> None:
        """What one call wrote."""
        ...


@dataclass(slots=True)
class Transaction:
    """transactionPrint: printed whole when it ends."""

    units: list[bytes] = field(default_factory=list)
    lines: int = 0
    cuts: int = 0

    def add(self, composer: Composer) -> None:
        """What one call wrote."""
        self.units += composer.finished()
        self.lines += composer.lines
        self.cuts += composer.cuts


class Sideways:
    """rotatePrint by 90 degrees: lines stand side by side across the paper."""

    def __init__(self, rotation: Rotation, across: int, longest: int) -> None:
        """`across`: dots of the paper's width, `longest`: dots that a line may have along it."""
        self._turned_left = rotation is Rotation.LEFT90
        self._across = across
        self._longest = longest
        self._used = 0
        self._extent = 1
        self._units: list[bytes] = []

    def add(self, composer: Composer) -> None:
        """What one call wrote. Raises UposError E_ILLEGAL when the lines are more than the paper is wide."""
        if self._used + composer.height > self._across:
            what = f"the lines stand {self._used + composer.height} dots wide, the paper has {self._across}"
            raise UposError(ErrorCode.E_ILLEGAL, what, "end the rotation first, then begin another")
        self._used += composer.height
        self._extent = max(self._extent, composer.extent)
        self._units += composer.finished()

    def units(self) -> list[bytes]:
        """All of it as one page, as long as its longest line; nothing when nothing was written."""
        if not self._used:
            return []
        direction = Direction.BOTTOM_TO_TOP if self._turned_left else Direction.TOP_TO_BOTTOM
        area = positioning.page_area(0, 0, self._across, min(self._extent, self._longest))
        begin = positioning.ENTER_PAGE_MODE + area + positioning.page_direction(direction)
        return [begin, *self._units, positioning.PRINT_PAGE_AND_LEAVE]


@dataclass(frozen=True, slots=True)
class PageArea:
    """Dots: where the area lies on the page, and how large it is."""

    x: int
    y: int
    width: int
    height: int

    def line(self, direction: PrintDirection) -> int:
        """Dots of a line in that direction."""
        across = direction in (PrintDirection.LEFT_TO_RIGHT, PrintDirection.RIGHT_TO_LEFT)
        return self.width if across else self.height


class PageOfMode:
    """pageModePrint: what is drawn into areas until the page is printed."""

    def __init__(self, area: PageArea, direction: PrintDirection) -> None:
        self.area = area
        self.direction = direction
        self._units = [self._chosen()]

    def add(self, composer: Composer) -> None:
        """What one call wrote."""
        self._units += composer.finished()

    def choose(self, area: PageArea, direction: PrintDirection) -> None:
        """What follows is drawn there."""
        self.area, self.direction = area, direction
        self._units.append(self._chosen())

    def go_down_to(self, row: int) -> None:
        """What follows is drawn at that row of the area, in dots."""
        self._units.append(positioning.to_row(row))

    def clear(self) -> None:
        """The present area is white again."""
        self._units.append(positioning.CLEAR_PAGE)

    def units(self) -> list[bytes]:
        """The whole page."""
        return [positioning.ENTER_PAGE_MODE, *self._units, positioning.PRINT_PAGE_AND_LEAVE]

    def _chosen(self) -> bytes:
        area = self.area
        box = positioning.page_area(area.x, area.y, area.width, area.height)
        return box + positioning.page_direction(_DIRECTIONS[self.direction])
