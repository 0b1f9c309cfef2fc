"""Input reports of a scanner with the IBM OEM interface."""

from __future__ import annotations

QR = bytes.fromhex("00330B")


def report(body: bytes, *, status: bytes = b"\x00\x03\x00") -> bytes:
    return (bytes([len(body) + 4]) + status + body).ljust(64, b"\0")


def reports(data: bytes, identifier: bytes = QR) -> list[bytes]:
    parts = [data[start : start + 56] for start in range(0, len(data), 56)]
    marks = [bytes([identifier[0] | 0x10]) + identifier[1:]] * (len(parts) - 1) + [identifier]
    return [report(part + mark) for part, mark in zip(parts, marks, strict=True)]
