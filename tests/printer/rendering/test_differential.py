"""The same slip by this driver and by python-escpos is the same picture, and every code in it can be read."""

from __future__ import annotations

import contextlib
import io

import pytest
import zxingcpp
from escpos.printer import Dummy
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from firmware_protocol.escpos import commands
from firmware_protocol.escpos.barcodes import QrLevel, qr_code
from koshelek_driver.emulator.escpos_emulator import Receipt
from koshelek_driver.printer.rendering import document
from koshelek_driver.printer.rendering.layout import Line
from koshelek_driver.printer.rendering.samples import sample_slip
from tests.support.printers import MODEL, printed, same

CUT = document.render([], MODEL)[-1]
"""python-escpos feeds six lines of its own before it cuts; everything else is compared."""
ALPHABET = "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдеёжзийклмнопрстуфхцчшщъыьэюя0123456789 .,:;!?%№-+*/()=\"'"


def ours(texts: list[str]) -> Receipt:
    return printed(b"".join(document.render([Line(text) for text in texts], MODEL)))


def theirs(texts: list[str]) -> Receipt:
    """python-escpos leaves the printer's Chinese mode on and prints hieroglyphs: the command is given to it for free."""
    printer = Dummy(profile="TM-T88V")
    printer.hw("INIT")
    printer._raw(commands.CANCEL_TWO_BYTE_MODE)
    for text in texts:
        printer.textln(text)
    printer._raw(CUT)
    return printed(bytes(printer.output))


def test_a_russian_slip_is_the_same_picture() -> None:
    texts = [f"{number:>2} Хлеб Бородинский нарезной {number * 7}.50" for number in range(1, 37)]
    assert same(ours(texts).picture, theirs(texts).picture)


@settings(max_examples=30)
@given(st.lists(st.text(ALPHABET, min_size=1, max_size=42).filter(lambda text: text.strip()), min_size=1, max_size=6))
def test_any_text_that_both_can_print_is_the_same_picture(texts: list[str]) -> None:
    assert same(ours(texts).picture, theirs(texts).picture)


@pytest.mark.parametrize("content", ["t=20261122T1015&s=1234.50&fn=9999078900004312&i=1&fp=3522207165&n=1", "A" * 200])
def test_a_native_qr_is_read_back_from_the_picture_and_is_theirs(content: str) -> None:
    start, end = document.render([], MODEL)
    mine = printed(start + qr_code(content.encode(), module_dots=4, level=QrLevel.L) + end)
    (found,) = zxingcpp.read_barcodes(mine.picture)
    assert found.text == content
    printer = Dummy(profile="TM-T88V")
    with contextlib.redirect_stdout(io.StringIO()):
        printer.qr(content, native=True, size=4)
    printer._raw(CUT)
    assert same(mine.picture, printed(bytes(printer.output)).picture)


def test_a_picture_is_the_same_dots() -> None:
    drawn = Image.linear_gradient("L").resize((256, 128)).convert("1")
    start, end = document.render([], MODEL)
    mine = printed(start + commands.raster(32, drawn.point(lambda dot: 255 - dot).tobytes()) + end)
    printer = Dummy(profile="TM-T88V")
    printer.image(drawn, impl="bitImageRaster", fragment_height=128)
    printer._raw(CUT)
    assert same(mine.picture, printed(bytes(printer.output)).picture)


def test_the_sample_slip_prints_what_it_says() -> None:
    receipt = printed(b"".join(document.render(sample_slip(42), MODEL)))
    assert "жирно" in receipt.lines
    assert max(map(len, receipt.lines)) <= 42
