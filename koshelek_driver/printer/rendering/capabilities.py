"""The capabilities of one paper of one printer model, by its profile."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from koshelek_driver.printer.rendering.style_encoder import Font
from koshelek_driver.upos.printer_codes import Station

if TYPE_CHECKING:
    from koshelek_driver.config.profile import PrinterProfile


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The capabilities of one paper.

    All distances are in dots. `page_rows` is 0 without page mode, `form_lines` is 0 if a form may be of any length.
    `draws`: it prints bitmaps, ruled lines and drawn bar codes; they need Pillow. `select`: the number of ESC c 0.
    """

    dots: int
    per_inch: int
    fonts: tuple[Font, ...]
    spacing: int
    largest: int
    styles: frozenset[str]
    bar_codes: frozenset[str]
    draws: bool
    page_rows: int
    cuts: bool
    lines_to_cutter: int
    form_lines: int = 0
    select: int | None = None


def capabilities_of(profile: PrinterProfile, station: Station) -> Capabilities | None:
    """Return the capabilities of a station's paper.

    Returns None if the model has no such paper.
    """
    if station is Station.RECEIPT:
        return _capabilities(profile, profile.columns, profile.dots, cuts=profile.cutter != "none")
    paper = profile.slip if station is Station.SLIP else profile.journal
    if paper is None:
        return None
    return _capabilities(profile, paper.columns, paper.dots, lines=paper.lines, select=paper.select)


def _capabilities(
    profile: PrinterProfile, columns: int, dots: int, *, cuts: bool = False, lines: int = 0, select: int | None = None
) -> Capabilities:
    on_roll = select is None
    fonts = [Font(0, columns, dots // columns, profile.font_heights[0])]
    if profile.font_b_columns and on_roll:
        wide = profile.font_b_columns
        fonts.append(Font(1, wide, dots // wide, profile.font_heights[1]))
    return Capabilities(
        dots=dots,
        per_inch=profile.dots_per_inch,
        fonts=tuple(fonts),
        spacing=profile.line_spacing,
        largest=profile.largest_size,
        styles=frozenset(profile.styles),
        bar_codes=frozenset(profile.bar_codes if profile.text == "code_page" and on_roll else ()),
        draws=can_draw() and on_roll,
        page_rows=profile.page_rows if profile.text == "code_page" and on_roll else 0,
        cuts=cuts,
        lines_to_cutter=profile.lines_to_cutter,
        form_lines=lines,
        select=select,
    )


def can_draw() -> bool:
    """Return True if the extra `drawn` is installed."""
    return find_spec("PIL") is not None and find_spec("zxingcpp") is not None
