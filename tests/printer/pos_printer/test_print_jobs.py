"""Jobs of a printer without a device: what is composed, gathered, submitted and counted. The service is faked."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from firmware_protocol.escpos import commands
from koshelek_driver.printer.condition import PAPER
from koshelek_driver.printer.job_state import JobState
from koshelek_driver.printer.pos_printer import forms
from koshelek_driver.printer.pos_printer.gathering import print_page, print_transaction, rotate
from koshelek_driver.printer.pos_printer.page_mode import PageMode
from koshelek_driver.printer.pos_printer.print_jobs import STATISTICS, PrintJobs
from koshelek_driver.printer.pos_printer.request import Request, StatisticsDelta
from koshelek_driver.printer.pos_printer.stations import Stations
from koshelek_driver.printer.receipt_printer import PrintResult
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.printer_codes import PageModeControl, PrinterExtended, Rotation, Station, TransactionControl
from koshelek_driver.upos.statistics import Statistics
from tests.support.upos_devices import HandPrinter

REC, SLP = Station.RECEIPT, Station.SLIP
OUT_OF_PAPER = PrintResult(JobState.CLEARED, PAPER)


class Bench:
    """The jobs of one faked printer, and all that belongs to them."""

    def __init__(self, model: str = "epson-tm-t88v") -> None:
        self.hand = HandPrinter(model)
        self.stations = Stations(self.hand)
        self.statistics = Statistics(STATISTICS, dict, lambda: 0.0)
        self.jobs = PrintJobs(self.hand, self.stations, self.statistics)

    def write(self, data: str, station: Station = REC) -> None:
        self.jobs.write(station, lambda composer: composer.write(data))

    def texts(self) -> list[str]:
        """The letters of each job."""
        return [
            "".join(char for char in job.decode("cp866") if char.isalpha() and char > "z") for job in self.hand.jobs
        ]

    def count(self, name: str) -> str:
        return self.statistics.values(name)[name]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def code_of(raised: pytest.ExceptionInfo[UposError]) -> ErrorCode:
    return raised.value.error_code


def test_a_line_is_one_job_that_begins_with_a_known_state(bench: Bench) -> None:
    bench.write("чай\n")
    (job,) = bench.hand.jobs
    assert job.startswith(commands.INITIALIZE)
    assert bench.texts() == ["чай"]
    assert bench.count("ReceiptLinePrintedCount") == "1"


def test_text_without_a_line_feed_waits_for_the_next_call(bench: Bench) -> None:
    bench.write("за")
    assert bench.texts() == []
    bench.write("варка\n")
    assert bench.texts() == ["заварка"]


def test_a_failed_job_restores_the_unfinished_line_and_is_counted(bench: Bench) -> None:
    bench.write("за")
    bench.hand.ends = [OUT_OF_PAPER]
    with pytest.raises(UposError) as raised:
        bench.write("варка\n")
    assert (code_of(raised), raised.value.error_code_extended) == (ErrorCode.E_EXTENDED, PrinterExtended.REC_EMPTY)
    bench.write("варка\n")
    assert bench.texts() == ["заварка"]
    assert (bench.count("PrinterFaultCount"), bench.count("ReceiptLinePrintedCount")) == ("1", "1")


def test_a_paper_that_the_printer_lacks_is_illegal(bench: Bench) -> None:
    with pytest.raises(UposError, match="this printer has no slip station") as raised:
        bench.write("а\n", SLP)
    assert code_of(raised) is ErrorCode.E_ILLEGAL


def test_submit_gets_every_job_and_decides_when_it_runs() -> None:
    bench = Bench()
    submitted: list[Request] = []
    jobs = PrintJobs(bench.hand, bench.stations, bench.statistics, submitted.append)
    jobs.write(REC, lambda composer: composer.write("чай\n"))
    jobs.submit(bench.stations.receipt, [b"raw"], StatisticsDelta(bar_codes=2))
    assert bench.hand.jobs == []
    for request in submitted:
        request.run()
    assert bench.hand.jobs[1].endswith(b"raw")
    assert bench.count("BarcodePrintedCount") == "2"


def test_a_job_is_submitted_without_the_lock(bench: Bench) -> None:
    """A job may block for half a minute; other threads must be able to compose meanwhile."""
    entered: list[bool] = []

    def compose_elsewhere(_request: Request) -> None:
        def compose() -> None:
            with jobs.composing:
                entered.append(True)

        other = threading.Thread(target=compose)
        other.start()
        other.join(10)

    jobs = PrintJobs(bench.hand, bench.stations, bench.statistics, compose_elsewhere)
    jobs.write(REC, lambda composer: composer.write("а\n"))
    jobs.submit(bench.stations.receipt, [b"raw"])
    assert entered == [True, True]


def test_a_job_without_units_is_done_at_once(bench: Bench) -> None:
    bench.jobs.submit(bench.stations.receipt, [b"", b""])
    assert bench.hand.jobs == []


def test_immediate_text_is_apart_from_the_unfinished_line(bench: Bench) -> None:
    bench.write("после")
    bench.jobs.write_now(REC, "сейчас")
    bench.write("\n")
    assert bench.texts() == ["сейчас", "после"]


def test_two_stations_are_one_job_of_the_first() -> None:
    bench = Bench("epson-tm-h6000iv")
    bench.jobs.write_both((SLP, "бланк\nвторая\n"), (REC, "лента\n"))
    assert bench.texts() == ["бланквтораялента"]
    assert (bench.count("SlipLinePrintedCount"), bench.count("ReceiptLinePrintedCount")) == ("2", "0")


def test_a_transaction_is_one_job_with_one_count(bench: Bench) -> None:
    paper = bench.stations.receipt
    print_transaction(bench.jobs, paper, TransactionControl.TRANSACTION)
    bench.write("а\nб\n")
    bench.jobs.write(REC, lambda composer: composer.cut(100, feed=False))
    assert bench.hand.jobs == []
    print_transaction(bench.jobs, paper, TransactionControl.NORMAL)
    assert bench.texts() == ["аб"]
    assert (bench.count("ReceiptLinePrintedCount"), bench.count("PaperCutCount")) == ("2", "1")
    with pytest.raises(UposError, match="no transaction was begun"):
        print_transaction(bench.jobs, paper, TransactionControl.NORMAL)


def test_gathering_out_of_turn_is_illegal(bench: Bench) -> None:
    paper, page_mode = bench.stations.receipt, PageMode(bench.stations)
    page_mode.set_station(REC)
    print_transaction(bench.jobs, paper, TransactionControl.TRANSACTION)
    refused: list[Callable[[], None]] = [
        lambda: print_transaction(bench.jobs, paper, TransactionControl.TRANSACTION),
        lambda: print_page(bench.jobs, page_mode, PageModeControl.PAGE_MODE),
        lambda: print_page(bench.jobs, page_mode, PageModeControl.NORMAL),
        lambda: rotate(bench.jobs, paper, Rotation.LEFT90),
    ]
    for wrong in refused:
        with pytest.raises(UposError) as raised:
            wrong()
        assert code_of(raised) is ErrorCode.E_ILLEGAL
    bench.stations.forget()
    assert paper.collecting is None


def test_turned_lines_are_printed_by_the_next_rotation(bench: Bench) -> None:
    rotate(bench.jobs, bench.stations.receipt, Rotation.LEFT90)
    bench.write("а\nб\n")
    assert bench.hand.jobs == []
    rotate(bench.jobs, bench.stations.receipt, Rotation.NORMAL)
    assert bench.texts() == ["аб"]


def test_a_page_is_stored_and_printed_again(bench: Bench) -> None:
    page_mode = PageMode(bench.stations)
    page_mode.set_station(REC)
    print_page(bench.jobs, page_mode, PageModeControl.PAGE_MODE)
    bench.write("а\n")
    print_page(bench.jobs, page_mode, PageModeControl.PRINT_SAVE)
    bench.write("б\n")
    print_page(bench.jobs, page_mode, PageModeControl.NORMAL)
    assert bench.texts() == ["а", "аб"]


def test_a_page_that_is_canceled_prints_nothing(bench: Bench) -> None:
    page_mode = PageMode(bench.stations)
    page_mode.set_station(REC)
    print_page(bench.jobs, page_mode, PageModeControl.PAGE_MODE)
    bench.write("а\n")
    print_page(bench.jobs, page_mode, PageModeControl.CANCEL)
    assert bench.hand.jobs == []


def test_forms_are_awaited_and_counted() -> None:
    bench = Bench("epson-tm-h6000iv")
    slip = bench.stations.slip
    forms.await_form(bench.hand, slip, 0, wanted=True)
    forms.expect_form(bench.hand, slip, there=True)
    bench.jobs.count_form()
    assert bench.count("FormInsertionCount") == "1"
    with pytest.raises(UposError) as raised:
        forms.await_form(bench.hand, slip, 0, wanted=False)
    assert code_of(raised) is ErrorCode.E_TIMEOUT
    with pytest.raises(UposError) as raised:
        forms.expect_form(bench.hand, slip, there=False)
    assert raised.value.error_code_extended == PrinterExtended.SLP_FORM
