"""The category POSPrinter against a virtual printer on TCP: what is on paper, and what the application is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from firmware_protocol.escpos.status import Block
from koshelek_driver.config import profile
from koshelek_driver.config.sections import DeviceEntry
from koshelek_driver.config.site import load as load_site
from koshelek_driver.emulator.escpos_emulator import Receipt
from koshelek_driver.printer.crash_mark import CrashMark, own_folder
from koshelek_driver.printer.pos_printer.device import POSPrinter
from koshelek_driver.printer.pos_printer.service import DirectIo
from koshelek_driver.printer.preview import faces_of, pages_of
from koshelek_driver.sandbox.printer.faults import Fault
from koshelek_driver.sandbox.printer.server import VirtualPrinter
from koshelek_driver.upos.codes import ErrorCode, ErrorResponse, HealthLevel, PowerNotify, PowerState, State
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.events import ErrorEvent
from koshelek_driver.upos.printer_codes import (
    ErrorLevel,
    MapMode,
    PageModeControl,
    PrintDirection,
    PrinterExtended,
    Rotation,
    Station,
    TransactionControl,
)
from koshelek_driver.upos.printer_codes import PrinterStatusUpdate as Update
from koshelek_driver.upos.registry import Factory
from koshelek_driver.upos.service import DeviceService
from tests.support.hostile import Manners, hostile
from tests.support.tills import PRINTER_DEVICES, Till
from tests.support.upos_devices import Heard, QuickPrinter

REC = Station.RECEIPT
ALL = 100


class Desk:
    """A virtual printer of a model, and the application's device."""

    def __init__(self, folder: Path, model: str) -> None:
        found = profile.printer(model)
        self.virtual = VirtualPrinter(folder, dots=found.dots, faces=faces_of(found), code_pages=pages_of(found))
        self.device = QuickPrinter({"p": DeviceEntry(category="POSPrinter", profile=model, port=self.port)})
        self.device.open("p")
        self.device.claim(0)

    @property
    def port(self) -> str:
        return f"tcp://127.0.0.1:{self.virtual.port}"

    def enabled(self) -> POSPrinter:
        self.device.device_enabled = True
        return self.device

    def receipts(self) -> list[Receipt]:
        """All paper, the last piece torn off."""
        self.virtual.settle()
        return self.virtual.receipts

    def lines(self) -> list[str]:
        return [line for receipt in self.receipts() for line in receipt.lines]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[[str], Desk]]:
    desks: list[Desk] = []

    def made(model: str = "epson-tm-t88v") -> Desk:
        desks.append(Desk(tmp_path / str(len(desks)), model))
        return desks[-1]

    yield made
    for desk in desks:
        if desk.device.state is not State.S_CLOSED:
            desk.device.close()
        desk.virtual.close()


@pytest.fixture
def desk(make: Callable[[str], Desk]) -> Desk:
    return make("epson-tm-t88v")


def code_of(action: Callable[[], object]) -> tuple[ErrorCode, int]:
    with pytest.raises(UposError) as refused:
        action()
    return refused.value.error_code, refused.value.error_code_extended


def until(reached: Callable[[], bool]) -> None:
    """Wait for another thread, a minute at most."""
    give_up_s = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < give_up_s
        time.sleep(0.005)


def test_a_receipt_comes_out_as_it_is_written(desk: Desk) -> None:
    printer = desk.enabled()
    printer.print_normal(REC, "\x1b|cA\x1b|bCСпасибо")
    printer.print_normal(REC, " за покупку!\nЧай\x1b|rA120.00\n")
    printer.cut_paper(ALL)
    assert [receipt.lines for receipt in desk.receipts()] == [
        (" " * 17 + "Спасибо за покупку!", "Чай" + " " * 33 + "120.00"),
    ]


def test_the_application_asks_first(desk: Desk) -> None:
    printer = desk.enabled()
    printer.validate_data(REC, "\x1b|bCвсё хорошо\n")
    assert code_of(lambda: printer.validate_data(REC, "日"))[0] is ErrorCode.E_ILLEGAL
    assert code_of(lambda: printer.validate_data(REC, "日\x1b|iC"))[0] is ErrorCode.E_FAILURE
    assert code_of(lambda: printer.validate_data(Station.SLIP, "a"))[0] is ErrorCode.E_ILLEGAL
    assert desk.receipts() == []


@pytest.mark.parametrize(
    ("fault", "extended"),
    [(Fault.PAPER_OUT, PrinterExtended.REC_EMPTY), (Fault.COVER_OPEN, PrinterExtended.COVER_OPEN)],
)
def test_what_hinders_is_thrown_before_anything_is_printed(desk: Desk, fault: Fault, extended: int) -> None:
    printer = desk.enabled()
    desk.virtual.set_fault(fault)
    assert code_of(lambda: printer.print_normal(REC, "а\n")) == (ErrorCode.E_EXTENDED, extended)
    assert (printer.cover_open, printer.rec_empty) == (fault is Fault.COVER_OPEN, fault is Fault.PAPER_OUT)
    desk.virtual.set_fault(Fault.NONE)
    printer.print_normal(REC, "а\n")
    assert desk.lines() == ["а"]


