"""Settings that all papers of a printer share: characters, distances, bitmaps, logos."""

from __future__ import annotations

from typing import TYPE_CHECKING

from koshelek_driver.printer.rendering.document import codec_of, plain_style
from koshelek_driver.printer.rendering.style_encoder import CodePage
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.printer_codes import MapMode, Rotation, Station

if TYPE_CHECKING:
    from koshelek_driver.config.profile import PrinterProfile
    from koshelek_driver.printer.rendering.imaging import Picture

_UNICODE, _ASCII = 997, 998
"""PTR_CS_UNICODE and PTR_CS_ASCII; PTR_CCS_ has the same numbers."""
_NO_CARTRIDGE_EVENTS = 0
"""PTR_CN_DISABLED."""
_BITMAPS = range(1, 21)
_LOGOS = (1, 2)
"""PTR_L_TOP, PTR_L_BOTTOM."""


class PrintSettings:
    """Settings from open to close; they begin with the values of the standard."""

    def __init__(self, profile: PrinterProfile) -> None:
        self.profile = profile
        self.map_mode = MapMode.DOTS
        self.map_character_set = True
        self.rotate_special = Rotation.NORMAL
        self.cartridge_notify = _NO_CARTRIDGE_EVENTS
        self.bitmaps: dict[tuple[Station, int], tuple[Picture, int]] = {}
        """Pictures of setBitmap with their alignment, by station and bitmap number."""
        self.logos: dict[int, str] = {}
        """Print data of setLogo, by PTR_L_ number."""
        self._code_pages = _code_pages(profile)
        self.character_set = next(iter(self._code_pages))

    @property
    def cap_character_set(self) -> int:
        """PTR_CCS_UNICODE if the profile draws letters as dots, else PTR_CCS_ASCII."""
        return _UNICODE if self.profile.text == "raster" else _ASCII

    @property
    def character_set_list(self) -> str:
        """The numbers that CharacterSet accepts, separated by commas."""
        return ",".join(map(str, self._code_pages))

    @property
    def code_page(self) -> CodePage:
        """The code page that text is encoded in now."""
        chosen = self._code_pages[self.character_set]
        return chosen if self.map_character_set else CodePage("latin-1", chosen.number)

    def set_character_set(self, value: int) -> None:
        """Choose the code page of text. Raises UposError E_ILLEGAL."""
        if value not in self._code_pages:
            raise UposError(ErrorCode.E_ILLEGAL, f"CharacterSet {value}", f"choose from {self.character_set_list}")
        self.character_set = value

    def set_map_character_set(self, value: bool) -> None:
        """Map text to the code page, or send each character as one byte."""
        self.map_character_set = value

    def set_map_mode(self, value: MapMode) -> None:
        """Choose the unit of all distances."""
        self.map_mode = value

    def set_rotate_special(self, value: Rotation) -> None:
        """Turn the bar codes of printBarCode."""
        self.rotate_special = value

    def set_cartridge_notify(self, value: int) -> None:
        """Accept PTR_CN_DISABLED alone. Raises UposError E_ILLEGAL."""
        if value != _NO_CARTRIDGE_EVENTS:
            raise UposError(ErrorCode.E_ILLEGAL, f"CartridgeNotify {value}", "this printer tells nothing of ink")

    def set_logo(self, location: int, data: str) -> None:
        """Store the print data of a logo. Raises UposError E_ILLEGAL."""
        if location not in _LOGOS:
            raise UposError(ErrorCode.E_ILLEGAL, f"logo location {location}", "use PTR_L_TOP or PTR_L_BOTTOM")
        self.logos[location] = data

    def bitmaps_of(self, station: Station) -> dict[int, tuple[Picture, int]]:
        """Return the stored bitmaps of one station, by their numbers."""
        return {number: stored for (owner, number), stored in self.bitmaps.items() if owner is station}


def check_bitmap_number(number: int) -> None:
    """Raise UposError E_ILLEGAL unless setBitmap accepts this number."""
    if number not in _BITMAPS:
        raise UposError(ErrorCode.E_ILLEGAL, f"bitmap number {number}", "use 1 to 20")


def _code_pages(profile: PrinterProfile) -> dict[int, CodePage]:
    """The values of CharacterSet; the first is the one at open."""
    usual = plain_style(profile).page
    if profile.text == "raster":
        return {_UNICODE: usual}
    pages = {int(codec.removeprefix("cp")): CodePage(codec, number) for codec, number in profile.code_pages.items()}
    return {int(codec_of(profile).removeprefix("cp")): usual, **pages, _ASCII: CodePage("ascii", usual.number)}
