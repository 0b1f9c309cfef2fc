"""From frames to labels: the AIM identifier goes, the symbology stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koshelek_driver.scanner.label import read_label
from koshelek_driver.upos.codes import ScanDataType


@pytest.mark.parametrize(
    ("frame", "label", "scan_type"),
    [
        (b"]C0CM4601", b"CM4601", ScanDataType.CODE128),
        (b"]C1010460", b"010460", ScanDataType.GS1128),
        (b"]L2CM4601", b"CM4601", ScanDataType.PDF417),
        (b"]d1CM4601", b"CM4601", ScanDataType.DATAMATRIX),
        (b"]d2010460", b"010460", ScanDataType.GS1DATAMATRIX),
        (b"]Q1CM4601", b"CM4601", ScanDataType.QRCODE),
        (b"]Q3010460", b"010460", ScanDataType.GS1QRCODE),
        (b"]E04601234567893", b"4601234567893", ScanDataType.EAN13),
        (b"]E446012345", b"46012345", ScanDataType.EAN8),
        (b"CM4601", b"CM4601", ScanDataType.UNKNOWN),
        (b"]?1CM4601", b"]?1CM4601", ScanDataType.UNKNOWN),
        (b"]Q", b"]Q", ScanDataType.UNKNOWN),
        (b"]Q-x", b"]Q-x", ScanDataType.UNKNOWN),
        (b"]Q1", b"", ScanDataType.QRCODE),
    ],
)
def test_an_identifier_is_taken_off_and_understood(frame: bytes, label: bytes, scan_type: ScanDataType) -> None:
    read = read_label(frame)
    assert (read.scan_data, read.scan_data_label, read.scan_data_type) == (frame, label, scan_type)


@given(st.binary(max_size=200))
def test_any_frame_is_a_label_and_keeps_every_byte(frame: bytes) -> None:
    read = read_label(frame)
    assert read.scan_data == frame
    assert frame.endswith(read.scan_data_label)
    assert len(read.text) <= len(frame)


def test_a_label_does_not_print_what_it_holds() -> None:
    assert "4601234567893" not in repr(read_label(b"]Q1CM4601234567893A1B2C3782"))


def test_text_that_is_not_utf8_still_becomes_text() -> None:
    assert read_label("карта".encode("cp1251")).text == "карта".encode("cp1251").decode("latin-1")
    assert read_label("карта".encode()).text == "карта"
