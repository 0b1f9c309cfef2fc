"""The properties that each station has, by the names of the standard; `PrintStation` has their values."""

from __future__ import annotations

from typing import Any, TypeVar

from koshelek_driver.printer.pos_printer.station import PrintStation
from koshelek_driver.upos.members import V1_2, V1_5, V1_7, V1_9, V1_13, ReadOnly, Stage, Writable
from koshelek_driver.upos.output import FlagsWhenIdle
from koshelek_driver.upos.printer_codes import Station

T = TypeVar("T")
_JRN, _REC, _SLP = Station.JOURNAL, Station.RECEIPT, Station.SLIP
_ONCE, _NOW = Stage.ENABLED_ONCE, Stage.ENABLED


class Of(ReadOnly[T]):
    """A property of one station that is read."""

    def __init__(  # noqa: PLR0917 - one line a property
        self,
        name: str,
        kind: type[T],
        doc: str,
        station: Station,
        part: str,
        read: Stage = Stage.OPEN,
        since: int = V1_2,
    ) -> None:
        super().__init__(name, kind, doc, read=read, since=since)
        self._station = station
        self._part = part

    def _value(self, device: Any) -> T:
        value: T = getattr(device._stations[self._station], self._part)
        return value


class Set(Writable[T]):
    """A property of one station that is also written, while the device is enabled."""

    def __init__(self, name: str, kind: type[T], doc: str, station: Station, part: str, *, since: int = V1_2) -> None:
        super().__init__(name, kind, doc, read=_ONCE, write=_NOW, since=since)
        self._station = station
        self._part = part

    def _value(self, device: Any) -> T:
        value: T = getattr(device._stations[self._station], self._part)
        return value

    def _keep(self, device: Any, value: T) -> None:
        getattr(device._stations[self._station], f"set_{self._part}")(value)


