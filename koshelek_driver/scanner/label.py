"""Make a label of one frame: the scanner's identifier is removed, the data of the symbol stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from firmware_protocol.dialect import Scan
from firmware_protocol.hid_keyboard import is_spoilt, mend
from koshelek_driver.scanner import aim, eci, retail
from koshelek_driver.scanner.aim import Identifier
from koshelek_driver.scanner.retail import DEFAULT_RETAIL_RULES, RetailRules
from koshelek_driver.upos.codes import ScanDataType

_AS_EAN = ("E0", "E3")
_AS_RETAIL = (*_AS_EAN, "E4")


@dataclass(frozen=True, slots=True, repr=False)
class Label:
    """One scan. It may hold a card's password, so its repr shows no data.

    `scan_data` is the frame without framing bytes; `scan_data_label` the bare label; `aim` the two characters after
    `]`, empty if the scanner sends no identifier; `typed`: it came through a keyboard, where other programs can watch.
    """

    scan_data: bytes
    scan_data_label: bytes
    scan_data_type: ScanDataType
    aim: str = ""
    typed: bool = False

    @property
    def text(self) -> str:
        """The bare label as text: UTF-8 if it is valid, else Latin-1, one character a byte."""
        try:
            return self.scan_data_label.decode("utf-8")
        except UnicodeDecodeError:
            return self.scan_data_label.decode("latin-1")

    def __repr__(self) -> str:
        return f"Label({len(self.scan_data)} bytes, {self.scan_data_type.name})"


@dataclass(frozen=True, slots=True)
class LabelRules:
    """The rules for making labels: properties of the scanner and wishes of its shop.

    `identifiers`: the maker's own identifier bytes and the symbology of each, before the data or
    (`identifier_is_suffix`) behind it; they take precedence over AIM's. `infer_symbology`: bare digits with a right
    check digit are a UPC or EAN. `raw_equals_label`: ScanData is the label. `typed`: the scanner is a keyboard.
    """

    identifiers: Mapping[bytes, ScanDataType] = field(default_factory=dict)
    identifier_is_suffix: bool = False
    infer_symbology: bool = False
    raw_equals_label: bool = False
    typed: bool = False
    retail: RetailRules = DEFAULT_RETAIL_RULES


DEFAULT_RULES = LabelRules()
_FINER = {
    ScanDataType.PDF417: (ScanDataType.UPDF417,),
    ScanDataType.QRCODE: (ScanDataType.UQRCODE,),
    ScanDataType.GS1DATABAR: (ScanDataType.GS1DATABAR_E, ScanDataType.GS1DATABAR_TYPE2),
}
"""Symbologies that share one AIM identifier, so that only the maker's own code distinguishes them."""


def parse_label(frame: bytes, rules: LabelRules = DEFAULT_RULES) -> Label:
    """Make a label of one frame's data.

    Without an identifier the type is UNKNOWN, unless the rules allow to infer it.
    """
    return _label(frame, aim.parse(frame), rules)


def parse_text(text: str, *, typed: bool = False) -> Label:
    """Make a label of text given by a program.

    Text that a Russian keyboard layout garbled is repaired; only a keyboard garbles, so the label counts as typed.
    """
    spoilt = is_spoilt(text)
    label = parse_label((mend(text) if spoilt else text).encode())
    return replace(label, typed=typed or spoilt)


def label_from_scan(scan: Scan, types: Mapping[str, ScanDataType], rules: LabelRules = DEFAULT_RULES) -> Label | None:
    """Make a label of a scan; None for a message of the scanner itself (`]Z`).

    `types` are the symbologies of the dialect's own codes. ScanData has the AIM identifier before the data, as a
    scanner on a plain line sends it.
    """
    frame = scan.aim + scan.data
    parsed = aim.parse(frame)
    if parsed[0] is not None and parsed[0].is_message:
        return None
    named = types.get(scan.code)
    if not scan.aim and named is not None:
        return _apply_wishes(_label_of_type(frame, scan.data, named, rules), rules)
    label = _label(frame, parsed, rules)
    return replace(label, scan_data_type=named) if named in _FINER.get(label.scan_data_type, ()) else label


def relabelled(label: Label, data: bytes) -> Label:
    """Return the label that the same symbol would give if it held `data`: same identifier, same symbology."""
    if label.scan_data_label in label.scan_data:
        frame = label.scan_data.replace(label.scan_data_label, data, 1)
    else:
        frame = (f"]{label.aim}".encode() if label.aim else b"") + data
    return replace(label, scan_data=frame, scan_data_label=data)


def _label(frame: bytes, parsed: tuple[Identifier | None, bytes], rules: LabelRules) -> Label:
    identifier, data = parsed
    label = _by_maker(frame, rules)
    if label is None and identifier is not None:
        label = _by_aim(frame, identifier, data, rules)
    return _apply_wishes(label or _bare(frame, rules), rules)


def _apply_wishes(label: Label, rules: LabelRules) -> Label:
    if rules.raw_equals_label:
        label = replace(label, scan_data=label.scan_data_label)
    return replace(label, typed=True) if rules.typed else label


def _by_maker(frame: bytes, rules: LabelRules) -> Label | None:
    at_end = rules.identifier_is_suffix
    for identifier in sorted(rules.identifiers, key=len, reverse=True):  # one may begin as a longer one does
        if frame.endswith(identifier) if at_end else frame.startswith(identifier):
            data = frame.removesuffix(identifier) if at_end else frame.removeprefix(identifier)
            return _label_of_type(frame, data, rules.identifiers[identifier], rules)
    return None


def _by_aim(frame: bytes, identifier: Identifier, data: bytes, rules: LabelRules) -> Label:
    if identifier.code in _AS_RETAIL:
        parse = retail.parse_ean if identifier.code in _AS_EAN else retail.parse
        return Label(frame, *parse(data, identifier.scan_type, rules.retail), identifier.code)
    return Label(frame, eci.decode(data) if identifier.has_eci else data, identifier.scan_type, identifier.code)


def _bare(frame: bytes, rules: LabelRules) -> Label:
    found = retail.infer(frame, rules.retail) if rules.infer_symbology else None
    return Label(frame, *(found or (frame, ScanDataType.UNKNOWN)))


def _label_of_type(frame: bytes, data: bytes, scan_type: ScanDataType, rules: LabelRules) -> Label:
    found = retail.parse(data, scan_type, rules.retail) if retail.is_retail(scan_type) else (data, scan_type)
    return Label(frame, *found)
