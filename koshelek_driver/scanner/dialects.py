"""Bind a profile to its wire dialect: decoder, commands, and the dialect's symbology codes in UnifiedPOS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from firmware_protocol.dialect import Answer, Command, Dialect
from firmware_protocol.framing import StartEndFramer, TerminatorFramer
from koshelek_driver.config.profile import Framing, ScannerProfile
from koshelek_driver.upos.codes import ScanDataType

T = ScanDataType


def _no_response(_data: bytes) -> Answer:
    return Answer(ok=False, text="this dialect has no answers")


@dataclass(frozen=True, slots=True)
class DialectBinding:
    """A dialect as the driver uses it.

    `decoder` makes a decoder for one connection from the HID report descriptor (empty for other ports); `types` are the
    symbologies of the dialect's own codes; `commands` the bytes of each command and `parse_answer` its response;
    `first` and `last` are sent when the port is opened and before it is closed; `hid_pages` are the usage pages of the
    HID interface that sends labels.
    """

    decoder: Callable[[bytes], Dialect]
    types: Mapping[str, ScanDataType] = field(default_factory=dict)
    commands: Mapping[Command, bytes] = field(default_factory=dict)
    parse_answer: Callable[[bytes], Answer] = _no_response
    first: tuple[bytes, ...] = ()
    last: tuple[bytes, ...] = ()
    hid_pages: frozenset[int] = frozenset()


def build_binding(profile: ScannerProfile) -> DialectBinding:
    """Return the dialect of the scanners that a profile describes."""
    return _BINDINGS[profile.dialect](profile.framing)


def _text(framing: Framing) -> DialectBinding:
    return DialectBinding(
        lambda _descriptor: TerminatorFramer(
            framing.terminator_bytes,
            framing.idle_s,
            framing.max_length,
            prefix=framing.prefix_bytes,
            confirm_s=framing.confirm_s,
        )
    )


def _start_end(framing: Framing) -> DialectBinding:
    start = framing.prefix_bytes[0] if framing.prefix_bytes else 0x02
    return DialectBinding(
        lambda _descriptor: StartEndFramer(start, framing.terminator_bytes, framing.idle_s, framing.max_length)
    )


def _honeywell(framing: Framing) -> DialectBinding:
    from firmware_protocol import honeywell

    return DialectBinding(
        lambda _descriptor: honeywell.HoneywellDecoder(framing.idle_s, framing.max_length),
        HONEYWELL_LETTERS,
        honeywell.COMMANDS,
        honeywell.read_answer,
    )


def _newland(framing: Framing) -> DialectBinding:
    from firmware_protocol import newland

    return DialectBinding(
        lambda _descriptor: newland.decoder(framing.idle_s, framing.max_length),
        commands=newland.COMMANDS,
        parse_answer=newland.read_answer,
    )


def _datalogic(framing: Framing) -> DialectBinding:
    from firmware_protocol import datalogic

    return DialectBinding(
        lambda _descriptor: datalogic.decoder(framing.idle_s, framing.max_length),
        commands=datalogic.COMMANDS,
        parse_answer=datalogic.read_answer,
    )


def _ssi(framing: Framing) -> DialectBinding:
    from firmware_protocol import ssi

    return DialectBinding(
        lambda _descriptor: ssi.SsiDecoder(framing.max_length), SSI_CODES, ssi.COMMANDS, ssi.read_answer
    )


def _hid_pos(framing: Framing) -> DialectBinding:
    from firmware_protocol import hid_pos

    def decoder(descriptor: bytes) -> Dialect:
        return hid_pos.HidPosDecoder(hid_pos.layout_or_usual(descriptor), framing.max_length)

    return DialectBinding(decoder, HONEYWELL_LETTERS, hid_pos.COMMANDS, hid_pages=frozenset({hid_pos.PAGE}))


def _ibm_oem(framing: Framing) -> DialectBinding:
    from firmware_protocol import ibm_oem

    return DialectBinding(
        lambda _descriptor: ibm_oem.IbmOemDecoder(framing.max_length),
        OEM_IDENTIFIERS,
        ibm_oem.COMMANDS,
        ibm_oem.read_answer,
        first=(ibm_oem.COMMANDS[Command.ENABLE],),
        last=(ibm_oem.COMMANDS[Command.DISABLE],),
        hid_pages=frozenset({ibm_oem.PAGE}),
    )


def _keyboard(framing: Framing) -> DialectBinding:
    from firmware_protocol.hid_keyboard import KeyboardDecoder

    return DialectBinding(
        lambda _descriptor: KeyboardDecoder(framing.terminator_bytes, framing.idle_s, framing.max_length)
    )


_BINDINGS: dict[str, Callable[[Framing], DialectBinding]] = {
    "text": _text,
    "start-end": _start_end,
    "honeywell": _honeywell,
    "newland": _newland,
    "datalogic": _datalogic,
    "ssi": _ssi,
    "hid-pos": _hid_pos,
    "ibm-oem": _ibm_oem,
    "keyboard": _keyboard,
}

HONEYWELL_LETTERS = {
    "j": T.CODE128,
    "I": T.GS1128,
    "|": T.GS1128,
    "r": T.PDF417,
    "R": T.UPDF417,
    "y": T.GS1DATABAR,
    "{": T.GS1DATABAR_TYPE2,
    "}": T.GS1DATABAR_E,
    "w": T.DATAMATRIX,
    "s": T.QRCODE,
    "d": T.EAN13,
    "c": T.UPCA,
    "D": T.EAN8,
    "E": T.UPCE,
}
"""The maker's letters, sent beside the AIM identifier. Source: Honeywell user guides, symbology charts."""

