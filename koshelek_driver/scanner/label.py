"""From one frame to a label: take the AIM identifier off and say what symbology it names (ISO/IEC 15424)."""

from __future__ import annotations

from dataclasses import dataclass

from koshelek_driver.upos.codes import ScanDataType

_AIM_FLAG = ord("]")
_BY_IDENTIFIER = {
    b"C1": ScanDataType.GS1128,
    b"C4": ScanDataType.ISBT128,
    b"E3": ScanDataType.EAN13_S,
    b"E4": ScanDataType.EAN8,
    b"I1": ScanDataType.ITF_CK,
    b"I3": ScanDataType.ITF_CK,
    b"d2": ScanDataType.GS1DATAMATRIX,
    b"d5": ScanDataType.GS1DATAMATRIX,
    b"d8": ScanDataType.GS1DATAMATRIX,
    b"dB": ScanDataType.GS1DATAMATRIX,
    b"Q3": ScanDataType.GS1QRCODE,
    b"Q4": ScanDataType.GS1QRCODE,
}
_BY_CODE_CHARACTER = {
    b"A": ScanDataType.CODE39,
    b"C": ScanDataType.CODE128,
    b"E": ScanDataType.EAN13,
    b"F": ScanDataType.CODABAR,
    b"G": ScanDataType.CODE93,
    b"I": ScanDataType.ITF,
    b"L": ScanDataType.PDF417,
    b"Q": ScanDataType.QRCODE,
    b"X": ScanDataType.OTHER,
    b"d": ScanDataType.DATAMATRIX,
    b"e": ScanDataType.GS1DATABAR,
    b"z": ScanDataType.AZTEC,
}


@dataclass(frozen=True, slots=True, repr=False)
class Label:
    """One scan. It may hold a card's password, so it does not print itself.

    `scan_data` is what came without framing; `scan_data_label` the bare label; `aim` the two characters
    after `]`, empty when the scanner sends no identifier.
    """

    scan_data: bytes
    scan_data_label: bytes
    scan_data_type: ScanDataType
    aim: str

    @property
    def text(self) -> str:
        """The bare label as text: UTF-8 if it is, else one character a byte."""
        try:
            return self.scan_data_label.decode("utf-8")
        except UnicodeDecodeError:
            return self.scan_data_label.decode("latin-1")

    def __repr__(self) -> str:
        return f"Label({len(self.scan_data)} bytes, {self.scan_data_type.name})"


def read_label(frame: bytes) -> Label:
    """Make a label of one frame's data. Without an AIM identifier the type is UNKNOWN."""
    identifier = frame[1:3]
    scan_type = _symbology(identifier) if len(frame) >= 3 and frame[0] == _AIM_FLAG else None
    if scan_type is None:
        return Label(frame, frame, ScanDataType.UNKNOWN, "")
    return Label(frame, frame[3:], scan_type, identifier.decode("ascii"))


def _symbology(identifier: bytes) -> ScanDataType | None:
    if not identifier[1:].isalnum():
        return None
    return _BY_IDENTIFIER.get(identifier) or _BY_CODE_CHARACTER.get(identifier[:1])
