"""The report descriptor of a HID POS scanner, and its input reports."""

from __future__ import annotations

# A scanner of the usual layout, written out by the HID specification: page 8C, report 2 in, report 4 out.
DESCRIPTOR = bytes.fromhex(
    "058C 0902 A101"  # page 8C, usage 2 (scanner), application
    " 8502 0912 A102"  # report 2, scanned data report, logical
    " 1500 26FF00 7508"  # 0..255, bytes
    " 9501 0501 093B 8102"  # byte count, page 1 usage 3B
    " 058C 9503 09FB 09FC 09FD 8102"  # symbology identifier 1 to 3
    " 9538 09FE 820201"  # 56 bytes of decoded data
    " 0666FF 9502 0904 0900 8102"  # two of the maker's
    " 058C 2501 7501 9501 09FF 8102"  # decode data continued
    " 9507 8103"  # seven bits of nothing
    " C0"
    " 8504 0914 A102 2501 7501 9508 09 5E 09 5F 09 60 09 00 09 00 09 85 09 86 09 00 9102 C0"  # trigger report
    " C0"
)


def report(data: bytes, *, aim: bytes = b"]Q1", code: bytes = b"s", continued: bool = False) -> bytes:
    """One report of 64 bytes, as most scanners send it."""
    return bytes([2, len(data)]) + aim + data.ljust(56, b"\0") + code + b"\0" + bytes([continued])


def reports(data: bytes, *, always_continued: bool = False) -> list[bytes]:
    """A label in as many reports as it needs."""
    parts = [data[start : start + 56] for start in range(0, len(data), 56)]
    marks = [place + 1 < len(parts) or (always_continued and len(part) == 56) for place, part in enumerate(parts)]
    return [report(part, continued=mark) for part, mark in zip(parts, marks, strict=True)]