def test_a_call_that_fails_leaves_the_line_as_it_was(desk: Desk) -> None:
    printer = desk.enabled()
    printer.print_normal(REC, "начало ")
    desk.virtual.set_fault(Fault.PAPER_OUT)
    assert code_of(lambda: printer.print_normal(REC, "конец\n"))[0] is ErrorCode.E_EXTENDED
    desk.virtual.set_fault(Fault.NONE)
    printer.print_normal(REC, "конец\n")
    assert desk.lines() == ["начало конец"]


def test_paper_out_in_the_middle_of_a_call_is_taken_back_and_thrown(desk: Desk) -> None:
    printer = desk.enabled()
    desk.virtual.set_fault(Fault.PAPER_OUT_MID_SLIP, 3)
    text = "".join(f"строка {number}\n" for number in range(9))
    assert code_of(lambda: printer.print_normal(REC, text)) == (ErrorCode.E_EXTENDED, PrinterExtended.REC_EMPTY)
    desk.virtual.set_fault(Fault.NONE)
    printer.print_normal(REC, text)
    assert desk.lines().count("строка 8") == 1


def test_a_printer_that_is_not_there(desk: Desk) -> None:
    desk.virtual.close()
    assert code_of(desk.enabled)[0] is ErrorCode.E_NOHARDWARE
    assert not desk.device.device_enabled


def test_a_service_of_another_category_leaves_the_device_closed() -> None:
    class OtherService(DeviceService[None]):
        claim_key = "other"

    class OtherPrinter(POSPrinter):
        def _own_service(self) -> Factory:
            return lambda _name, _entry: OtherService()

    printer = OtherPrinter({"p": DeviceEntry(category="POSPrinter", profile="epson-tm-t88v", port="tcp://127.0.0.1:1")})
    assert code_of(lambda: printer.open("p"))[0] is ErrorCode.E_NOSERVICE
    assert printer.state is State.S_CLOSED


# --- asynchronous


def fill(printer: POSPrinter, number: int) -> int:
    """One slip in async mode as one request; its OutputID."""
    printer.transaction_print(REC, TransactionControl.TRANSACTION)
    printer.print_normal(REC, f"слип {number}\n")
    printer.cut_paper(ALL)
    printer.transaction_print(REC, TransactionControl.NORMAL)
    return printer.output_id


def test_a_thousand_slips_complete_in_order_through_paper_outs(desk: Desk) -> None:
    printer = desk.enabled()
    completed, errors = Heard(), Heard()
    printer.add_output_complete_listener(completed)

    def mend(event: ErrorEvent) -> None:
        errors(event)
        desk.virtual.set_fault(Fault.NONE)
        event.error_response = ErrorResponse.ER_RETRY

    printer.add_error_listener(mend)
    printer.async_mode = True
    wanted = []
    for number in range(1000):
        if number in (1, 400, 700):
            until(lambda sent=number: len(completed.events) >= sent - 1)  # type: ignore[misc]
            desk.virtual.set_fault(Fault.PAPER_OUT if number == 400 else Fault.COVER_OPEN_MID_SLIP, 0)
        wanted.append(fill(printer, number))
    until(lambda: len(completed.events) == 1000)
    assert [event.output_id for event in completed.events] == wanted
    assert [receipt.lines for receipt in desk.receipts()] == [(f"слип {number}",) for number in range(1000)]
    assert {event.error_code for event in errors.events} == {ErrorCode.E_EXTENDED}
    assert printer.state is State.S_IDLE


def test_a_held_job_goes_on_where_it_stands_when_the_answer_is_retry(make: Callable[[str], Desk]) -> None:
    for model in ("epson-tm-t88v", "generic-escpos-80mm"):
        desk = make(model)
        printer = desk.enabled()
        told = Heard()

        def retry(event: ErrorEvent, told: Heard = told, desk: Desk = desk) -> None:
            told((event, desk.device.error_level, desk.device.error_station, desk.device.error_string))  # type: ignore[arg-type]
            desk.virtual.set_fault(Fault.NONE)

        printer.add_error_listener(retry)
        completed = Heard()
        printer.add_output_complete_listener(completed)
        printer.async_mode = True
        desk.virtual.set_fault(Fault.PAPER_OUT_MID_SLIP, 3)
        printer.print_normal(REC, "".join(f"строка {number}\n" for number in range(9)))
        completed.wait(1)
        assert desk.lines() == [f"строка {number}" for number in range(9)]
        event, level, station, text = told.events[0]
        assert (event.error_code, event.error_code_extended) == (ErrorCode.E_EXTENDED, PrinterExtended.REC_EMPTY)
        assert (level, station) == (ErrorLevel.RECOVERABLE, REC)
        assert "paper" in text


def test_a_held_job_is_taken_back_when_the_answer_is_clear(desk: Desk) -> None:
    printer = desk.enabled()
    errors = Heard()

    def clear(event: ErrorEvent) -> None:
        event.error_response = ErrorResponse.ER_CLEAR
        errors(event)

    printer.add_error_listener(clear)
    printer.async_mode = True
    desk.virtual.set_fault(Fault.PAPER_OUT_MID_SLIP, 3)
    printer.print_normal(REC, "".join(f"строка {number}\n" for number in range(9)))
    printer.print_normal(REC, "и ещё одна\n")
    errors.wait(1)
    until(lambda: printer.state is State.S_IDLE)
    desk.virtual.set_fault(Fault.NONE)
    printer.async_mode = False
    printer.print_normal(REC, "новая\n")
    lines = desk.lines()
    assert lines.count("новая") == 1
    assert not {"строка 8", "и ещё одна"} & set(lines)


