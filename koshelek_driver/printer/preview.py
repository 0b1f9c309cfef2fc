"""A job as a picture and as text, without a printer: the emulator executes its bytes.

Needs the extra `drawn`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from firmware_protocol.escpos.tokenizer import Tokenizer
from koshelek_driver.errors import UsageError

if TYPE_CHECKING:
    from PIL import Image

    from koshelek_driver.config.profile import PrinterProfile
    from koshelek_driver.emulator.escpos_emulator import EscPosEmulator, Receipt


@dataclass(frozen=True, slots=True)
class Preview:
    """One piece of paper: its lines of text, and its dots with torn edges."""

    lines: tuple[str, ...]
    picture: Image.Image

    def save(self, png: Path) -> None:
        """Write the picture to a PNG file."""
        self.picture.save(png)


def pages_of(profile: PrinterProfile) -> dict[int, str]:
    """Return the codecs of a model by the numbers of ESC t."""
    from koshelek_driver.emulator.escpos_emulator import CODE_PAGES

    return CODE_PAGES | {number: codec for codec, number in profile.code_pages.items()}


def faces_of(profile: PrinterProfile) -> tuple[tuple[int, int], ...]:
    """Return the dots of a character of fonts A and B, across and down."""
    wide = profile.font_b_columns or profile.columns
    return ((profile.dots // profile.columns, profile.font_heights[0]), (profile.dots // wide, profile.font_heights[1]))


def build_emulator(profile: PrinterProfile, keep: Callable[[Preview], object]) -> EscPosEmulator:
    """Return an emulator of this profile; `keep` gets each piece of paper.

    Raises UsageError without `drawn`.
    """
    try:
        from koshelek_driver.emulator.escpos_emulator import EscPosEmulator
    except ModuleNotFoundError as problem:
        remedy = "pip install 'koshelek-driver[drawn]' brings what draws it"
        raise UsageError(f"a preview needs {problem.name}", remedy) from problem

    def finished(receipt: Receipt) -> None:
        keep(Preview(receipt.lines, receipt.picture))

    pages, faces = pages_of(profile), faces_of(profile)
    return EscPosEmulator(profile.dots, lambda _reply: None, finished, pages, faces, two_byte=profile.two_byte_mode)


def preview(units: Iterable[bytes], profile: PrinterProfile) -> list[Preview]:
    """Return the paper that a printer of this profile makes of a job, piece by piece.

    Raises UsageError without `drawn`.
    """
    pieces: list[Preview] = []
    emulator = build_emulator(profile, pieces.append)
    for token in Tokenizer().feed(b"".join(units)):
        emulator.execute(token)
    emulator.finish()
    return pieces
