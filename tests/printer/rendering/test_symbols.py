"""Every symbol that the printer draws itself is read back from the paper by an independent decoder."""

from __future__ import annotations

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_protocol.escpos import barcodes
from firmware_protocol.escpos.barcodes import Barcode, BarcodeLook
from koshelek_driver.printer.rendering import document
from tests.support.printers import MODEL, printed


def read(commands: bytes) -> list[str]:
    start, end = document.render([], MODEL)
    return [found.text for found in zxingcpp.read_barcodes(printed(start + commands + end).picture)]


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        (Barcode.EAN13, b"4601234567893", "4601234567893"),
        (Barcode.EAN8, b"46012340", "46012340"),
        (Barcode.UPC_A, b"036000291452", "036000291452"),
        (Barcode.CODE39, b"ORDER-42", "ORDER-42"),
        (Barcode.ITF, b"12345678", "12345678"),
        (Barcode.CODE93, b"ORDER-42", "ORDER-42"),
        (Barcode.CODE128, b"receipt-1024", "receipt-1024"),
    ],
)
def test_a_barcode_is_read_back(kind: Barcode, data: bytes, text: str) -> None:
    assert [found.lstrip("0") for found in read(barcodes.barcode(kind, data))] == [text.lstrip("0")]


@settings(max_examples=60)
@given(st.text("ABCxyz0123456789-{", min_size=2, max_size=14))
def test_any_code128_is_read_back(text: str) -> None:
    assert read(barcodes.barcode(Barcode.CODE128, text.encode("ascii"), BarcodeLook(module_dots=2))) == [text]


@settings(max_examples=30)
@given(st.text("ABCabc0123456789&=.", min_size=1, max_size=80))
def test_any_two_dimensional_symbol_is_read_back(text: str) -> None:
    data = text.encode("ascii")
    assert read(barcodes.qr_code(data, module_dots=4, level=barcodes.QrLevel.M)) == [text]
    assert read(barcodes.data_matrix(data, module_dots=4)) == [text]
    assert read(barcodes.pdf417(data, module_dots=2)) == [text]