def test_immediate_print_comes_before_what_is_queued(desk: Desk) -> None:
    printer = desk.enabled()
    completed = Heard()
    printer.add_output_complete_listener(completed)
    desk.virtual.set_fault(Fault.SLOW)
    printer.async_mode = True
    for number in range(5):
        printer.print_normal(REC, f"{number}\n")
    printer.print_immediate(REC, "сейчас\n")
    completed.wait(5)
    lines = desk.lines()
    assert sorted(lines) == ["0", "1", "2", "3", "4", "сейчас"]
    assert lines.index("сейчас") < 4


def test_immediate_print_is_no_part_of_what_is_being_gathered(desk: Desk) -> None:
    printer = desk.enabled()
    printer.page_mode_station = REC
    printer.page_mode_print_area = "0,0,60,60"
    printer.page_mode_print(PageModeControl.PAGE_MODE)
    printer.print_normal(REC, "стр.\n")
    printer.print_immediate(REC, "важное\x1b|rAсейчас\n")
    printer.page_mode_print(PageModeControl.NORMAL)
    assert desk.lines() == ["важное" + " " * 30 + "сейчас", "стр."]


def test_flag_when_idle_and_clear_output(desk: Desk) -> None:
    printer = desk.enabled()
    heard = Heard()
    printer.add_status_update_listener(heard)
    printer.async_mode = True
    printer.print_normal(REC, "а\n")
    printer.flag_when_idle = True
    until(lambda: any(event.status == 1001 for event in heard.events))
    printer.print_normal(REC, "не будет напечатано")
    printer.clear_output()
    printer.print_normal(REC, "б\n")
    until(lambda: printer.state is State.S_IDLE)
    assert desk.lines() == ["а", "б"]


# --- events and live properties


def test_changes_are_told_once_and_power_with_them(desk: Desk) -> None:
    heard = Heard()
    desk.device.add_status_update_listener(heard)
    desk.device.power_notify = PowerNotify.PN_ENABLED
    printer = desk.enabled()
    for fault, number in (
        (Fault.COVER_OPEN, Update.COVER_OPEN),
        (Fault.NONE, Update.COVER_OK),
        (Fault.NEAR_END, Update.REC_NEAREMPTY),
        (Fault.PAPER_OUT, Update.REC_EMPTY),
        (Fault.NONE, Update.REC_PAPEROK),
    ):
        desk.virtual.set_fault(fault)
        until(lambda wanted=number: any(event.status == wanted for event in heard.events))  # type: ignore[misc]
        assert (printer.cover_open, printer.rec_empty) == (fault is Fault.COVER_OPEN, fault is Fault.PAPER_OUT)
    told = [event.status for event in heard.events]
    assert told[0] == PowerState.PS_ONLINE
    assert told[1:] == [11, 12, 25, 24, 26]
    desk.virtual.close()
    until(lambda: printer.power_state is PowerState.PS_OFF_OFFLINE)


def test_a_bad_condition_at_enable_is_told_at_once(desk: Desk) -> None:
    heard = Heard()
    desk.device.add_status_update_listener(heard)
    desk.virtual.set_fault(Fault.COVER_OPEN)
    desk.enabled()
    assert heard.wait(1)[0].status == Update.COVER_OPEN


def test_a_printer_that_tells_nothing_has_no_sensors_and_still_prints(make: Callable[[str], Desk]) -> None:
    desk = make("mpt-ii")
    printer = desk.enabled()
    sensors = (printer.cap_cover_sensor, printer.cap_rec_empty_sensor, printer.cap_rec_near_end_sensor)
    assert sensors == (False, False, False)
    printer.print_normal(REC, "а\n")
    assert desk.lines() == ["а"]


def test_it_comes_back_when_it_is_switched_off_and_on(desk: Desk) -> None:
    printer = desk.enabled()
    printer.print_normal(REC, "до\n")
    desk.virtual._hang_up()
    until(lambda: desk.virtual._connection is not None or printer.power_state is PowerState.PS_UNKNOWN)
    printer.print_normal(REC, "после\n")
    assert desk.lines() == ["до", "после"]


# --- bar codes and pictures


def test_bar_codes_of_the_printer_and_drawn_ones_are_read_back(desk: Desk) -> None:
    printer = desk.enabled()
    wanted = {
        (101, "036000291452"): "0036000291452",
        (103, "46012340"): "46012340",
        (104, "4601234567893"): "4601234567893",
        (106, "12345678"): "12345678",
        (108, "ORDER-42"): "ORDER-42",
        (109, "ORDER-42"): "ORDER-42",
        (110, "receipt-1024"): "receipt-1024",
        (123, "{BNo {C\x0c\x22"): "No 1234",
        (131, "0950110153000"): "(01)09501101530003",
        (201, "679c6146-1cee"): "679c6146-1cee",
        (203, "679c6146-1cee"): "679c6146-1cee",
        (204, "Заказ 42"): "Заказ 42",
        (205, "MICRO1"): "MICRO1",
        (206, "679c6146-1cee"): "679c6146-1cee",
    }
    for (symbology, data), text in wanted.items():
        printer.print_bar_code(REC, data, symbology, 80, 300, -2, -11)
        printer.cut_paper(ALL)
        found = [each.text for each in zxingcpp.read_barcodes(desk.receipts()[-1].picture)]
        assert [each.lstrip("0") for each in found] == [text.lstrip("0")], symbology


