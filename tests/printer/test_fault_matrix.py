"""Every fault at every moment of a job: no slip is lost, no original doubled, none reported on paper that is not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import msgspec
import pytest

from firmware_protocol.escpos import commands
from firmware_protocol.escpos.status import process_done
from koshelek_driver.config import profile
from koshelek_driver.config.profile import PrinterProfile, SerialLine
from koshelek_driver.printer.condition import PrinterCondition
from koshelek_driver.printer.connection import Link
from koshelek_driver.printer.job import PrinterTiming
from koshelek_driver.printer.job_state import JobState
from koshelek_driver.printer.receipt_printer import JobObserver, PrintResult, ReceiptPrinter
from koshelek_driver.printer.rendering import document
from koshelek_driver.printer.rendering.layout import Line
from koshelek_driver.sandbox.printer.faults import Fault
from koshelek_driver.sandbox.printer.server import VirtualPrinter
from koshelek_driver.transport import StreamPort, open_stream
from tests.support.hostile import Manners, hostile

CLEARING = profile.printer("epson-tm-t20iii")
EPSON = msgspec.structs.replace(CLEARING, clear="none", automatic_status=False, real_time_switch=False)
CLONE = profile.printer("generic-escpos-80mm")
MODELS = {"process-id": EPSON, "paper-status": CLONE, "clears, tells by itself": CLEARING}
QUICK = PrinterTiming(acknowledge_s=1.0, status_every_s=0.1, quiet_s=0.05)
TEXT = tuple(f"строка {number}" for number in range(12))
MARK = "КОПИЯ"
PICTURE = commands.raster(32, b"\xaa" * 32 * 64)


@dataclass
class Till:
    """What a till does with one slip: prints it, again after a no, as a copy after a perhaps, until it is on paper."""

    open_port: Callable[[], StreamPort]
    model: PrinterProfile
    results: list[PrintResult] = field(default_factory=list)
    held: list[PrinterCondition] = field(default_factory=list)
    timing: PrinterTiming = QUICK

    def __post_init__(self) -> None:
        self.restart()
        self.may_be_on_paper = False

    def restart(self) -> None:
        """Restart after kill -9: only whether the first byte had left is remembered."""
        self.printer = self.new_printer(0.3)

    def new_printer(self, hold_s: float) -> ReceiptPrinter:
        return ReceiptPrinter(self.open_port, self.model, time.monotonic, hold_s=hold_s, timing=self.timing)

    def attempt(self) -> PrintResult:
        copy = self.may_be_on_paper
        start, *middle, end = document.render([Line(MARK)] * copy + [Line(text) for text in TEXT], self.model)
        units = [start, PICTURE, *middle, PICTURE, end]
        telling = JobObserver(before_write=self._leaves, held=self.held.append)
        result = self.printer.print_units(units, telling, after_unknown=copy)
        if result.printed == "not_sent":
            self.may_be_on_paper = copy
        self.results.append(result)
        return result

    def _leaves(self) -> None:
        self.may_be_on_paper = True

    def until_on_paper(self, mend: Callable[[], None]) -> None:
        for _ in range(4):
            if self.attempt().printed == "on_paper":
                return
            mend()
        raise AssertionError([result.problem for result in self.results])


@pytest.fixture
def virtual(tmp_path: Path) -> Iterator[VirtualPrinter]:
    printer = VirtualPrinter(tmp_path / "receipts")
    yield printer
    printer.close()


@pytest.fixture(params=list(MODELS.values()), ids=list(MODELS))
def till(request: pytest.FixtureRequest, virtual: VirtualPrinter) -> Till:
    return Till(partial(open_stream, f"tcp://127.0.0.1:{virtual.port}", SerialLine(), 1.0), request.param)


def whole(virtual: VirtualPrinter) -> tuple[int, int]:
    """How many whole originals and whole copies came out: both pictures, all text, and nothing else."""
    picture = ("[picture 256x64]",)
    papers = [receipt.lines for receipt in virtual.receipts]
    return papers.count((*picture, *TEXT, *picture)), papers.count((*picture, MARK, *TEXT, *picture))


def check(virtual: VirtualPrinter, till: Till) -> None:
    """The law of the matrix, when everything is mended and the paper is torn off."""
    assert till.results[-1].printed == "on_paper"
    virtual.settle()
    originals, copies = whole(virtual)
    assert originals <= 1
    assert originals + copies >= 1
    assert copies <= sum(result.printed == "sent" for result in till.results)


@pytest.mark.parametrize("fault", [Fault.PAPER_OUT, Fault.COVER_OPEN, Fault.OFFLINE])
def test_a_fault_before_the_job_sends_nothing(virtual: VirtualPrinter, till: Till, fault: Fault) -> None:
    virtual.set_fault(fault)
    till.until_on_paper(lambda: virtual.set_fault(Fault.NONE))
    assert [result.state for result in till.results] == [JobState.QUEUED, JobState.ACKNOWLEDGED]
    assert whole(virtual) == (1, 0)


@pytest.mark.parametrize("after_lines", [1, 5, 13])
@pytest.mark.parametrize("fault", [Fault.PAPER_OUT_MID_SLIP, Fault.COVER_OPEN_MID_SLIP, Fault.OFFLINE_MID_SLIP])
def test_a_printer_that_stops_in_the_middle_and_is_mended_in_time_goes_on(
    virtual: VirtualPrinter, till: Till, fault: Fault, after_lines: int
) -> None:
    """In a text line, between lines, inside the last picture."""
    virtual.set_fault(fault, after_lines)
    till.printer = till.new_printer(20.0)
    told = threading.Event()

    def held(why: PrinterCondition) -> None:
        till.held.append(why)
        told.set()

    def mend() -> None:
        told.wait(10)
        virtual.set_fault(Fault.NONE)

    start, *middle, end = document.render([Line(text) for text in TEXT], till.model)
    mender = threading.Thread(target=mend)
    mender.start()
    result = till.printer.print_units([start, PICTURE, *middle, PICTURE, end], JobObserver(held=held))
    mender.join()
    assert (result.printed, result.state) == ("on_paper", JobState.ACKNOWLEDGED)
    assert len(till.held) == 1
    assert whole(virtual) == (1, 0)


@pytest.mark.parametrize("after_lines", [1, 5, 13])
@pytest.mark.parametrize("fault", [Fault.PAPER_OUT_MID_SLIP, Fault.COVER_OPEN_MID_SLIP, Fault.OFFLINE_MID_SLIP])
def test_a_printer_that_stays_stopped_is_cleared_or_finishes_later_and_a_second_one_is_a_copy(
    virtual: VirtualPrinter, till: Till, fault: Fault, after_lines: int
) -> None:
    virtual.set_fault(fault, after_lines)
    till.until_on_paper(lambda: virtual.set_fault(Fault.NONE))
    check(virtual, till)
    cleared = till.model.clear == "dc4"
    assert till.results[0].state is (JobState.CLEARED if cleared else JobState.HELD)
    originals, copies = whole(virtual)
    assert copies == 1
    assert originals == (0 if cleared else 1)


def test_a_power_cycle_in_the_middle(virtual: VirtualPrinter, till: Till) -> None:
    virtual.set_fault(Fault.CONNECTION_LOST)
    till.until_on_paper(lambda: virtual.set_fault(Fault.NONE))
    check(virtual, till)
    assert till.results[0].state is JobState.INTERRUPTED


def print_through(virtual: VirtualPrinter, till: Till, manners: Manners) -> None:
    """One attempt over a bad link; where that did not print, the till starts again with a good one."""
    with hostile(virtual.port, manners) as port:
        open_port = partial(open_stream, f"tcp://127.0.0.1:{port}", SerialLine(), 1.0)
        till.printer = ReceiptPrinter(open_port, till.model, time.monotonic, hold_s=0.3, timing=till.timing)
        till.attempt()
    if till.results[0].printed != "on_paper":
        till.restart()
        till.until_on_paper(lambda: None)
    check(virtual, till)


@pytest.mark.parametrize("after", [0, 1, 3, 10, 40, 700, *range(2195, 2202), 2300, 2500, 4000])
def test_a_link_lost_towards_the_printer(virtual: VirtualPrinter, till: Till, after: int) -> None:
    """Before the job, in its start, inside the first picture, inside text, in the second picture's size and inside it."""
    print_through(virtual, till, Manners(piece=1, cut_up=after))


