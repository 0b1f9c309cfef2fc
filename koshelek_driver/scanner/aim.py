"""AIM symbology identifiers, `]` + code letter + modifier, as UnifiedPOS symbologies. Source: ISO/IEC 15424.

UnifiedPOS does not define this mapping; where an identifier fits several of its numbers, the README of `upos` lists the
one that was chosen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from koshelek_driver.upos.codes import ScanDataType

_FORM = re.compile(rb"\][A-Za-z][0-9A-Za-z]")
_LENGTH = 3

_BY_LETTER = {
    "A": ScanDataType.CODE39,
    "B": ScanDataType.TELEPEN,
    "C": ScanDataType.CODE128,
    "D": ScanDataType.OTHER,  # Code One
    "E": ScanDataType.EAN13,
    "F": ScanDataType.CODABAR,
    "G": ScanDataType.CODE93,
    "H": ScanDataType.CODE11,
    "I": ScanDataType.ITF,
    "J": ScanDataType.OTHER,  # DotCode
    "K": ScanDataType.CODE16K,
    "L": ScanDataType.PDF417,
    "M": ScanDataType.MSI,
    "N": ScanDataType.OTHER,  # Anker
    "O": ScanDataType.CODABLOCKF,
    "P": ScanDataType.PLESSEY,
    "Q": ScanDataType.QRCODE,
    "R": ScanDataType.TF,  # straight, bars in start and stop
    "S": ScanDataType.TF,
    "T": ScanDataType.CODE49,
    "U": ScanDataType.MAXICODE,
    "X": ScanDataType.OTHER,  # defined by the maker: a profile can name it
    "Z": ScanDataType.UNKNOWN,  # no bar code at all
    "d": ScanDataType.DATAMATRIX,
    "e": ScanDataType.GS1DATABAR,
    "g": ScanDataType.OTHER,  # Grid Matrix
    "h": ScanDataType.HANXIN,
    "o": ScanDataType.OTHER,  # printed characters in a font other than OCR-A and OCR-B
    "z": ScanDataType.AZTEC,
}
_BY_MODIFIER = {
    **dict.fromkeys(("A1", "A3", "A5", "A7"), ScanDataType.CODE39_CK),
    "C1": ScanDataType.GS1128,
    "C4": ScanDataType.ISBT128,
    **dict.fromkeys(("E1", "E2"), ScanDataType.OTHER),  # an add-on without its main symbol
    "E3": ScanDataType.EAN13_S,
    "E4": ScanDataType.EAN8,
    **dict.fromkeys(("I1", "I3"), ScanDataType.ITF_CK),
    **dict.fromkeys(("O0", "O1"), ScanDataType.CODABLOCK256),
    "O6": ScanDataType.CODABLOCKA,
    **dict.fromkeys(("Q3", "Q4"), ScanDataType.GS1QRCODE),
    **dict.fromkeys(("d2", "d5", "d8", "dB"), ScanDataType.GS1DATAMATRIX),
    "e1": ScanDataType.CCA,
    "e2": ScanDataType.CCB,
    "e3": ScanDataType.CCC,
    "o1": ScanDataType.OCRA,
    "o2": ScanDataType.OCRB,
}
_WITH_ECI = frozenset(
    ["L1", "Q2", "Q4", "Q6", "U2", "U3", "d4", "d5", "d6", "dA", "dB", "dC", "h1", "z3", "z4", "z5", "z9", "zA", "zB"]
)


@dataclass(frozen=True, slots=True)
class Identifier:
    """One identifier: the two characters after `]`, and the symbology.

    `has_eci`: the data has ECI escapes.
    """

    code: str
    scan_type: ScanDataType
    has_eci: bool

    @property
    def is_message(self) -> bool:
        """True for `]Z`: not a bar code but a message of the scanner, such as a response."""
        return self.code[0] == "Z"


def parse(frame: bytes) -> tuple[Identifier | None, bytes]:
    """Parse the identifier at the start of a frame; return it and the bytes after it.

    Without a known identifier returns None and the whole frame.
    """
    code = frame[1:_LENGTH].decode("latin-1")
    if not _FORM.match(frame) or code[0] not in _BY_LETTER:
        return None, frame
    scan_type = _BY_MODIFIER.get(code, _BY_LETTER[code[0]])
    return Identifier(code, scan_type, code in _WITH_ECI), frame[_LENGTH:]