def test_a_gs1_bar_code_begins_with_fnc1(desk: Desk) -> None:
    printer = desk.enabled()
    printer.print_bar_code(REC, "(01)09501101530003", 120, 80, 400, -1, -11)
    printer.cut_paper(ALL)
    assert "0109501101530003" in desk.lines()[0]


@pytest.mark.parametrize(
    "arguments",
    [
        ("460123456789", 999, 80, 300, -1, -11),
        ("460123456789", 104, 0, 300, -1, -11),
        ("460123456789", 104, 80, 0, -1, -11),
        ("460123456789", 104, 80, 300, -4, -11),
        ("460123456789", 104, 80, 300, -1, -10),
        ("буквы", 104, 80, 300, -1, -11),
        ("x" * 100, 108, 80, 300, -1, -11),
        ("x" * 3000, 204, 80, 300, -1, -11),
        ("12345", 121, 80, 300, -1, -11),
        ("x" * 200, 206, 80, 40, -1, -11),
    ],
)
def test_a_bar_code_that_cannot_be_printed_is_illegal_and_nothing_is_printed(
    desk: Desk, arguments: tuple[Any, ...]
) -> None:
    printer = desk.enabled()
    if arguments[1] == 206:
        printer.rotate_special = Rotation.LEFT90
        arguments = ("x" * 3500, *arguments[1:])
    assert code_of(lambda: printer.print_bar_code(REC, *arguments))[0] is ErrorCode.E_ILLEGAL
    assert desk.receipts() == []