class StationMembers(FlagsWhenIdle):
    """Journal, receipt and slip."""

    _stations: dict[Station, PrintStation]

    cap_jrn_present = Of("CapJrnPresent", bool, "There is a journal station.", _JRN, "present")
    cap_jrn2_color = Of("CapJrn2Color", bool, "It prints in two colours.", _JRN, "two_colours")
    cap_jrn_color = Of("CapJrnColor", int, "PTR_COLOR_ of its colours.", _JRN, "colours", since=V1_5)
    cap_jrn_bold = Of("CapJrnBold", bool, "Bold.", _JRN, "bold")
    cap_jrn_italic = Of("CapJrnItalic", bool, "False.", _JRN, "never")
    cap_jrn_underline = Of("CapJrnUnderline", bool, "Underlined.", _JRN, "underline")
    cap_jrn_dhigh = Of("CapJrnDhigh", bool, "Twice as high.", _JRN, "larger")
    cap_jrn_dwide = Of("CapJrnDwide", bool, "Twice as wide.", _JRN, "larger")
    cap_jrn_dwide_dhigh = Of("CapJrnDwideDhigh", bool, "Twice as wide and high.", _JRN, "larger")
    cap_jrn_empty_sensor = Of("CapJrnEmptySensor", bool, "It tells the end of its paper.", _JRN, "empty_sensor")
    cap_jrn_near_end_sensor = Of(
        "CapJrnNearEndSensor", bool, "It tells that its paper is nearly used up.", _JRN, "near_end_sensor"
    )
    cap_jrn_cartridge_sensor = Of(
        "CapJrnCartridgeSensor", int, "0: it does not tell the state of ink.", _JRN, "nothing", since=V1_5
    )
    jrn_line_chars_list = Of("JrnLineCharsList", str, "Characters a line of each font.", _JRN, "line_chars_list")
    jrn_line_chars = Set(
        "JrnLineChars", int, "Characters a line; what is written chooses the font.", _JRN, "line_chars"
    )
    jrn_line_height = Set("JrnLineHeight", int, "Height of the font.", _JRN, "line_height")
    jrn_line_spacing = Set("JrnLineSpacing", int, "From line to line.", _JRN, "line_spacing")
    jrn_line_width = Of("JrnLineWidth", int, "Width of a line.", _JRN, "line_width", _ONCE)
    jrn_letter_quality = Set("JrnLetterQuality", bool, "Kept; there is one quality.", _JRN, "letter_quality")
    jrn_current_cartridge = Set(
        "JrnCurrentCartridge", int, "PTR_COLOR_ of what follows.", _JRN, "current_cartridge", since=V1_5
    )
    jrn_cartridge_state = Of("JrnCartridgeState", int, "PTR_CART_UNKNOWN.", _JRN, "cartridge_state", _NOW, since=V1_5)
    jrn_empty = Of("JrnEmpty", bool, "Its paper has come to an end.", _JRN, "is_empty", _NOW)
    jrn_near_end = Of("JrnNearEnd", bool, "Its paper is nearly used up.", _JRN, "is_near_end", _NOW)

    cap_rec_present = Of("CapRecPresent", bool, "There is a receipt station.", _REC, "present")
    cap_rec2_color = Of("CapRec2Color", bool, "It prints in two colours.", _REC, "two_colours")
    cap_rec_color = Of("CapRecColor", int, "PTR_COLOR_ of its colours.", _REC, "colours", since=V1_5)
    cap_rec_bold = Of("CapRecBold", bool, "Bold.", _REC, "bold")
    cap_rec_italic = Of("CapRecItalic", bool, "False.", _REC, "never")
    cap_rec_underline = Of("CapRecUnderline", bool, "Underlined.", _REC, "underline")
    cap_rec_dhigh = Of("CapRecDhigh", bool, "Twice as high.", _REC, "larger")
    cap_rec_dwide = Of("CapRecDwide", bool, "Twice as wide.", _REC, "larger")
    cap_rec_dwide_dhigh = Of("CapRecDwideDhigh", bool, "Twice as wide and high.", _REC, "larger")
    cap_rec_empty_sensor = Of("CapRecEmptySensor", bool, "It tells the end of its paper.", _REC, "empty_sensor")
    cap_rec_near_end_sensor = Of(
        "CapRecNearEndSensor", bool, "It tells that its paper is nearly used up.", _REC, "near_end_sensor"
    )
    cap_rec_cartridge_sensor = Of(
        "CapRecCartridgeSensor", int, "0: it does not tell the state of ink.", _REC, "nothing", since=V1_5
    )
    cap_rec_bar_code = Of("CapRecBarCode", bool, "Bar codes.", _REC, "bar_code")
    cap_rec_bitmap = Of("CapRecBitmap", bool, "Bitmaps.", _REC, "bitmap")
    cap_rec_left90 = Of("CapRecLeft90", bool, "Lines turned to the left.", _REC, "sideways")
    cap_rec_right90 = Of("CapRecRight90", bool, "Lines turned to the right.", _REC, "sideways")
    cap_rec_rotate180 = Of("CapRecRotate180", bool, "Lines upside down.", _REC, "upside_down")
    cap_rec_page_mode = Of("CapRecPageMode", bool, "Page mode.", _REC, "sideways", since=V1_9)
    cap_rec_ruled_line = Of(
        "CapRecRuledLine", int, "PTR_RL_ of its ruled lines: horizontal ones.", _REC, "ruled_lines", since=V1_13
    )
    rec_bar_code_rotation_list = Of("RecBarCodeRotationList", str, "How bar codes can be turned.", _REC, "rotations")
    rec_bitmap_rotation_list = Of(
        "RecBitmapRotationList", str, "How bitmaps can be turned.", _REC, "rotations", since=V1_7
    )
    cap_rec_papercut = Of("CapRecPapercut", bool, "It cuts.", _REC, "cutter")
    cap_rec_stamp = Of("CapRecStamp", bool, "False.", _REC, "never")
    cap_rec_mark_feed = Of(
        "CapRecMarkFeed", int, "PTR_MF_ of what it feeds marked paper to.", _REC, "mark_feed", since=V1_5
    )
    rec_line_chars_list = Of("RecLineCharsList", str, "Characters a line of each font.", _REC, "line_chars_list")
    rec_line_chars = Set(
        "RecLineChars", int, "Characters a line; what is written chooses the font.", _REC, "line_chars"
    )
    rec_line_height = Set("RecLineHeight", int, "Height of the font.", _REC, "line_height")
    rec_line_spacing = Set("RecLineSpacing", int, "From line to line.", _REC, "line_spacing")
    rec_line_width = Of("RecLineWidth", int, "Width of a line.", _REC, "line_width", _ONCE)
    rec_letter_quality = Set("RecLetterQuality", bool, "Kept; there is one quality.", _REC, "letter_quality")
    rec_current_cartridge = Set(
        "RecCurrentCartridge", int, "PTR_COLOR_ of what follows.", _REC, "current_cartridge", since=V1_5
    )
    rec_cartridge_state = Of("RecCartridgeState", int, "PTR_CART_UNKNOWN.", _REC, "cartridge_state", _NOW, since=V1_5)
    rec_empty = Of("RecEmpty", bool, "Its paper has come to an end.", _REC, "is_empty", _NOW)
    rec_near_end = Of("RecNearEnd", bool, "Its paper is nearly used up.", _REC, "is_near_end", _NOW)
    rec_lines_to_paper_cut = Of(
        "RecLinesToPaperCut", int, "Lines between the head and the cutter.", _REC, "lines_to_cutter", _ONCE
    )
    rec_sideways_max_lines = Of(
        "RecSidewaysMaxLines", int, "Lines side by side when they are turned.", _REC, "sideways_lines", _ONCE
    )
    rec_sideways_max_chars = Of(
        "RecSidewaysMaxChars", int, "Characters of a turned line.", _REC, "sideways_chars", _ONCE
    )

    cap_slp_present = Of("CapSlpPresent", bool, "There is a slip station.", _SLP, "present")
    cap_slp2_color = Of("CapSlp2Color", bool, "It prints in two colours.", _SLP, "two_colours")
    cap_slp_color = Of("CapSlpColor", int, "PTR_COLOR_ of its colours.", _SLP, "colours", since=V1_5)
    cap_slp_bold = Of("CapSlpBold", bool, "Bold.", _SLP, "bold")
    cap_slp_italic = Of("CapSlpItalic", bool, "False.", _SLP, "never")
    cap_slp_underline = Of("CapSlpUnderline", bool, "Underlined.", _SLP, "underline")
    cap_slp_dhigh = Of("CapSlpDhigh", bool, "Twice as high.", _SLP, "larger")
    cap_slp_dwide = Of("CapSlpDwide", bool, "Twice as wide.", _SLP, "larger")
    cap_slp_dwide_dhigh = Of("CapSlpDwideDhigh", bool, "Twice as wide and high.", _SLP, "larger")
    cap_slp_empty_sensor = Of("CapSlpEmptySensor", bool, "It tells the end of its paper.", _SLP, "empty_sensor")
    cap_slp_near_end_sensor = Of(
        "CapSlpNearEndSensor", bool, "It tells that its paper is nearly used up.", _SLP, "near_end_sensor"
    )
    cap_slp_cartridge_sensor = Of(
        "CapSlpCartridgeSensor", int, "0: it does not tell the state of ink.", _SLP, "nothing", since=V1_5
    )
    cap_slp_bar_code = Of("CapSlpBarCode", bool, "Bar codes.", _SLP, "bar_code")
    cap_slp_bitmap = Of("CapSlpBitmap", bool, "Bitmaps.", _SLP, "bitmap")
    cap_slp_left90 = Of("CapSlpLeft90", bool, "Lines turned to the left.", _SLP, "sideways")
    cap_slp_right90 = Of("CapSlpRight90", bool, "Lines turned to the right.", _SLP, "sideways")
    cap_slp_rotate180 = Of("CapSlpRotate180", bool, "Lines upside down.", _SLP, "upside_down")
    cap_slp_page_mode = Of("CapSlpPageMode", bool, "Page mode.", _SLP, "sideways", since=V1_9)
    cap_slp_ruled_line = Of(
        "CapSlpRuledLine", int, "PTR_RL_ of its ruled lines: horizontal ones.", _SLP, "ruled_lines", since=V1_13
    )
    slp_bar_code_rotation_list = Of("SlpBarCodeRotationList", str, "How bar codes can be turned.", _SLP, "rotations")
    slp_bitmap_rotation_list = Of(
        "SlpBitmapRotationList", str, "How bitmaps can be turned.", _SLP, "rotations", since=V1_7
    )
    cap_slp_fullslip = Of("CapSlpFullslip", bool, "Forms are as long as they like.", _SLP, "full_slip")
    cap_slp_both_sides_print = Of("CapSlpBothSidesPrint", bool, "False.", _SLP, "never", since=V1_5)
    slp_line_chars_list = Of("SlpLineCharsList", str, "Characters a line of each font.", _SLP, "line_chars_list")
    slp_line_chars = Set(
        "SlpLineChars", int, "Characters a line; what is written chooses the font.", _SLP, "line_chars"
    )
    slp_line_height = Set("SlpLineHeight", int, "Height of the font.", _SLP, "line_height")
    slp_line_spacing = Set("SlpLineSpacing", int, "From line to line.", _SLP, "line_spacing")
    slp_line_width = Of("SlpLineWidth", int, "Width of a line.", _SLP, "line_width", _ONCE)
    slp_letter_quality = Set("SlpLetterQuality", bool, "Kept; there is one quality.", _SLP, "letter_quality")
    slp_current_cartridge = Set(
        "SlpCurrentCartridge", int, "PTR_COLOR_ of what follows.", _SLP, "current_cartridge", since=V1_5
    )
    slp_cartridge_state = Of("SlpCartridgeState", int, "PTR_CART_UNKNOWN.", _SLP, "cartridge_state", _NOW, since=V1_5)
    slp_empty = Of("SlpEmpty", bool, "Its paper has come to an end.", _SLP, "is_empty", _NOW)
    slp_near_end = Of("SlpNearEnd", bool, "Its paper is nearly used up.", _SLP, "is_near_end", _NOW)
    slp_max_lines = Of("SlpMaxLines", int, "Lines of a form; 0: it does not matter.", _SLP, "form_lines", _ONCE)
    slp_lines_near_end_to_end = Of("SlpLinesNearEndToEnd", int, "0: it does not tell.", _SLP, "nothing", _ONCE)
    slp_print_side = Of("SlpPrintSide", int, "PTR_PS_UNKNOWN.", _SLP, "side", _NOW, since=V1_5)
    slp_sideways_max_lines = Of(
        "SlpSidewaysMaxLines", int, "Lines side by side when they are turned.", _SLP, "sideways_lines", _ONCE
    )
    slp_sideways_max_chars = Of(
        "SlpSidewaysMaxChars", int, "Characters of a turned line.", _SLP, "sideways_chars", _ONCE
    )