_SSI_PLAIN = {
    1: T.CODE39, 2: T.CODABAR, 3: T.CODE128, 4: T.TF, 5: T.TF, 6: T.ITF, 7: T.CODE93, 8: T.UPCA, 9: T.UPCE,
    10: T.EAN8, 11: T.EAN13, 12: T.CODE11, 14: T.MSI, 15: T.GS1128, 16: T.UPCE, 17: T.PDF417, 19: T.CODE39,
    21: T.TRIOPTIC39, 22: T.EAN13, 25: T.ISBT128, 26: T.UPDF417, 27: T.DATAMATRIX, 28: T.QRCODE, 30: T.POSTNET,
    31: T.USPLANET, 32: T.CODE32, 33: T.ISBT128, 34: T.JAPANPOST, 35: T.AUSPOST, 36: T.DUTCHKIX, 37: T.MAXICODE,
    38: T.CANPOST, 39: T.UKPOST, 40: T.PDF417, 44: T.UQRCODE, 45: T.AZTEC, 46: T.AZTEC, 48: T.GS1DATABAR,
    49: T.GS1DATABAR_TYPE2, 50: T.GS1DATABAR_E, 72: T.UPCA_S, 73: T.UPCE_S, 74: T.EAN8_S, 75: T.EAN13_S, 80: T.UPCE_S,
    136: T.UPCA_S, 137: T.UPCE_S, 138: T.EAN8_S, 139: T.EAN13_S, 144: T.UPCE_S,
}  # fmt: skip
SSI_CODES = {str(number): scan_type for number, scan_type in _SSI_PLAIN.items()}
"""Code types of DECODE_DATA, the same in SSI and SNAPI. Source: Zebra DS2208 Product Reference Guide, SSI."""

_OEM_LONG = {
    0x0A: T.CODE39, 0x0C: T.TF, 0x0D: T.ITF, 0x0E: T.CODABAR, 0x18: T.CODE128, 0x19: T.CODE93, 0x25: T.GS1128,
    0x2A: T.GS1DATABAR, 0x2B: T.GS1DATABAR_E, 0x2E: T.PDF417, 0x2F: T.MAXICODE, 0x30: T.OCRA, 0x31: T.OCRB,
    0x32: T.DATAMATRIX, 0x33: T.QRCODE, 0x34: T.AZTEC, 0x35: T.CODE49, 0x36: T.GS1DATAMATRIX, 0x37: T.GS1QRCODE,
    0x38: T.UPDF417,
}  # fmt: skip
OEM_IDENTIFIERS = {f"00{number:02X}0B": scan_type for number, scan_type in _OEM_LONG.items()} | {
    "0C": T.EAN8,
    "16": T.EAN13,
    "0D": T.UPCA,
    "0A": T.UPCE,
    "11": T.UPCA_S,
    "12": T.UPCE_S,
    "13": T.EAN13_S,
    "14": T.UPCE_S,
    "15": T.EAN13_S,
    "17": T.EAN8_S,
    "1D": T.EAN8_S,
}
"""IBM's identifiers behind the data. Source: IBM OEM scanner specification, as published in open drivers."""
