"""From frames to labels: identifiers go, what a reader of the symbol sees stays."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from firmware_protocol.dialect import Scan
from firmware_protocol.framing import TerminatorFramer
from koshelek_driver.scanner import eci, retail
from koshelek_driver.scanner.dialects import HONEYWELL_LETTERS, OEM_IDENTIFIERS, SSI_CODES
from koshelek_driver.scanner.label import LabelRules, label_from_scan, parse_label, relabelled
from koshelek_driver.scanner.retail import RetailRules
from koshelek_driver.upos.codes import ScanDataType
from tests.support.paths import DATA

VECTORS = json.loads((DATA / "scan_label_vectors.json").read_text())

AIM_TABLE = """
C0 CODE128, C1 GS1128, C2 CODE128, C4 ISBT128,
L0 PDF417, L1 PDF417, L2 PDF417, L3 PDF417, L4 PDF417, L5 PDF417,
d0 DATAMATRIX, d1 DATAMATRIX, d2 GS1DATAMATRIX, d3 DATAMATRIX, d4 DATAMATRIX, d5 GS1DATAMATRIX, d6 DATAMATRIX,
d7 DATAMATRIX, d8 GS1DATAMATRIX, d9 DATAMATRIX, dA DATAMATRIX, dB GS1DATAMATRIX, dC DATAMATRIX,
Q0 QRCODE, Q1 QRCODE, Q2 QRCODE, Q3 GS1QRCODE, Q4 GS1QRCODE, Q5 QRCODE, Q6 QRCODE,
e0 GS1DATABAR, e1 CCA, e2 CCB, e3 CCC,
A0 CODE39, A1 CODE39_CK, A3 CODE39_CK, A4 CODE39, A5 CODE39_CK, A7 CODE39_CK,
I0 ITF, I1 ITF_CK, I3 ITF_CK, F0 CODABAR, F1 CODABAR, F2 CODABAR, F4 CODABAR, G0 CODE93,
H0 CODE11, H1 CODE11, H3 CODE11, M0 MSI, P0 PLESSEY, B0 TELEPEN, S0 TF, R0 TF,
z0 AZTEC, z1 AZTEC, z2 AZTEC, z3 AZTEC, z5 AZTEC, z6 AZTEC, zB AZTEC, zC AZTEC, U0 MAXICODE, U3 MAXICODE,
K0 CODE16K, T0 CODE49, O4 CODABLOCKF, O5 CODABLOCKF, O6 CODABLOCKA, O0 CODABLOCK256, O1 CODABLOCK256,
h0 HANXIN, o1 OCRA, o2 OCRB, o3 OTHER, J0 OTHER, g0 OTHER, X0 OTHER, X9 OTHER, D0 OTHER, N0 OTHER
"""
IDENTIFIERS = [tuple(each.split()) for each in AIM_TABLE.split(",")]


def read(frame: bytes, **wishes: object) -> tuple[bytes, str]:
    label = parse_label(frame, LabelRules(**wishes))  # type: ignore[arg-type]
    assert label.scan_data == frame
    return label.scan_data_label, label.scan_data_type.name


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: repr(vector["scanner_sends"]))
def test_the_worked_cases_of_the_field(vector: dict[str, str]) -> None:
    framer = TerminatorFramer(b"\x02\x03\r\n", idle_s=0.05, max_length=100)
    frames = [*framer.feed(vector["scanner_sends"].encode(), 0.0), *framer.feed(b"", 1.0)]
    (frame,) = frames
    assert isinstance(frame, Scan)
    rules = LabelRules(identifiers={b"F": ScanDataType.EAN13}, infer_symbology=True)
    label = parse_label(frame.data, rules)
    assert label.scan_data == vector["scan_data"].encode()
    assert label.scan_data_label == vector["label"].encode()
    assert label.scan_data_type is ScanDataType[vector["type"].removeprefix("SCAN_SDT_")]


@pytest.mark.parametrize(("code", "name"), IDENTIFIERS)
def test_an_identifier_is_taken_off_and_understood(code: str, name: str) -> None:
    assert read(f"]{code}AB-12".encode()) == (b"AB-12", name)
    assert read(f"]{code}".encode()) == (b"", name)


@pytest.mark.parametrize(
    "frame", [b"CM4601", b"]?1CM4601", b"]Q", b"]", b"]Q-x", b"]y1CM4601", b"]11CM", b"", b"x]Q1CM4601"]
)
def test_what_is_no_identifier_stays(frame: bytes) -> None:
    assert read(frame) == (frame, "UNKNOWN")


@given(st.binary(max_size=200))
def test_any_frame_is_a_label_and_keeps_every_byte(frame: bytes) -> None:
    label = parse_label(frame)
    assert label.scan_data == frame
    assert len(label.text) >= 0


@given(st.sampled_from([code for code, _ in IDENTIFIERS]), st.text(alphabet="ABCxyz-", max_size=50))
def test_whatever_the_symbology_text_comes_through(code: str, text: str) -> None:
    assert parse_label(f"]{code}{text}".encode()).text == text


def test_separators_of_gs1_are_kept() -> None:
    assert read(b"]C10104601234567893\x1d21ABC") == (b"0104601234567893\x1d21ABC", "GS1128")


def test_what_a_scanner_says_about_itself_is_no_bar_code() -> None:
    for message in (b"]Z6REVINF", b"]Z0"):
        assert label_from_scan(Scan(message), {}) is None
        assert label_from_scan(Scan(message[3:], message[:3]), {}) is None
    for frame in (b"Z6", b"]Q1Z"):
        assert label_from_scan(Scan(frame), {}) == parse_label(frame)


def test_a_label_does_not_print_what_it_holds() -> None:
    assert repr(parse_label(b"]Q1CM4601234567893A1B2C3782")) == "Label(27 bytes, QRCODE)"


def test_text_that_is_not_utf8_still_becomes_text() -> None:
    assert parse_label("карта".encode("cp1251")).text == "карта".encode("cp1251").decode("latin-1")
    assert parse_label("карта".encode()).text == "карта"


# -- Extended channel interpretations -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "label"),
    [
        (rb"plain", b"plain"),
        (rb"back\\slash", b"back\\slash"),
        (b"\\000026" + "карта".encode(), "карта".encode()),
        (b"\\000022" + "карта".encode("cp1251"), "карта".encode()),
        (b"\\000007" + "карта".encode("iso8859-5"), "карта".encode()),
        (b"a\\000026" + "б".encode() + b"\\000003\xe9", "aбé".encode()),
        (rb"single \ stays, \12 too", rb"single \ stays, \12 too"),
        (b"\\000899\xff\x00", b"\xff\x00"),
        (b"\\123456\xff", b"\xff"),
        (b"\\000026\xff", b"\xff"),
        (rb"\\000026", rb"\000026"),
    ],
)
def test_eci_is_undone(sent: bytes, label: bytes) -> None:
    assert read(b"]Q2" + sent) == (label, "QRCODE")
    assert read(b"]d4" + sent) == (label, "DATAMATRIX")
    assert read(b"]Q1" + sent) == (sent, "QRCODE")


@given(st.text(max_size=60))
@example("\\000026")
def test_what_was_escaped_comes_back(text: str) -> None:
    assert eci.decode(b"\\000026" + text.encode().replace(b"\\", b"\\\\")) == text.encode()


@given(st.binary(max_size=60))
def test_bytes_without_an_interpretation_come_back(data: bytes) -> None:
    assert eci.decode(data.replace(b"\\", b"\\\\")) == data


# -- UPC and EAN ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "label", "name"),
    [
        (b"]E04601234567893", b"4601234567893", "EAN13"),
        (b"]E0460123456789", b"4601234567893", "EAN13"),
        (b"]E00012345678905", b"0012345678905", "EAN13"),
        (b"]E0012345678905", b"012345678905", "UPCA"),
        (b"]E001234565", b"01234565", "UPCE"),
        (b"]E0ISBN", b"ISBN", "EAN13"),
        (b"]E446012340", b"46012340", "EAN8"),
        (b"]E44601234", b"46012340", "EAN8"),
        (b"]E3460123456789312", b"460123456789312", "EAN13_S"),
        (b"]E3460123456789312345", b"460123456789312345", "EAN13_S"),
        (b"]E301234567890512", b"01234567890512", "UPCA_S"),
        (b"]E04601234567893]E112", b"460123456789312", "EAN13_S"),
        (b"]E04601234567893]E212345", b"460123456789312345", "EAN13_S"),
        (b"]E446012340]E112", b"4601234012", "EAN8_S"),
        (b"]E112", b"12", "OTHER"),
    ],
)
def test_retail_symbols_by_their_aim_identifier(frame: bytes, label: bytes, name: str) -> None:
    assert read(frame) == (label, name)


MAKERS = {b"A": ScanDataType.UPCA, b"E": ScanDataType.UPCE, b"F": ScanDataType.EAN13, b"FF": ScanDataType.EAN8}


@pytest.mark.parametrize(
    ("frame", "label", "name"),
    [
        (b"F460123456789", b"4601234567893", "EAN13"),
        (b"F4601234567893", b"4601234567893", "EAN13"),
        (b"F46012345678912", b"460123456789312", "EAN13_S"),
        (b"FF4601234", b"46012340", "EAN8"),
        (b"A01234567890", b"012345678905", "UPCA"),
        (b"A01234567890512", b"01234567890512", "UPCA_S"),
        (b"E123456", b"01234565", "UPCE"),
        (b"E0123456", b"01234565", "UPCE"),
        (b"E1234565", b"01234565", "UPCE"),
        (b"E1234560", b"12345601", "UPCE"),
        (b"E01234565", b"01234565", "UPCE"),
        (b"E0123456512", b"0123456512", "UPCE_S"),
        (b"Fabc", b"abc", "EAN13"),
        (b"F123", b"123", "EAN13"),
        (b"4601234567893", b"4601234567893", "UNKNOWN"),
    ],
)
def test_retail_symbols_by_the_makers_identifier(frame: bytes, label: bytes, name: str) -> None:
    assert read(frame, identifiers=MAKERS) == (label, name)


def test_the_makers_identifier_may_stand_behind_the_data_and_wins_over_aim() -> None:
    assert read(b"46012340\x16", identifiers={b"\x16": ScanDataType.EAN8}, identifier_is_suffix=True) == (
        b"46012340",
        "EAN8",
    )
    assert read(b"]X94601234567893", identifiers={b"]X9": ScanDataType.EAN13}) == (b"4601234567893", "EAN13")


@pytest.mark.parametrize(
    ("digits", "rules", "label", "name"),
    [
        (b"4601234567893", RetailRules(), b"4601234567893", "EAN13"),
        (b"4601234567890", RetailRules(), b"4601234567890", "UNKNOWN"),
        (b"012345678905", RetailRules(), b"012345678905", "UPCA"),
        (b"460123456789", RetailRules(), b"4601234567893", "EAN13"),
        (b"46012340", RetailRules(), b"46012340", "EAN8"),
        (b"46012341", RetailRules(), b"46012341", "UNKNOWN"),
        (b"4601234", RetailRules(), b"4601234", "UNKNOWN"),
        (b"012345678905", RetailRules(check_digits_sent=False), b"0123456789050", "EAN13"),
        (b"01234567890", RetailRules(check_digits_sent=False), b"012345678905", "UPCA"),
        (b"4601234", RetailRules(check_digits_sent=False), b"46012340", "EAN8"),
        (b"46012340", RetailRules(check_digits_sent=False), b"46012340", "UNKNOWN"),
        (b"460123456789", RetailRules(compute_check_digits=False), b"460123456789", "EAN13"),
        (b"CM46012345", RetailRules(), b"CM46012345", "UNKNOWN"),
        (b"", RetailRules(), b"", "UNKNOWN"),
    ],
)
def test_bare_digits_are_inferred_only_where_allowed(
    digits: bytes, rules: RetailRules, label: bytes, name: str
) -> None:
    assert read(digits, infer_symbology=True, retail=rules) == (label, name)
    assert read(digits, infer_symbology=False, retail=rules) == (digits, "UNKNOWN")


def test_seven_digits_of_a_upce_without_check_digits_begin_with_the_number_system() -> None:
    removed = RetailRules(check_digits_sent=False)
    assert read(b"E1234565", identifiers=MAKERS, retail=removed) == (b"12345656", "UPCE")


def test_the_switches_of_a_shop() -> None:
    upca = RetailRules(upca_as_ean13=False)
    assert read(b"]E00012345678905", retail=upca) == (b"012345678905", "UPCA")
    assert read(b"]E04601234567893", retail=upca) == (b"4601234567893", "EAN13")
    assert read(b"]E3001234567890512", retail=upca) == (b"01234567890512", "UPCA_S")
    assert read(b"]E0012345678905", retail=RetailRules(check_digits_sent=False)) == (b"0123456789050", "EAN13")
    raw = parse_label(b"]Q1CM46", LabelRules(raw_equals_label=True))
    assert (raw.scan_data, raw.scan_data_label) == (b"CM46", b"CM46")


@pytest.mark.parametrize(
    ("short", "whole"),
    [
        (b"0123450", b"01200000345"),
        (b"0123451", b"01210000345"),
        (b"0123452", b"01220000345"),
        (b"0123453", b"01230000045"),
        (b"0123454", b"01234000005"),
        (b"0123455", b"01234500005"),
        (b"0123459", b"01234500009"),
    ],
)
def test_upce_expands_by_its_last_digit(short: bytes, whole: bytes) -> None:
    assert retail.expand_upce(short) == whole


@given(st.text(alphabet="0123456789", min_size=12, max_size=12).map(str.encode))
def test_a_check_digit_is_computed_once_and_found_right(digits: bytes) -> None:
    whole = digits + retail.check_digit(digits)
    assert retail.is_checked(whole)
    assert sum(retail.is_checked(digits + bytes([48 + last])) for last in range(10)) == 1
    assert retail.parse(digits, ScanDataType.EAN13, RetailRules()) == (whole, ScanDataType.EAN13)
    assert retail.parse(whole, ScanDataType.EAN13, RetailRules()) == (whole, ScanDataType.EAN13)


@given(
    st.sampled_from(
        [ScanDataType.EAN13, ScanDataType.UPCA, ScanDataType.UPCE, ScanDataType.EAN8, ScanDataType.EAN13_S]
    ),
    st.binary(max_size=25) | st.text(alphabet="0123456789", max_size=25).map(str.encode),
    st.booleans(),
)
def test_no_digit_that_was_sent_is_ever_lost(scan_type: ScanDataType, data: bytes, compute: bool) -> None:
    label, _ = retail.parse(data, scan_type, RetailRules(compute_check_digits=compute))
    assert set(label) >= set(data) or b"]E" in data
    assert len(label) >= len(data) or b"]E" in data


@pytest.mark.parametrize(
    ("scan", "types", "label", "name"),
    [
        (Scan(b"CM46", b"]L2", "R"), HONEYWELL_LETTERS, b"CM46", "UPDF417"),
        (Scan(b"CM46", b"]L2", "r"), HONEYWELL_LETTERS, b"CM46", "PDF417"),
        (Scan(b"0104601234567893", b"]e0", "}"), HONEYWELL_LETTERS, b"0104601234567893", "GS1DATABAR_E"),
        (Scan(b"CM46", b"]Q1", "j"), HONEYWELL_LETTERS, b"CM46", "QRCODE"),
        (Scan(b"460123456789", code="11"), SSI_CODES, b"4601234567893", "EAN13"),
        (Scan(b"CM46", code="26"), SSI_CODES, b"CM46", "UPDF417"),
        (Scan(b"CM46", code="255"), SSI_CODES, b"CM46", "UNKNOWN"),
        (Scan(b"CM46", code="00330B"), OEM_IDENTIFIERS, b"CM46", "QRCODE"),
    ],
)
def test_what_a_dialect_says_of_the_symbology(
    scan: Scan, types: dict[str, ScanDataType], label: bytes, name: str
) -> None:
    made = label_from_scan(scan, types)
    assert made is not None
    assert (made.scan_data, made.scan_data_label, made.scan_data_type.name) == (scan.aim + scan.data, label, name)
    raw = label_from_scan(scan, types, LabelRules(raw_equals_label=True))
    assert raw is not None
    assert raw.scan_data == raw.scan_data_label == label


@pytest.mark.parametrize(
    ("frame", "scan_data"),
    [
        (b"]Q1CM4601", b"]Q1777"),
        (b"CM4601", b"777"),
        (b"]Q2\\000026CM4601", b"]Q2\\000026777"),
        (b"]Q2\\000026CM\\\\01", b"]Q2777"),
    ],
)
def test_a_label_with_other_data_looks_as_if_the_symbol_held_it(frame: bytes, scan_data: bytes) -> None:
    before = parse_label(frame)
    after = relabelled(before, b"777")
    assert (after.scan_data, after.scan_data_label) == (scan_data, b"777")
    assert (after.scan_data_type, after.aim, after.typed) == (before.scan_data_type, before.aim, before.typed)