@pytest.mark.parametrize("after", [0, 1, 2, 4, 8])
def test_a_link_lost_from_the_printer(virtual: VirtualPrinter, till: Till, after: int) -> None:
    """Its answers do not arrive: before, in the middle of and after the acknowledgement."""
    print_through(virtual, till, Manners(piece=1, cut_down=after))


def test_an_answer_to_an_earlier_job_is_not_taken_for_this_one(virtual: VirtualPrinter, till: Till) -> None:
    """The first job was given up; its answer comes when the paper is back and the second job has begun."""
    till.timing = replace(QUICK, acknowledge_s=8.0)
    till.model = msgspec.structs.replace(till.model, clear="none")
    till.restart()
    virtual.set_fault(Fault.PAPER_OUT_MID_SLIP, 5)
    assert till.attempt().state is JobState.HELD
    virtual.set_fault(Fault.SLOW)
    till.until_on_paper(lambda: None)
    assert whole(virtual) == (1, 1)


def test_a_job_does_not_begin_while_an_earlier_one_is_still_owed(virtual: VirtualPrinter) -> None:
    till = Till(partial(open_stream, f"tcp://127.0.0.1:{virtual.port}", SerialLine(), 1.0), CLONE)
    virtual.set_fault(Fault.PAPER_OUT_MID_SLIP, 5)
    till.attempt()
    virtual.set_fault(Fault.BUFFER_FULL)
    second = till.attempt()
    assert (second.printed, second.problem) == ("not_sent", "the printer is still busy with an earlier receipt")
    virtual.set_fault(Fault.NONE)


