"""Bitmaps of the application, checked and decoded for their paper."""

from __future__ import annotations

from koshelek_driver.printer.pos_printer.station import PrintStation
from koshelek_driver.printer.rendering import bar_codes, imaging
from koshelek_driver.printer.rendering.imaging import Picture
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.printer_codes import Rotation

_TYPES = (1, 2, 3)
"""PTR_BMT_BMP, JPEG, GIF."""


def check_type(kind: int) -> None:
    """Raise UposError E_ILLEGAL unless `kind` is a PTR_BMT_ number."""
    if kind not in _TYPES:
        raise UposError(ErrorCode.E_ILLEGAL, f"bitmap type {kind}", "use PTR_BMT_: 1 BMP, 2 JPEG, 3 GIF")


def decode(paper: PrintStation, data: bytes, width: int, alignment: int) -> tuple[Picture, int]:
    """Return the picture in dots of the paper, and its alignment in dots.

    The picture is turned as rotatePrint says. `width` is PTR_BM_ASIS or in units of MapMode; `alignment` is PTR_BM_ or
    a distance.

    Raises:
        UposError: E_ILLEGAL for a wrong width or alignment; E_EXTENDED with TOOBIG or BADFORMAT.
    """
    if (width <= 0 and width != imaging.AS_IS) or alignment < bar_codes.RIGHT:
        what = f"bitmap width {width}, alignment {alignment}"
        raise UposError(ErrorCode.E_ILLEGAL, what, "PTR_BM_ASIS or a width; PTR_BM_ or a distance")
    dots = None if width == imaging.AS_IS else max(1, paper.dots(width))
    turn = paper.rotation if paper.turns_bitmaps else Rotation.NORMAL
    picture = imaging.decoded(data, dots, paper.render_context().room, turn)
    return picture, alignment if alignment < 0 else paper.dots(alignment)