@pytest.mark.parametrize("turn", [Rotation.LEFT90, Rotation.RIGHT90, Rotation.ROTATE180])
def test_a_turned_bar_code_is_read_back(desk: Desk, turn: Rotation) -> None:
    printer = desk.enabled()
    printer.rotate_special = turn
    printer.print_bar_code(REC, "receipt-1024", 110, 80, 300, -2, -11)
    printer.cut_paper(ALL)
    (found,) = zxingcpp.read_barcodes(desk.receipts()[0].picture)
    assert found.text == "receipt-1024"


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A black triangle: what is left and right, above and below can be told."""
    file = tmp_path / "triangle.png"
    dots = Image.new("L", (64, 32), 255)
    for y in range(32):
        dots.paste(0, (0, y, 2 * y, y + 1))
    dots.save(file)
    return file


def inked(receipt: Receipt) -> tuple[int, int, int, int]:
    box = receipt.picture.crop((24, 24, receipt.picture.width - 24, receipt.picture.height - 24)).point(
        lambda level: 255 - level
    )
    found = box.getbbox()
    assert found is not None
    return found


@pytest.mark.parametrize(("model", "width"), [("epson-tm-t88v", 512), ("mpt-ii", 384)])
def test_a_picture_stands_where_it_is_wanted(
    make: Callable[[str], Desk], picture: Path, model: str, width: int
) -> None:
    desk = make(model)
    printer = desk.enabled()
    for align, left in ((-1, 0), (-2, (width - 64) // 2), (-3, width - 64), (40, 40)):
        printer.print_bitmap(REC, str(picture), -11, align)
        printer.print_normal(REC, "\x1b|fP")
        box = inked(desk.receipts()[-1])
        assert (box[0], box[2] - box[0], box[3] - box[1]) == (left, 62, 31)


def test_a_picture_is_scaled_in_units_and_turned(desk: Desk, picture: Path) -> None:
    printer = desk.enabled()
    printer.map_mode = MapMode.METRIC
    printer.print_memory_bitmap(REC, picture.read_bytes(), 1, 2540, -1)  # one inch: 180 dots
    printer.cut_paper(ALL)
    box = inked(desk.receipts()[0])
    assert abs(box[2] - 176) < 6
    printer.rotate_print(REC, Rotation.ROTATE180 | 0x2000)
    printer.print_bitmap(REC, str(picture), -11, -1)
    printer.cut_paper(ALL)
    assert inked(desk.receipts()[1])[1] == 0  # the broad side is above now


def test_pictures_that_are_none_too_wide_or_not_there(desk: Desk, picture: Path, tmp_path: Path) -> None:
    printer = desk.enabled()
    text = tmp_path / "text.bmp"
    text.write_text("no picture")
    assert code_of(lambda: printer.print_bitmap(REC, str(tmp_path / "none.bmp"), -11, -1))[0] is ErrorCode.E_NOEXIST
    assert code_of(lambda: printer.print_bitmap(REC, str(text), -11, -1)) == (ErrorCode.E_EXTENDED, 207)
    assert code_of(lambda: printer.print_bitmap(REC, str(picture), 600, -1)) == (ErrorCode.E_EXTENDED, 206)
    assert code_of(lambda: printer.print_bitmap(REC, str(picture), 0, -1))[0] is ErrorCode.E_ILLEGAL
    assert code_of(lambda: printer.print_memory_bitmap(REC, b"", 9, -11, -1))[0] is ErrorCode.E_ILLEGAL
    assert desk.receipts() == []


def test_set_bitmaps_and_logos_are_printed_by_their_sequences_and_forgotten(desk: Desk, picture: Path) -> None:
    printer = desk.enabled()
    printer.set_bitmap(7, REC, str(picture), -11, -2)
    printer.set_logo(1, "\x1b|7B\x1b|cAМАГАЗИН\n")
    printer.print_normal(REC, "\x1b|tLтекст\n")
    printer.set_bitmap(7, REC, "", -11, -2)
    assert code_of(lambda: printer.validate_data(REC, "\x1b|7B"))[0] is ErrorCode.E_FAILURE
    assert code_of(lambda: printer.set_bitmap(21, REC, str(picture), -11, -2))[0] is ErrorCode.E_ILLEGAL
    assert code_of(lambda: printer.set_logo(3, ""))[0] is ErrorCode.E_ILLEGAL
    assert [line.strip() for line in desk.lines()][-2:] == ["МАГАЗИН", "текст"]


def test_a_ruled_line_is_horizontal(desk: Desk) -> None:
    printer = desk.enabled()
    printer.draw_ruled_line(REC, "0,512", 1, 2, 2, 1)
    printer.print_normal(REC, "\x1b|fP")
    assert inked(desk.receipts()[0])[3] == 6  # two of two dots, and two white ones between
    assert code_of(lambda: printer.draw_ruled_line(REC, "10,20", 2, 2, 1, 1))[0] is ErrorCode.E_ILLEGAL
    assert code_of(lambda: printer.draw_ruled_line(REC, "wrong", 1, 2, 1, 1))[0] is ErrorCode.E_ILLEGAL
    printer.transaction_print(REC, TransactionControl.TRANSACTION)
    assert code_of(lambda: printer.draw_ruled_line(REC, "0,512", 1, 2, 1, 1))[0] is ErrorCode.E_ILLEGAL


# --- gathered


def test_a_transaction_is_one_request_and_prints_nothing_before_its_end(desk: Desk) -> None:
    printer = desk.enabled()
    printer.async_mode = True
    printer.transaction_print(REC, TransactionControl.TRANSACTION)
    printer.print_normal(REC, "а\n\x1b|bCб")
    printer.print_normal(REC, "в\n")
    printer.print_bar_code(REC, "46012340", 103, 50, 200, -1, -11)
    printer.cut_paper(ALL)
    assert printer.output_id == 0
    assert desk.receipts() == []
    completed = Heard()
    printer.add_output_complete_listener(completed)
    printer.transaction_print(REC, TransactionControl.NORMAL)
    completed.wait(1)
    assert printer.output_id == 1
    assert [receipt.lines for receipt in desk.receipts()] == [("а", "бв", "[EAN8: 46012340]")]


def test_transactions_out_of_turn_are_illegal(desk: Desk) -> None:
    printer = desk.enabled()
    assert code_of(lambda: printer.transaction_print(REC, TransactionControl.NORMAL))[0] is ErrorCode.E_ILLEGAL
    printer.transaction_print(REC, TransactionControl.TRANSACTION)
    assert code_of(lambda: printer.transaction_print(REC, TransactionControl.TRANSACTION))[0] is ErrorCode.E_ILLEGAL
    assert code_of(lambda: printer.rotate_print(REC, Rotation.LEFT90))[0] is ErrorCode.E_ILLEGAL
    printer.clear_output()
    assert code_of(lambda: printer.transaction_print(REC, TransactionControl.NORMAL))[0] is ErrorCode.E_ILLEGAL


@pytest.mark.parametrize(("turn", "back"), [(Rotation.LEFT90, 270), (Rotation.RIGHT90, 90)])
def test_turned_lines_stand_side_by_side(desk: Desk, turn: Rotation, back: int) -> None:
    printer = desk.enabled()
    assert (printer.rec_sideways_max_lines, printer.rec_sideways_max_chars) == (17, 58)
    printer.rotate_print(REC, turn)
    for data in ("46012340", "96385074"):
        printer.print_bar_code(REC, data, 103, 60, 200, -1, -11)
    printer.print_normal(REC, "длинная строка, которая лежит вдоль ленты бумаги\nвторая\n")
    assert desk.receipts() == []
    printer.rotate_print(REC, Rotation.NORMAL)
    printer.cut_paper(ALL)
    (receipt,) = desk.receipts()
    assert "длинная строка, которая лежит вдоль ленты бумаги" in receipt.lines[0]
    assert receipt.picture.height > 500
    found = zxingcpp.read_barcodes(receipt.picture.rotate(back, expand=True))
    assert {each.text for each in found} == {"46012340", "96385074"}


def test_more_turned_lines_than_the_paper_is_wide_are_illegal(desk: Desk) -> None:
    printer = desk.enabled()
    printer.rotate_print(REC, Rotation.LEFT90)
    printer.print_normal(REC, "строка\n" * 17)
    assert code_of(lambda: printer.print_normal(REC, "ещё\n"))[0] is ErrorCode.E_ILLEGAL
    printer.rotate_print(REC, Rotation.NORMAL)
    assert "\n".join(desk.lines()).count("строка") == 17


def test_upside_down_lines_print_one_by_one(desk: Desk) -> None:
    printer = desk.enabled()
    printer.rotate_print(REC, Rotation.ROTATE180)
    printer.print_normal(REC, "L\n")
    printer.rotate_print(REC, Rotation.NORMAL)
    printer.print_normal(REC, "L\n\x1b|fP")
    (receipt,) = desk.receipts()
    left, right = (receipt.picture.crop((24 + x, 24, 24 + x + 30, 54)) for x in (0, 512 - 30))
    assert left.getextrema()[0] == 255
    assert right.getextrema()[0] == 0


def test_a_page_has_areas_and_directions(desk: Desk) -> None:
    printer = desk.enabled()
    printer.page_mode_station = REC
    assert (printer.page_mode_area, printer.page_mode_descriptor) == ("512,700", 15)
    printer.page_mode_print_area = "0,0,256,200"
    printer.page_mode_print(PageModeControl.PAGE_MODE)
    printer.print_normal(REC, "слева вверху\n")
    printer.page_mode_horizontal_position = 100
    printer.print_normal(REC, "дальше\n")
    printer.page_mode_vertical_position = 150
    printer.print_normal(REC, "ниже\n")
    printer.page_mode_print_area = "256,0,256,200"
    printer.page_mode_print_direction = PrintDirection.TOP_TO_BOTTOM
    printer.print_normal(REC, "вниз\n")
    assert desk.receipts() == []
    printer.page_mode_print(PageModeControl.PRINT_SAVE)
    printer.print_normal(REC, "и ещё\n")
    printer.page_mode_print(PageModeControl.NORMAL)
    printer.cut_paper(ALL)
    pages = desk.lines()
    assert pages[0].split("\n") == ["слева вверху", " " * 8 + "дальше", "ниже", "вниз"]
    assert pages[1].split("\n") == ["слева вверху", " " * 8 + "дальше", "ниже", "вниз", "и ещё"]
    assert code_of(lambda: printer.page_mode_print(PageModeControl.NORMAL))[0] is ErrorCode.E_ILLEGAL


def test_a_page_is_cleared_or_forgotten(desk: Desk) -> None:
    printer = desk.enabled()
    printer.page_mode_station = REC
    printer.page_mode_print_area = "0,0,512,100"
    printer.page_mode_print(PageModeControl.PAGE_MODE)
    printer.print_normal(REC, "не то\n")
    printer.clear_print_area()
    printer.print_normal(REC, "то\n")
    printer.page_mode_print(PageModeControl.NORMAL)
    printer.page_mode_print(PageModeControl.PAGE_MODE)
    printer.print_normal(REC, "никогда\n")
    printer.page_mode_print(PageModeControl.CANCEL)
    printer.cut_paper(ALL)
    assert desk.lines() == ["то"]


@pytest.mark.parametrize("area", ["", "1,2,3", "0,0,513,10", "0,0,10,701", "0,0,0,10", "a,b,c,d"])
def test_an_area_outside_the_page_is_illegal(desk: Desk, area: str) -> None:
    printer = desk.enabled()
    printer.page_mode_station = REC
    assert code_of(lambda: setattr(printer, "page_mode_print_area", area))[0] is ErrorCode.E_ILLEGAL
    assert printer.page_mode_print_area == "0,0,0,0"


# --- settings


def test_line_chars_choose_the_font(desk: Desk) -> None:
    printer = desk.enabled()
    assert (printer.rec_line_chars_list, printer.rec_line_chars) == ("42,56", 42)
    printer.rec_line_chars = 43
    assert (printer.rec_line_chars, printer.rec_line_height) == (56, 17)
    printer.print_normal(REC, "х" * 57 + "\n")
    assert [len(line) for line in desk.lines()] == [56, 1]
    assert code_of(lambda: setattr(printer, "rec_line_chars", 57))[0] is ErrorCode.E_ILLEGAL
    assert code_of(lambda: setattr(printer, "rec_line_chars", 0))[0] is ErrorCode.E_ILLEGAL


def test_map_mode_moves_every_distance(desk: Desk) -> None:
    printer = desk.enabled()
    for mode, width, spacing in (
        (MapMode.DOTS, 512, 30),
        (MapMode.TWIPS, 4096, 240),
        (MapMode.ENGLISH, 2844, 167),
        (MapMode.METRIC, 7225, 423),
    ):
        printer.map_mode = mode
        assert (printer.rec_line_width, printer.rec_line_spacing) == (width, spacing)
    printer.rec_line_spacing = 1000  # a centimetre: 71 dots
    printer.map_mode = MapMode.DOTS
    assert printer.rec_line_spacing == 71
    printer.print_normal(REC, "а\nб\n\x1b|fP")
    assert desk.receipts()[0].picture.height == 2 * 71 + 48


def test_settings_survive_disable_and_are_forgotten_by_close(desk: Desk) -> None:
    printer = desk.enabled()
    printer.map_mode, printer.rec_line_chars, printer.character_set = MapMode.METRIC, 56, 1251
    printer.device_enabled = False
    assert (printer.map_mode, printer.rec_line_chars, printer.character_set) == (MapMode.METRIC, 56, 1251)
    printer.device_enabled = True
    printer.print_normal(REC, "Ёж\n")
    assert desk.lines() == ["Ёж"]
    printer.close()
    printer.open("p")
    assert code_of(lambda: printer.map_mode)[0] is ErrorCode.E_NOTCLAIMED
    printer.claim(0)
    printer.device_enabled = True
    assert (printer.map_mode, printer.rec_line_chars, printer.character_set) == (MapMode.DOTS, 42, 866)


def test_character_sets_are_those_of_the_profile(desk: Desk) -> None:
    printer = desk.enabled()
    assert (printer.character_set, printer.character_set_list) == (866, "866,1251,998")
    printer.character_set = 998
    assert code_of(lambda: printer.validate_data(REC, "я"))[0] is ErrorCode.E_ILLEGAL
    printer.print_normal(REC, "я7\n")
    assert code_of(lambda: setattr(printer, "character_set", 932))[0] is ErrorCode.E_ILLEGAL
    printer.character_set = 1251
    printer.map_character_set = False
    printer.print_normal(REC, "я".encode("cp1251").decode("latin-1") + "\n")
    assert desk.lines() == ["?7", "я"]


def test_the_second_colour_of_a_ribbon(make: Callable[[str], Desk]) -> None:
    desk = make("epson-tm-u220")
    printer = desk.enabled()
    assert (printer.cap_rec2_color, printer.cap_rec_color) == (True, 3)
    printer.rec_current_cartridge = 2
    printer.print_normal(REC, "красный\n")
    printer.print_normal(REC, "\x1b|fP")
    assert desk.receipts()[0].picture.getextrema()[0] == 110
    assert code_of(lambda: setattr(printer, "rec_current_cartridge", 4))[0] is ErrorCode.E_ILLEGAL


# --- forms, two stations, the drawer, the maker's own


def test_a_form_is_put_in_printed_and_taken(make: Callable[[str], Desk]) -> None:
    desk = make("epson-tm-h6000iv")
    printer = desk.enabled()
    assert code_of(lambda: printer.begin_insertion(0))[0] is ErrorCode.E_TIMEOUT
    assert code_of(printer.end_insertion) == (ErrorCode.E_EXTENDED, PrinterExtended.SLP_FORM)
    assert printer.get_property("SlpEmpty")
    desk.virtual.put_form(there=True)
    printer.begin_insertion(1000)
    printer.end_insertion()
    assert not printer.get_property("SlpEmpty")
    printer.print_normal(Station.SLIP, "на бланке\n")
    printer.print_normal(REC, "на ленте\n")
    assert code_of(lambda: printer.begin_removal(0))[0] is ErrorCode.E_TIMEOUT
    assert code_of(printer.end_removal) == (ErrorCode.E_EXTENDED, PrinterExtended.SLP_FORM)
    desk.virtual.put_form(there=False)
    printer.begin_removal(1000)
    printer.end_removal()
    assert {(receipt.of_slip, receipt.lines) for receipt in desk.receipts()} == {
        (True, ("на бланке",)),
        (False, ("на ленте",)),
    }


def test_two_stations_print_one_request(make: Callable[[str], Desk]) -> None:
    desk = make("epson-tm-h6000iv")
    printer = desk.enabled()
    assert (printer.cap_concurrent_rec_slp, printer.cap_concurrent_jrn_rec) == (True, False)
    printer.print_two_normal(0x8006, "бланк\n", "лента\n")
    printer.print_two_normal(0x8006, "оба\n", "")
    assert code_of(lambda: printer.print_two_normal(0x8003, "a\n", ""))[0] is ErrorCode.E_ILLEGAL
    assert code_of(lambda: printer.print_two_normal(0x8007, "a\n", ""))[0] is ErrorCode.E_ILLEGAL
    on_slip = [line for receipt in desk.receipts() if receipt.of_slip for line in receipt.lines]
    on_roll = [line for receipt in desk.receipts() if not receipt.of_slip for line in receipt.lines]
    assert (on_slip, on_roll) == (["бланк", "оба"], ["лента", "оба"])


def test_the_drawer_opens_by_direct_io(desk: Desk) -> None:
    printer = desk.enabled()
    assert printer.direct_io(DirectIo.OPEN_DRAWER, 2, None) == (2, None)
    printer.print_normal(REC, "а\n\x1b|fP")
    assert desk.receipts()[0].drawer_pulses == 1
    assert printer.direct_io(DirectIo.DRAWER_STATUS, 0, None) == (0, None)
    assert code_of(lambda: printer.direct_io(DirectIo.OPEN_DRAWER, 3, None))[0] is ErrorCode.E_ILLEGAL
    assert code_of(lambda: printer.direct_io(99, 0, None))[0] is ErrorCode.E_ILLEGAL
    desk.virtual.set_fault(Fault.OFFLINE)
    assert code_of(lambda: printer.direct_io(DirectIo.OPEN_DRAWER, 5, None))[0] is ErrorCode.E_OFFLINE


def test_marked_paper_is_fed_to_its_marks(make: Callable[[str], Desk]) -> None:
    desk = make("epson-tm-l90")
    printer = desk.enabled()
    assert printer.cap_rec_mark_feed == 11
    for mark in (1, 2, 8):
        printer.mark_feed(mark)
    for wrong in (0, 4, 16):
        assert code_of(lambda number=wrong: printer.mark_feed(number))[0] is ErrorCode.E_ILLEGAL  # type: ignore[misc]


def test_health_and_statistics(desk: Desk) -> None:
    printer = desk.enabled()
    printer.check_health(HealthLevel.CH_INTERNAL)
    assert printer.check_health_text == "Internal HCheck: Successful"
    printer.print_normal(REC, "а\nб\n")
    printer.print_bar_code(REC, "46012340", 103, 50, 200, -1, -11)
    printer.cut_paper(ALL)
    desk.virtual.set_fault(Fault.PAPER_OUT)
    assert code_of(lambda: printer.check_health(HealthLevel.CH_INTERNAL))[0] is ErrorCode.E_EXTENDED
    assert code_of(lambda: printer.print_normal(REC, "в\n"))[0] is ErrorCode.E_EXTENDED
    told = printer.retrieve_statistics("")
    for name, count in (
        ("ReceiptLinePrintedCount", 2),
        ("PaperCutCount", 1),
        ("BarcodePrintedCount", 1),
        ("PrinterFaultCount", 1),
    ):
        assert f"<Name>{name}</Name><Value>{count}</Value>" in told
    desk.virtual.set_fault(Fault.NONE)
    printer.check_health(HealthLevel.CH_EXTERNAL)
    assert any("булок" in line for line in desk.lines())


# --- a program that ended in the middle


def test_what_another_program_left_torn_is_ended_and_cut_off(desk: Desk) -> None:
    CrashMark(desk.device._session_now().service.claim_key, own_folder()).put(5000)
    printer = desk.enabled()
    printer.print_normal(REC, "целая\n")
    printer.print_normal(REC, "\x1b|fP")
    assert [receipt.lines for receipt in desk.receipts()] == [("целая",)]
    assert CrashMark(desk.device._session_now().service.claim_key, own_folder()).found() is None


def test_the_crash_mark_of_a_till_lies_beside_its_journal(till: Till, claims: Path) -> None:
    till.rewrite(devices=PRINTER_DEVICES.format(profile="epson-tm-t20iii", port=1))
    with POSPrinter(load_site(till.site)) as printer:
        printer.open("printer1")
        printer.claim(0)
        service: Any = printer._session_now().service
        service._mark.put(1)
        assert [path.suffix for path in till.site.parent.glob("*.printing")] == [".printing"]
        assert list(claims.glob("*.printing")) == []


def test_a_block_of_its_own_is_no_answer(desk: Desk) -> None:
    """Noise of a printer between its answers does not become one."""
    printer = desk.enabled()
    desk.virtual._send(Block(0x37, b"\x229999").to_bytes())
    printer.print_normal(REC, "а\n")
    assert desk.lines() == ["а"]


SLIP = tuple(f"строка {number} с текстом" for number in range(20))


def write_slip(printer: POSPrinter, *, page: bool) -> None:
    """One slip, as a page or as a transaction; the application's own way to begin again is clearOutput."""
    printer.clear_output()
    if page:
        printer.page_mode_station = REC
        printer.page_mode_print(PageModeControl.PAGE_MODE)
    else:
        printer.transaction_print(REC, TransactionControl.TRANSACTION)
    printer.print_normal(REC, "".join(f"{line}\n" for line in SLIP))
    printer.print_bar_code(REC, "receipt-1024", 206, 80, 300, -2, -11)
    if page:
        printer.page_mode_print(PageModeControl.NORMAL)
        printer.cut_paper(ALL)
    else:
        printer.cut_paper(ALL)
        printer.transaction_print(REC, TransactionControl.NORMAL)