@pytest.mark.parametrize(
    ("model", "problem"), [(CLEARING, "the printer is out of paper"), (EPSON, "the printer takes no more data")]
)
def test_a_blocked_printer_is_named_by_what_it_tells_unasked(
    virtual: VirtualPrinter, model: PrinterProfile, problem: str
) -> None:
    """Its buffer is full, so no question gets through."""
    till = Till(partial(open_stream, f"tcp://127.0.0.1:{virtual.port}", SerialLine(), 1.0), model)
    virtual.set_fault(Fault.PAPER_OUT_MID_SLIP, 1)
    start = document.render([], model)[0]
    till.printer.print_units([start, *[PICTURE] * 4000], JobObserver(held=till.held.append))
    assert [why.problem for why in till.held] == [problem]


def test_status_that_comes_unasked_disturbs_nothing(virtual: VirtualPrinter, till: Till) -> None:
    over = threading.Event()

    def rattle() -> None:
        for fault in (Fault.NEAR_END, Fault.NONE) * 2000:
            if over.wait(0.001):
                return
            virtual.set_fault(fault)

    noise = threading.Thread(target=rattle)
    noise.start()
    results = [till.attempt().printed for _ in range(3)]
    over.set()
    noise.join()
    assert results == ["on_paper"] * 3


def test_two_threads_print_whole_receipts(virtual: VirtualPrinter, till: Till) -> None:
    printer = till.printer

    def sell(name: str) -> None:
        for _ in range(5):
            assert printer.print_lines([Line(f"{name} {text}") for text in TEXT]).printed == "on_paper"

    threads = [threading.Thread(target=sell, args=(name,)) for name in ("А", "Б")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(virtual.receipts) == 10
    assert all(len({line[0] for line in receipt.lines}) == 1 for receipt in virtual.receipts)


class Single:
    """A port that two may not have open at once, as a serial port or a USB device."""

    report_descriptor = b""
    is_open = False

    def __init__(self) -> None:
        assert not Single.is_open
        Single.is_open = True

    def read(self, timeout_s: float) -> bytes:
        return b""

    def write(self, data: bytes, timeout_s: float) -> None: ...

    def write_some(self, data: bytes, timeout_s: float) -> int:
        threading.Event().wait(0.001)
        return min(7, len(data))

    def wake(self) -> None: ...

    def close(self) -> None:
        Single.is_open = False


def test_two_threads_never_have_the_port_at_once() -> None:
    printer = ReceiptPrinter(Single, msgspec.structs.replace(CLONE, acknowledge="none"), time.monotonic)
    with ThreadPoolExecutor(4) as threads:
        results = [threads.submit(printer.print_lines, [Line("x")]) for _ in range(12)]
    assert {result.result().printed for result in results} == {"assumed"}


class Chatter(Single):
    """A port on which much was said before anybody asked."""

    def __init__(self, *said: bytes) -> None:
        self._said = list(said)

    def read(self, timeout_s: float) -> bytes:
        return self._said.pop(0) if self._said else b""

    def write_some(self, data: bytes, timeout_s: float) -> int:
        return len(data)


def test_an_old_status_does_not_answer_a_new_question_and_an_acknowledgement_survives_one() -> None:
    link = Link(Chatter(b"\x127\x220001\x00", b"\x1a"), time.monotonic)
    status = link.ask(1, time.monotonic() + 1)
    assert status is not None
    assert status.offline
    assert link.await_reply(process_done, time.monotonic()) == b"0001"


def test_what_is_said_and_never_asked_for_is_bounded() -> None:
    link = Link(Chatter(*[b"\x00" * 4000] * 50), time.monotonic)
    for _ in range(50):
        link.send_some(b"x")
    assert len(link._unread) <= 64


def test_a_printer_that_takes_nothing_is_given_up_in_time(virtual: VirtualPrinter, till: Till) -> None:
    virtual.set_fault(Fault.BUFFER_FULL)
    began = time.monotonic()
    units = [*document.render([Line("x")], till.model)[:1], *[PICTURE] * 400]
    result = till.printer.print_units(units, JobObserver())
    assert time.monotonic() - began < 10
    assert result.printed != "on_paper"
    virtual.set_fault(Fault.NONE)
