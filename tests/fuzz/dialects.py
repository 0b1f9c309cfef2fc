"""Every scanner dialect under atheris: `python -m tests.fuzz.dialects -max_total_time=60` (pip install atheris).

The first byte of an input chooses the dialect and each next one the size of a piece. Nothing may raise, what is kept stays
bounded, silence ends whatever is pending, and the next good label is read.
"""

from __future__ import annotations

import contextlib
import sys

import atheris

with atheris.instrument_imports():
    from firmware_protocol import (
        datalogic,
        framing,
        hid_descriptor,
        hid_keyboard,
        hid_pos,
        honeywell,
        ibm_oem,
        newland,
        ssi,
    )
    from firmware_protocol.errors import FrameError

from tests.support.dialects import fall_silent, scans

LONGEST = 200
DIALECTS = (
    (lambda: framing.TerminatorFramer(b"\r\n", 0.05, LONGEST), b"good\r"),
    (lambda: framing.TerminatorFramer(b"\r\n", 0.05, LONGEST, confirm_s=0.01), b"good\r"),
    (lambda: framing.StartEndFramer(2, b"\x03", 0.5, LONGEST), b"\x02good\x03"),
    (lambda: honeywell.HoneywellDecoder(0.05, LONGEST), b"good\r"),
    (lambda: newland.decoder(0.05, LONGEST), b"good\r"),
    (lambda: datalogic.decoder(0.05, LONGEST), b"good\r"),
    (lambda: ssi.SsiDecoder(LONGEST), ssi.build_packet(ssi.Packet(0xF3, 0, 0, b"\x1cgood"))),
    (lambda: hid_pos.HidPosDecoder(hid_pos.HONEYWELL, LONGEST), b"\x02\x04]Q1" + b"good".ljust(59, b"\0")),
    (lambda: ibm_oem.IbmOemDecoder(LONGEST), b"\x0b\0\0\0good\x00\x33\x0b"),
    (lambda: hid_keyboard.KeyboardDecoder(b"\r", 0.05, LONGEST), b""),
)


def one(data: bytes) -> None:
    """One input."""
    if not data:
        return
    make, good = DIALECTS[data[0] % len(DIALECTS)]
    decoder, at, now = make(), 1, 1.0
    while at < len(data):
        size = data[at] % 80
        decoder.feed(data[at + 1 : at + 1 + size], now)
        at, now = at + 1 + size, now + 0.001
    fall_silent(decoder, now)
    if good:
        found = scans([*decoder.feed(good, 99.0), *fall_silent(decoder, 99.0)])
        assert found, "the next good label was not read"
    with contextlib.suppress(FrameError):
        hid_pos.layout_of(hid_descriptor.parse_descriptor(data))


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