def was_printed(printer: POSPrinter, *, page: bool) -> bool:
    try:
        write_slip(printer, page=page)
    except UposError as problem:
        allowed = {ErrorCode.E_FAILURE, ErrorCode.E_NOHARDWARE, ErrorCode.E_TIMEOUT}
        return problem.error_code not in allowed
    return True


@pytest.mark.parametrize("page", [True, False], ids=["page", "transaction"])
@pytest.mark.parametrize("after", [30, 60, 200, 400, 800, 1500, 2500, 3500, 5000, 8000])
def test_what_is_gathered_comes_whole_when_the_line_breaks(desk: Desk, page: bool, after: int) -> None:
    """Of a page nothing comes before it is whole. A broken transaction is never told as printed, and is cut off."""
    with hostile(desk.virtual.port, Manners(piece=1, cut_up=after)) as port:
        device = QuickPrinter(
            {"p": DeviceEntry(category="POSPrinter", profile="epson-tm-t88v", port=f"tcp://127.0.0.1:{port}")}
        )
        device.open("p")
        device.claim(0)
        device.device_enabled = True
        told = any(was_printed(device, page=page) for _ in range(5))
        device.close()
    papers = ["\n".join(receipt.lines).replace("\n\n", "\n").split("\n") for receipt in desk.receipts()]
    whole = [paper for paper in papers if paper[: len(SLIP)] == list(SLIP) and any("picture" in line for line in paper)]
    assert told
    assert len(whole) >= 1
    if page:
        assert [paper for paper in papers if paper not in whole] == []
    else:
        assert all("\n".join(SLIP).startswith("\n".join(paper)) for paper in papers if paper not in whole)
