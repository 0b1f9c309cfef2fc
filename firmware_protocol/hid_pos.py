"""HID point-of-sale scanners: usage page 0x8C, labels in input reports, triggers and beeps in an output report.

The layout of a report is read from the device's report descriptor; HONEYWELL is the most common layout, for devices
without a usable descriptor. Sources: USB HID Point of Sale Usage Tables 1.02; makers' notes for the exceptions.
"""

from __future__ import annotations

from dataclasses import dataclass

from firmware_protocol.dialect import Command, Damaged, Event, Reply, Scan
from firmware_protocol.errors import FrameError
from firmware_protocol.hid_descriptor import Descriptor, Field, ReportKind, Usage, parse_descriptor
from firmware_protocol.hid_reports import ReportJoiner

PAGE = 0x8C
SCANNER = Usage(PAGE, 0x02)
_BYTE_COUNT = Usage(0x01, 0x3B)
_AIM_1 = Usage(PAGE, 0xFB)
_DATA = Usage(PAGE, 0xFE)
_CONTINUED = Usage(PAGE, 0xFF)
_VENDOR_CODE_PAGE = 0xFF66
_AIM_SIZE = 3
_ANSWERS = (b"]Z6", b"]X0")


@dataclass(frozen=True, slots=True)
class Layout:
    """The layout of a scanned data report: byte offsets from the byte after the report id.

    None means that the report has no such field. `continued_bit` is a bit offset.
    """

    report_id: int
    length_at: int | None
    aim_at: int | None
    data_at: int
    data_size: int
    continued_bit: int | None
    code_at: int | None
    length_counts_aim: bool = False


HONEYWELL = Layout(report_id=2, length_at=0, aim_at=1, data_at=4, data_size=56, continued_bit=62 * 8, code_at=60)


def layout_of(descriptor: Descriptor) -> Layout | None:
    """Return the layout by the device's own descriptor; None if it is no HID POS scanner."""
    found = descriptor.find(ReportKind.INPUT, _DATA)
    if found is None:
        return None
    data, _ = found
    same = [each for each in descriptor.fields if each.kind is data.kind and each.report_id == data.report_id]
    return Layout(
        report_id=data.report_id,
        length_at=_byte_of(same, _BYTE_COUNT),
        aim_at=_byte_of(same, _AIM_1),
        data_at=data.offset // 8,
        data_size=data.size * data.count // 8,
        continued_bit=_bit_of(same, _CONTINUED),
        code_at=_vendor_code(same),
    )


def layout_or_usual(report_descriptor: bytes) -> Layout:
    """Return the layout for a raw report descriptor; HONEYWELL if it is missing or invalid."""
    try:
        return layout_of(parse_descriptor(report_descriptor)) or HONEYWELL
    except FrameError:
        return HONEYWELL


class HidPosDecoder(ReportJoiner):
    """Decodes labels from input reports; each call of `feed` takes one report.

    A report begins with its report id if the device has ids.
    """

    def __init__(self, layout: Layout, max_length: int) -> None:
        super().__init__(max_length)
        self._layout = layout
        self._aim = b""
        self._code = ""

    def _take(self, report: bytes, now: float, events: list[Event]) -> None:
        body = self._body(report)
        if body is None:
            return
        if len(body) < self._layout.data_at:
            events.append(Damaged("a report too short for its layout", len(report)))
            return
        aim, code = self._identifiers(body)
        if self._open_s is not None and aim != self._aim:
            self._end(events)  # the last full report said `continued`, but that label was whole
        self._aim, self._code = aim, code
        self._join(self._data_of(body), now, events, more=self._is_continued(body))

    def _rest_is_missing(self, events: list[Event]) -> None:
        self._end(events)  # some firmware says `continued` in every full report, also the last

    def _body(self, report: bytes) -> bytes | None:
        """Return the report without its id; None if it is not a report with scanned data."""
        if self._layout.report_id == 0:
            return report
        return report[1:] if report[0] == self._layout.report_id else None

    def _identifiers(self, body: bytes) -> tuple[bytes, str]:
        layout = self._layout
        aim = b"" if layout.aim_at is None else body[layout.aim_at : layout.aim_at + _AIM_SIZE].strip(b"\0")
        code = b"" if layout.code_at is None else body[layout.code_at : layout.code_at + 1].strip(b"\0")
        return aim, code.decode("latin-1")

    def _data_of(self, body: bytes) -> bytes:
        layout = self._layout
        whole = body[layout.data_at : layout.data_at + layout.data_size]
        if layout.length_at is None:
            return whole.rstrip(b"\0")
        length = body[layout.length_at] - (_AIM_SIZE if layout.length_counts_aim else 0)
        return whole[: max(0, length)]

    def _is_continued(self, body: bytes) -> bool:
        if self._layout.continued_bit is None:
            return False
        byte, bit = divmod(self._layout.continued_bit, 8)
        return len(body) > byte and bool(body[byte] >> bit & 1)

    def _end(self, events: list[Event]) -> None:
        if self._aim in _ANSWERS:
            events.append(Reply(self._data))
        elif self._data:
            events.append(Scan(self._data, self._aim, self._code))
        self._forget()


# Output report 4 (Trigger Report), one byte of bits. Source: the usage tables, 0x5F to 0x86; the order of the bits
# comes from makers' manuals.
_TRIGGER_REPORT = 4
COMMANDS = {
    Command.DISABLE: bytes([_TRIGGER_REPORT, 0b0000_0010]),  # prevent read
    Command.ENABLE: bytes([_TRIGGER_REPORT, 0]),
    Command.TRIGGER: bytes([_TRIGGER_REPORT, 0b0000_0100]),  # initiate read
    Command.STOP_TRIGGER: bytes([_TRIGGER_REPORT, 0]),
    Command.ERROR_BEEP: bytes([_TRIGGER_REPORT, 0b0010_0000]),
    Command.GOOD_READ_BEEP: bytes([_TRIGGER_REPORT, 0b0100_0000]),
}


def _byte_of(fields: list[Field], usage: Usage) -> int | None:
    bit = _bit_of(fields, usage)
    return None if bit is None else bit // 8


def _bit_of(fields: list[Field], usage: Usage) -> int | None:
    for each in fields:
        if usage in each.usages:
            return each.offset + each.size * each.usages.index(usage)
    return None


def _vendor_code(fields: list[Field]) -> int | None:
    """Return the offset of the maker's own symbology code, or None."""
    for each in fields:
        if any(usage.page == _VENDOR_CODE_PAGE for usage in each.usages):
            return each.offset // 8
    return None
