"""Page mode: areas in the printer's memory, drawn in four directions and printed together."""

from __future__ import annotations

from PIL import Image, ImageChops

_TURNS = {1: Image.Transpose.ROTATE_90, 2: Image.Transpose.ROTATE_180, 3: Image.Transpose.ROTATE_270}
"""Rotation from reading direction to page, by the number of ESC T; 0 needs none."""


class Area:
    """One area of a page in its reading direction.

    Its text begins at the origin.
    """

    def __init__(self, box: tuple[int, int, int, int], direction: int) -> None:
        self.box = box
        self._direction = direction
        across, along = box[2:] if direction in (0, 2) else (box[3], box[2])
        self.width = max(1, across)
        self.y = 0
        self.lines: list[str] = []
        self._dots = Image.new("L", (self.width, max(1, along)), 255)

    def put(self, band: Image.Image, text: str) -> None:
        """Draw a band at the present row, over the dots that are there."""
        under = self._dots.crop((0, self.y, self.width, self.y + band.height))
        self._dots.paste(ImageChops.darker(under, band), (0, self.y))
        self.y += band.height
        self.lines.append(text)

    def feed(self, dots: int) -> None:
        """Move the present row down."""
        self.y += dots

    def stamp(self, page: Image.Image) -> None:
        """Draw the area onto the page, turned to its direction."""
        turn = _TURNS.get(self._direction)
        lying = self._dots if turn is None else self._dots.transpose(turn)
        x, y = self.box[:2]
        under = page.crop((x, y, x + lying.width, y + lying.height))
        page.paste(ImageChops.darker(under, lying), (x, y))


class Page:
    """The areas since page mode was entered.

    `choose_area` and `choose_direction` get the parameters of a command.
    """

    def __init__(self, dots: int, rows: int) -> None:
        self._dots = dots
        self._box = (0, 0, dots, rows)
        self._direction = 0
        self._areas = [Area(self._box, 0)]

    @property
    def area(self) -> Area:
        """The area that is drawn on."""
        return self._areas[-1]

    def choose_area(self, params: bytes) -> None:
        """ESC W: draw into another area."""
        x, y, width, height = (int.from_bytes(params[at : at + 2], "little") for at in (0, 2, 4, 6))
        self._box = (x, y, max(1, min(width, self._dots - x)), height)
        self._begin_area()

    def choose_direction(self, params: bytes) -> None:
        """ESC T: draw in another direction."""
        self._direction = params[0] % 48 % 4
        self._begin_area()

    def clear(self) -> None:
        """CAN: make the present area white again."""
        self._areas[-1] = Area(self._box, self._direction)

    def printed(self) -> tuple[Image.Image, list[str]]:
        """Return the page as dots, as high as its areas, and their text."""
        rows = max(area.box[1] + area.box[3] for area in self._areas)
        page = Image.new("L", (self._dots, max(1, rows)), 255)
        for area in self._areas:
            area.stamp(page)
        return page, [line for area in self._areas for line in area.lines]

    def _begin_area(self) -> None:
        if not self.area.lines:
            self._areas.pop()
        self._areas.append(Area(self._box, self._direction))
