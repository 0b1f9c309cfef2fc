"""Dots in every form are the same dots on paper, and drawn letters can be read."""

from __future__ import annotations

import sys
from dataclasses import replace

import msgspec
import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from firmware_protocol.errors import FrameError
from firmware_protocol.escpos import commands
from koshelek_driver.config import profile
from koshelek_driver.config.profile import PrinterProfile
from koshelek_driver.emulator.escpos_emulator import Receipt
from koshelek_driver.errors import ProfileError
from koshelek_driver.printer.rendering import document, drawn_text
from koshelek_driver.printer.rendering.layout import Line
from koshelek_driver.printer.rendering.picture import picture_units
from koshelek_driver.printer.rendering.style_encoder import TextRun
from tests.support.printers import MODEL, printed, same

FORMS = ("raster", "stored", "column")
_MARGIN = 24


def model(form: str, text: str = "code_page") -> PrinterProfile:
    return msgspec.structs.replace(MODEL, graphics=form, text=text)


def on_paper(width_bytes: int, rows: bytes, form: str) -> Image.Image:
    start, end = document.render([], model(form))
    receipt = printed(start + b"".join(picture_units(width_bytes, rows, model(form))) + end)
    height = -(-len(rows) // width_bytes // 24) * 24
    return receipt.picture.crop((_MARGIN, _MARGIN, _MARGIN + width_bytes * 8, _MARGIN + height))


@pytest.mark.parametrize("form", FORMS)
@given(st.integers(1, 20), st.integers(1, 60), st.randoms(use_true_random=False))
def test_every_dot_comes_out_where_it_was(form: str, width_bytes: int, height: int, chance: object) -> None:
    rows = b"\xff" * width_bytes + bytes(chance.randrange(256) for _ in range(width_bytes * (height - 1)))  # type: ignore[attr-defined]
    expected = Image.frombytes("1", (width_bytes * 8, height), rows).point(lambda dot: 255 - dot).convert("L")
    shown = on_paper(width_bytes, rows, form)
    assert same(shown.crop((0, 0, width_bytes * 8, height)), expected)


def text_on_paper(lines: list[Line], form: str) -> Receipt:
    return printed(b"".join(document.render(lines, model(form, "raster"))))


def test_drawn_letters_are_the_same_in_every_form_and_there_are_some() -> None:
    lines = [Line("Молоко 3,2% №1 Ёё"), Line("ИТОГ 1234.50 ₽ «да»", bold=True)]
    first, *others = (text_on_paper(lines, form).picture for form in FORMS)
    assert all(same(first, other) for other in others)
    assert 1000 < first.point([1] * 128 + [0] * 128).histogram()[1] < 20_000


def test_every_line_is_drawn_and_none_is_encoded() -> None:
    units = document.render([Line("日本語 и русский")] * 3, model("raster", "raster"))
    assert len(units) == 5
    assert all(unit.startswith(b"\x1dv0") for unit in units[1:-1])


def test_a_large_centred_line_stands_in_the_middle() -> None:
    width_bytes, rows = drawn_text.drawn(
        [TextRun("ТЕСТ", replace(document.plain_style(MODEL), width=2, height=2), commands.Align.CENTER)], 512
    )
    box = Image.frombytes("1", (width_bytes * 8, len(rows) // width_bytes), rows).getbbox()
    assert box is not None
    assert abs((box[0] + box[2]) / 2 - 256) < 12
    assert len(rows) // width_bytes == 48


def test_what_draws_letters_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fontpkg_ibm_plex_mono", None)  # as if it were not installed
    drawn_text._font.cache_clear()
    drawn_text._glyph.cache_clear()
    with pytest.raises(ProfileError, match="draws letters") as caught:
        document.render([Line("x")], model("raster", "raster"))
    assert "koshelek-driver[drawn]" in caught.value.remedy


@pytest.mark.parametrize("form", FORMS)
def test_a_code_drawn_as_dots_is_read_back(form: str) -> None:
    symbol = zxingcpp.create_barcode("679c6146-1cee-46ff-9a89-9c866abb9f01", zxingcpp.BarcodeFormat.QRCode)
    dots = Image.fromarray(symbol.to_image(scale=4)).convert("1")
    whole = Image.new("1", (-(-dots.width // 8) * 8, dots.height), 1)
    whole.paste(dots, (0, 0))
    shown = on_paper(whole.width // 8, whole.point(lambda dot: 255 - dot).tobytes(), form)
    assert [found.text for found in zxingcpp.read_barcodes(shown)] == ["679c6146-1cee-46ff-9a89-9c866abb9f01"]


@pytest.mark.parametrize(
    "build",
    [
        lambda: commands.raster(8, b"x" * 9),
        lambda: commands.raster(8, b""),
        lambda: commands.column_strip(b"xx"),
        lambda: commands.column_strip(b"xxx" * 2048),
    ],
)
def test_what_no_command_can_hold_is_refused(build: object) -> None:
    with pytest.raises(FrameError):
        build()  # type: ignore[operator]


def test_the_profile_of_an_impact_printer_takes_columns() -> None:
    assert profile.printer("epson-tm-u220").graphics == "column"


def test_a_picture_of_more_than_64_kib_has_a_longer_count() -> None:
    rows = b"\xff" * 72 * 1000
    receipt = printed(b"".join((document.start(MODEL), commands.stored_picture(72, rows), document.end(MODEL))))
    assert receipt.picture.height == 1000 + 2 * _MARGIN
