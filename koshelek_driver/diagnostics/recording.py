"""Recordings of a scanner's bytes from which no card can be read.

The form of a transcript is kept: lengths, delimiters, checksums and identifiers of symbologies. In labels every digit
becomes 0 and every letter A or a.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from functools import partial

from firmware_protocol import hid_pos, ibm_oem, ssi
from firmware_protocol.hid_pos import Layout
from firmware_protocol.ssi import Packet
from koshelek_driver.config.profile import ScannerProfile
from koshelek_driver.transport import Port
from koshelek_driver.transport.transcript import DESCRIPTOR_LINE, FIRST_LINE

# AIM identifiers, the head of a Honeywell message, the head of a Newland response: no part of a label.
_KEPT = re.compile(rb"\][A-Za-z][0-9A-Za-z]|MSGGET\d{4}.[A-Za-z]\d\x1d|\x02\x010000")
_TABLE = bytes.maketrans(string.printable[:62].encode(), b"0" * 10 + b"a" * 26 + b"A" * 26)
_QUIET_S = 0.05
_DECODE_DATA, _SEGMENT = 0xF3, 0x73
# Key codes of evdev (linux/input-event-codes.h), digits of the keypad included.
_DIGIT_KEYS = {*range(2, 12), 71, 72, 73, 75, 76, 77, 79, 80, 81, 82}
_LETTER_KEYS = {*range(16, 26), *range(30, 39), *range(44, 51)}
_SHIFTS = (42, 54)
_KEY_0, _KEY_A, _KEY_BRACKET, _AIM_KEYS = 11, 30, 27, 3
_Hide = Callable[[bytes], bytes]


def record(
    port: Port, model: ScannerProfile, seconds: float, now_s: Callable[[], float], write: Callable[[str], object]
) -> None:
    """Record a device for some seconds; blocks as long, and until the message under way is complete.

    `write` receives the transcript line by line, with labels hidden.

    Raises:
        PortLost: the device is gone.
    """
    hide = _hider(model, port.report_descriptor)
    has_reports = bool(port.report_descriptor)
    write(FIRST_LINE)
    if has_reports:
        write(f"{DESCRIPTOR_LINE}{port.report_descriptor.hex()}")
    began = at = now_s()
    held = b""
    while now_s() < began + seconds or held:
        data = port.read(_QUIET_S)
        at = at if held else now_s()
        held += data
        if held and (has_reports or not data):
            write(f"{at - began:.3f} < {hide(held).hex()}")
            held = b""


def _hider(model: ScannerProfile, descriptor: bytes) -> _Hide:
    """Return the function that hides labels in messages of a scanner of this profile."""
    if model.dialect == "hid-pos":
        return partial(_of_hid_pos, layout=hid_pos.layout_or_usual(descriptor))
    others: dict[str, _Hide] = {"ssi": _of_ssi, "ibm-oem": _of_oem, "keyboard": _of_keys}
    return others.get(model.dialect, partial(_of_text, kept=_kept_of(model)))


def _kept_of(model: ScannerProfile) -> re.Pattern[bytes]:
    """Match the bytes to keep: protocol marks, AIM identifiers, the maker's own identifiers."""
    own = [rb"(?:(?<=[\r\n])|\A)" + re.escape(each.encode()) for each in model.symbology.identifiers]
    return re.compile(b"|".join([_KEPT.pattern, *own]))


def _of_text(data: bytes, kept: re.Pattern[bytes] = _KEPT) -> bytes:
    hidden = bytearray(data.translate(_TABLE))
    for found in kept.finditer(data):
        hidden[found.start() : found.end()] = found[0]
    return bytes(hidden)


def _of_ssi(data: bytes) -> bytes:
    """Hide labels packet by packet and recompute the checksums, so that the recording still parses."""
    hidden, at = b"", 0
    while at < len(data):
        size = data[at] + 2
        packet = ssi.parse(data[at : at + size])
        hidden += data[at : at + 1].translate(_TABLE) if packet is None else ssi.build(_hidden_packet(packet))
        at += 1 if packet is None else size
    return hidden


def _hidden_packet(packet: Packet) -> Packet:
    data = packet.data
    kept = {_DECODE_DATA: _decode_head(data), _SEGMENT: 10 if data[:1] == b"\0" else 1}.get(packet.opcode, len(data))
    return Packet(packet.opcode, packet.source, packet.status, data[:kept] + data[kept:].translate(_TABLE))


def _decode_head(data: bytes) -> int:
    """Return the size of the head: the type alone, or type, flag and length in the longer form."""
    return 4 if data[2:4] == (len(data) - 4 & 0xFFFF).to_bytes(2, "big") else 1


def _of_hid_pos(data: bytes, layout: Layout) -> bytes:
    at = 1 if layout.report_id else 0
    hidden = bytearray(_of_text(data))
    hidden[:at] = data[:at]
    for kept in (layout.length_at, None if layout.continued_bit is None else layout.continued_bit // 8):
        if kept is not None and at + kept < len(data):
            hidden[at + kept] = data[at + kept]
    return bytes(hidden)


def _of_oem(data: bytes) -> bytes:
    label = data[4 : data[0]] if data else b""
    if not label:
        return data
    end = 4 + len(ibm_oem.take_apart(label).data)
    hidden = bytes(0 if byte <= 9 else byte for byte in data[4:end].translate(_TABLE))
    return data[:4] + hidden + data[end:]


def _of_keys(data: bytes) -> bytes:
    """Hide the keys of digits and letters, except those of an AIM identifier at the very beginning."""
    hidden = bytearray(data)
    pressed: list[int] = []
    for place in range(0, len(data) - 1, 2):
        code, is_down = data[place], data[place + 1]
        pressed += [code] if is_down and code not in _SHIFTS else []
        if pressed[:1] != [_KEY_BRACKET] or len(pressed) > _AIM_KEYS:
            hidden[place] = _KEY_0 if code in _DIGIT_KEYS else _KEY_A if code in _LETTER_KEYS else code
    return bytes(hidden)
