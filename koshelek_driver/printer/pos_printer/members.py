"""The properties of the category POSPrinter, by the names of the standard.

The parts of the open printer have the values.
"""

from __future__ import annotations

from koshelek_driver.printer.pos_printer import station_features as features
from koshelek_driver.printer.pos_printer.part_members import PartReadOnly, PartWritable
from koshelek_driver.printer.pos_printer.parts import PrinterParts
from koshelek_driver.upos.members import V1_5, V1_7, V1_9, ReadOnly, Stage, Writable
from koshelek_driver.upos.output import OutputDevice
from koshelek_driver.upos.printer_codes import ErrorLevel, MapMode, PrintDirection, Rotation, Station

_JRN, _REC, _SLP = Station.JOURNAL, Station.RECEIPT, Station.SLIP
_ONCE, _NOW = Stage.ENABLED_ONCE, Stage.ENABLED


class PrinterMembers(OutputDevice):
    """Properties of the whole printer, then those of journal, receipt and slip.

    Distances are in units of MapMode.
    """

    parts: PrinterParts
    """The parts of the open printer: set by open, before any property can be read."""

    flag_when_idle = Writable(
        "FlagWhenIdle",
        bool,
        "True asks for one StatusUpdateEvent 1001 when no output is outstanding, at once if that is so already.",
    )

    @property
    def _flag_when_idle(self) -> bool:
        return self._idle_notice.is_wanted

    @flag_when_idle.on_write
    def _write_flag_when_idle(self, value: bool) -> None:
        self._ask_for_idle_notice(value)

    cap_character_set = PartReadOnly(
        "CapCharacterSet",
        int,
        "PTR_CCS_ASCII, or PTR_CCS_UNICODE if letters are drawn as dots.",
        lambda parts: parts.settings.cap_character_set,
    )
    cap_concurrent_jrn_rec = PartReadOnly(
        "CapConcurrentJrnRec",
        bool,
        "True if printTwoNormal prints on journal and receipt.",
        lambda parts: parts.stations.have_both(_JRN, _REC),
    )
    cap_concurrent_jrn_slp = PartReadOnly(
        "CapConcurrentJrnSlp",
        bool,
        "True if printTwoNormal prints on journal and slip.",
        lambda parts: parts.stations.have_both(_JRN, _SLP),
    )
    cap_concurrent_rec_slp = PartReadOnly(
        "CapConcurrentRecSlp",
        bool,
        "True if printTwoNormal prints on receipt and slip.",
        lambda parts: parts.stations.have_both(_REC, _SLP),
    )
    cap_concurrent_page_mode = ReadOnly(
        "CapConcurrentPageMode", bool, "False: one station has a page at a time.", initial=False, since=V1_9
    )
    cap_cover_sensor = PartReadOnly(
        "CapCoverSensor",
        bool,
        "True if it detects that its cover is open.",
        lambda parts: parts.service.profile.acknowledge != "none",
    )
    cap_map_character_set = ReadOnly(
        "CapMapCharacterSet", bool, "True: text is mapped to the printer's code page.", initial=True, since=V1_7
    )
    cap_transaction = ReadOnly("CapTransaction", bool, "True: transactionPrint is supported.", initial=True)
    cartridge_notify = PartWritable(
        "CartridgeNotify",
        int,
        "PTR_CN_DISABLED: no ESC/POS printer reports the state of its ink.",
        lambda parts: parts.settings.cartridge_notify,
        lambda parts, value: parts.settings.set_cartridge_notify(value),
        read=Stage.OPEN,
        write=Stage.OPEN,
        since=V1_5,
    )
    character_set = PartWritable(
        "CharacterSet",
        int,
        "The code page that text is mapped to.",
        lambda parts: parts.settings.character_set,
        lambda parts, value: parts.settings.set_character_set(value),
    )
    character_set_list = PartReadOnly(
        "CharacterSetList", str, "The code pages that can be chosen.", lambda parts: parts.settings.character_set_list
    )
    cover_open = PartReadOnly(
        "CoverOpen", bool, "True if the cover is open.", lambda parts: parts.service.status().cover_open, read=_NOW
    )
    error_level = PartReadOnly(
        "ErrorLevel", ErrorLevel, "Severity of the last ErrorEvent.", lambda parts: parts.last_error.level
    )
    error_station = PartReadOnly(
        "ErrorStation", int, "The station of the last ErrorEvent.", lambda parts: parts.last_error.station
    )
    error_string = PartReadOnly(
        "ErrorString",
        str,
        "The problem of the last ErrorEvent and its remedy, for the cashier.",
        lambda parts: parts.last_error.text,
    )
    font_typeface_list = PartReadOnly(
        "FontTypefaceList",
        str,
        "The fonts that the escape sequence `#fT` chooses from.",
        lambda parts: parts.stations.font_typeface_list,
    )
    map_character_set = PartWritable(
        "MapCharacterSet",
        bool,
        "False: each character is sent as one byte, and the application answers for it.",
        lambda parts: parts.settings.map_character_set,
        lambda parts, value: parts.settings.set_map_character_set(value),
        read=Stage.OPEN,
        since=V1_7,
    )
    map_mode = PartWritable(
        "MapMode",
        MapMode,
        "Unit of all distances.",
        lambda parts: parts.settings.map_mode,
        lambda parts, value: parts.settings.set_map_mode(value),
    )
    page_mode_area = PartReadOnly(
        "PageModeArea", str, "Size of the largest page: width,height.", lambda parts: parts.page_mode.area, since=V1_9
    )
    page_mode_descriptor = PartReadOnly(
        "PageModeDescriptor",
        int,
        "The PTR_PM_ bits of what a page can hold.",
        lambda parts: parts.page_mode.descriptor,
        since=V1_9,
    )
    page_mode_horizontal_position = PartWritable(
        "PageModeHorizontalPosition",
        int,
        "Column of the area at which the next line begins.",
        lambda parts: parts.page_mode.horizontal_position,
        lambda parts, value: parts.page_mode.set_horizontal_position(value),
        read=Stage.OPEN,
        since=V1_9,
    )
    page_mode_print_area = PartWritable(
        "PageModePrintArea",
        str,
        "x,y,width,height; 0,0,0,0 is the whole page.",
        lambda parts: parts.page_mode.print_area,
        lambda parts, value: parts.page_mode.set_print_area(value),
        read=Stage.OPEN,
        since=V1_9,
    )
    page_mode_print_direction = PartWritable(
        "PageModePrintDirection",
        PrintDirection,
        "Direction of text in a page.",
        lambda parts: parts.page_mode.direction,
        lambda parts, value: parts.page_mode.set_direction(value),
        since=V1_9,
    )
    page_mode_station = PartWritable(
        "PageModeStation",
        int,
        "The station of page mode; 0 until it is chosen.",
        lambda parts: parts.page_mode.station,
        lambda parts, value: parts.page_mode.set_station(value),
        read=Stage.OPEN,
        since=V1_9,
    )
    page_mode_vertical_position = PartWritable(
        "PageModeVerticalPosition",
        int,
        "Row of the area at which the next line begins.",
        lambda parts: parts.page_mode.vertical_position,
        lambda parts, value: parts.page_mode.set_vertical_position(value),
        read=Stage.OPEN,
        since=V1_9,
    )
    rotate_special = PartWritable(
        "RotateSpecial",
        Rotation,
        "Rotation of the bar codes of printBarCode.",
        lambda parts: parts.settings.rotate_special,
        lambda parts, value: parts.settings.set_rotate_special(value),
        read=Stage.OPEN,
        write=Stage.OPEN,
    )

    cap_jrn_present = features.PRESENT.of("CapJrnPresent", _JRN)
    cap_jrn2_color = features.TWO_COLOURS.of("CapJrn2Color", _JRN)
    cap_jrn_color = features.COLOURS.of("CapJrnColor", _JRN)
    cap_jrn_bold = features.BOLD.of("CapJrnBold", _JRN)
    cap_jrn_italic = features.ITALIC.of("CapJrnItalic", _JRN)
    cap_jrn_underline = features.UNDERLINE.of("CapJrnUnderline", _JRN)
    cap_jrn_dhigh = features.DOUBLE_HIGH.of("CapJrnDhigh", _JRN)
    cap_jrn_dwide = features.DOUBLE_WIDE.of("CapJrnDwide", _JRN)
    cap_jrn_dwide_dhigh = features.DOUBLE_WIDE_AND_HIGH.of("CapJrnDwideDhigh", _JRN)
    cap_jrn_empty_sensor = features.EMPTY_SENSOR.of("CapJrnEmptySensor", _JRN)
    cap_jrn_near_end_sensor = features.NEAR_END_SENSOR.of("CapJrnNearEndSensor", _JRN)
    cap_jrn_cartridge_sensor = features.CARTRIDGE_SENSOR.of("CapJrnCartridgeSensor", _JRN)
    jrn_line_chars_list = features.LINE_CHARS_LIST.of("JrnLineCharsList", _JRN)
    jrn_line_chars = features.LINE_CHARS.of("JrnLineChars", _JRN)
    jrn_line_height = features.LINE_HEIGHT.of("JrnLineHeight", _JRN)
    jrn_line_spacing = features.LINE_SPACING.of("JrnLineSpacing", _JRN)
    jrn_line_width = features.LINE_WIDTH.of("JrnLineWidth", _JRN)
    jrn_letter_quality = features.LETTER_QUALITY.of("JrnLetterQuality", _JRN)
    jrn_current_cartridge = features.CURRENT_CARTRIDGE.of("JrnCurrentCartridge", _JRN)
    jrn_cartridge_state = features.CARTRIDGE_STATE.of("JrnCartridgeState", _JRN)
    jrn_empty = features.EMPTY.of("JrnEmpty", _JRN)
    jrn_near_end = features.NEAR_END.of("JrnNearEnd", _JRN)

    cap_rec_present = features.PRESENT.of("CapRecPresent", _REC)
    cap_rec2_color = features.TWO_COLOURS.of("CapRec2Color", _REC)
    cap_rec_color = features.COLOURS.of("CapRecColor", _REC)
    cap_rec_bold = features.BOLD.of("CapRecBold", _REC)
    cap_rec_italic = features.ITALIC.of("CapRecItalic", _REC)
    cap_rec_underline = features.UNDERLINE.of("CapRecUnderline", _REC)
    cap_rec_dhigh = features.DOUBLE_HIGH.of("CapRecDhigh", _REC)
    cap_rec_dwide = features.DOUBLE_WIDE.of("CapRecDwide", _REC)
    cap_rec_dwide_dhigh = features.DOUBLE_WIDE_AND_HIGH.of("CapRecDwideDhigh", _REC)
    cap_rec_empty_sensor = features.EMPTY_SENSOR.of("CapRecEmptySensor", _REC)
    cap_rec_near_end_sensor = features.NEAR_END_SENSOR.of("CapRecNearEndSensor", _REC)
    cap_rec_cartridge_sensor = features.CARTRIDGE_SENSOR.of("CapRecCartridgeSensor", _REC)
    cap_rec_bar_code = features.BAR_CODES.of("CapRecBarCode", _REC)
    cap_rec_bitmap = features.BITMAPS.of("CapRecBitmap", _REC)
    cap_rec_left90 = features.TURNED_LEFT.of("CapRecLeft90", _REC)
    cap_rec_right90 = features.TURNED_RIGHT.of("CapRecRight90", _REC)
    cap_rec_rotate180 = features.UPSIDE_DOWN.of("CapRecRotate180", _REC)
    cap_rec_page_mode = features.PAGE_MODE.of("CapRecPageMode", _REC)
    cap_rec_ruled_line = features.RULED_LINES.of("CapRecRuledLine", _REC)
    rec_bar_code_rotation_list = features.BAR_CODE_ROTATIONS.of("RecBarCodeRotationList", _REC)
    rec_bitmap_rotation_list = features.BITMAP_ROTATIONS.of("RecBitmapRotationList", _REC)
    cap_rec_papercut = features.CUTTER.of("CapRecPapercut", _REC)
    cap_rec_stamp = features.STAMP.of("CapRecStamp", _REC)
    cap_rec_mark_feed = features.MARK_FEED.of("CapRecMarkFeed", _REC)
    rec_line_chars_list = features.LINE_CHARS_LIST.of("RecLineCharsList", _REC)
    rec_line_chars = features.LINE_CHARS.of("RecLineChars", _REC)
    rec_line_height = features.LINE_HEIGHT.of("RecLineHeight", _REC)
    rec_line_spacing = features.LINE_SPACING.of("RecLineSpacing", _REC)
    rec_line_width = features.LINE_WIDTH.of("RecLineWidth", _REC)
    rec_letter_quality = features.LETTER_QUALITY.of("RecLetterQuality", _REC)
    rec_current_cartridge = features.CURRENT_CARTRIDGE.of("RecCurrentCartridge", _REC)
    rec_cartridge_state = features.CARTRIDGE_STATE.of("RecCartridgeState", _REC)
    rec_empty = features.EMPTY.of("RecEmpty", _REC)
    rec_near_end = features.NEAR_END.of("RecNearEnd", _REC)
    rec_lines_to_paper_cut = features.LINES_TO_PAPER_CUT.of("RecLinesToPaperCut", _REC)
    rec_sideways_max_lines = features.SIDEWAYS_MAX_LINES.of("RecSidewaysMaxLines", _REC)
    rec_sideways_max_chars = features.SIDEWAYS_MAX_CHARS.of("RecSidewaysMaxChars", _REC)

    cap_slp_present = features.PRESENT.of("CapSlpPresent", _SLP)
    cap_slp2_color = features.TWO_COLOURS.of("CapSlp2Color", _SLP)
    cap_slp_color = features.COLOURS.of("CapSlpColor", _SLP)
    cap_slp_bold = features.BOLD.of("CapSlpBold", _SLP)
    cap_slp_italic = features.ITALIC.of("CapSlpItalic", _SLP)
    cap_slp_underline = features.UNDERLINE.of("CapSlpUnderline", _SLP)
    cap_slp_dhigh = features.DOUBLE_HIGH.of("CapSlpDhigh", _SLP)
    cap_slp_dwide = features.DOUBLE_WIDE.of("CapSlpDwide", _SLP)
    cap_slp_dwide_dhigh = features.DOUBLE_WIDE_AND_HIGH.of("CapSlpDwideDhigh", _SLP)
    cap_slp_empty_sensor = features.EMPTY_SENSOR.of("CapSlpEmptySensor", _SLP)
    cap_slp_near_end_sensor = features.NEAR_END_SENSOR.of("CapSlpNearEndSensor", _SLP)
    cap_slp_cartridge_sensor = features.CARTRIDGE_SENSOR.of("CapSlpCartridgeSensor", _SLP)
    cap_slp_bar_code = features.BAR_CODES.of("CapSlpBarCode", _SLP)
    cap_slp_bitmap = features.BITMAPS.of("CapSlpBitmap", _SLP)
    cap_slp_left90 = features.TURNED_LEFT.of("CapSlpLeft90", _SLP)
    cap_slp_right90 = features.TURNED_RIGHT.of("CapSlpRight90", _SLP)
    cap_slp_rotate180 = features.UPSIDE_DOWN.of("CapSlpRotate180", _SLP)
    cap_slp_page_mode = features.PAGE_MODE.of("CapSlpPageMode", _SLP)
    cap_slp_ruled_line = features.RULED_LINES.of("CapSlpRuledLine", _SLP)
    slp_bar_code_rotation_list = features.BAR_CODE_ROTATIONS.of("SlpBarCodeRotationList", _SLP)
    slp_bitmap_rotation_list = features.BITMAP_ROTATIONS.of("SlpBitmapRotationList", _SLP)
    cap_slp_fullslip = features.FULLSLIP.of("CapSlpFullslip", _SLP)
    cap_slp_both_sides_print = features.BOTH_SIDES_PRINT.of("CapSlpBothSidesPrint", _SLP)
    slp_line_chars_list = features.LINE_CHARS_LIST.of("SlpLineCharsList", _SLP)
    slp_line_chars = features.LINE_CHARS.of("SlpLineChars", _SLP)
    slp_line_height = features.LINE_HEIGHT.of("SlpLineHeight", _SLP)
    slp_line_spacing = features.LINE_SPACING.of("SlpLineSpacing", _SLP)
    slp_line_width = features.LINE_WIDTH.of("SlpLineWidth", _SLP)
    slp_letter_quality = features.LETTER_QUALITY.of("SlpLetterQuality", _SLP)
    slp_current_cartridge = features.CURRENT_CARTRIDGE.of("SlpCurrentCartridge", _SLP)
    slp_cartridge_state = features.CARTRIDGE_STATE.of("SlpCartridgeState", _SLP)
    slp_empty = features.EMPTY.of("SlpEmpty", _SLP)
    slp_near_end = features.NEAR_END.of("SlpNearEnd", _SLP)
    slp_max_lines = features.MAX_LINES.of("SlpMaxLines", _SLP)
    slp_lines_near_end_to_end = features.LINES_NEAR_END_TO_END.of("SlpLinesNearEndToEnd", _SLP)
    slp_print_side = features.PRINT_SIDE.of("SlpPrintSide", _SLP)
    slp_sideways_max_lines = features.SIDEWAYS_MAX_LINES.of("SlpSidewaysMaxLines", _SLP)
    slp_sideways_max_chars = features.SIDEWAYS_MAX_CHARS.of("SlpSidewaysMaxChars", _SLP)
