"""An ESC/POS printer on virtual paper, with all that it printed and said."""

from __future__ import annotations

from typing import Any

from PIL import Image, ImageChops

from firmware_protocol.escpos.tokenizer import Tokenizer
from koshelek_driver.emulator.escpos_emulator import EscPosEmulator, Receipt

MARGIN = 24
"""White dots around a receipt's picture."""


class EmulatedPrinter:
    """Paper for 10 characters of font A, unless another number of dots is given."""

    def __init__(self, dots: int = 120, **options: Any) -> None:
        self.dots = dots
        self.receipts: list[Receipt] = []
        self.replies: list[bytes] = []
        self.machine = EscPosEmulator(dots, self.replies.append, self.receipts.append, **{"two_byte": False, **options})

    def feed(self, data: bytes) -> None:
        """Send bytes, in pieces of whole commands."""
        for token in Tokenizer().feed(data):
            self.machine.execute(token)

    def receipt(self, data: bytes = b"") -> Receipt:
        """Send bytes, tear the paper off and return the one receipt that there is."""
        self.feed(data)
        self.machine.finish()
        (receipt,) = self.receipts
        self.receipts.clear()
        return receipt

    def lines(self, data: bytes) -> tuple[str, ...]:
        """The text of the receipt."""
        return self.receipt(data).lines

    def paper(self, data: bytes) -> Image.Image:
        """The dots of the receipt without its margins, black as 0 and white as 255."""
        picture = self.receipt(data).picture
        return picture.crop((MARGIN, MARGIN, MARGIN + self.dots, picture.height - MARGIN))


def same(one: Image.Image, other: Image.Image) -> bool:
    """Return True if two pictures have the same size and the same dots."""
    return one.size == other.size and ImageChops.difference(one, other).getbbox() is None
