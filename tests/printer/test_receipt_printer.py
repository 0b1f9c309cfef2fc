"""A receipt is reported on paper only when the printer said so; faults are named with a way out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec
import pytest

from firmware_protocol.escpos import commands
from firmware_protocol.escpos.status import AutomaticStatus, Block
from firmware_protocol.escpos.tokenizer import Command, Tokenizer
from koshelek_driver.config import profile
from koshelek_driver.config.profile import PrinterProfile, SerialLine
from koshelek_driver.printer.job import DEFAULT_TIMING, PrinterTiming
from koshelek_driver.printer.job_state import JobState
from koshelek_driver.printer.receipt_printer import JobObserver, PrintResult, ReceiptPrinter
from koshelek_driver.printer.rendering.layout import Line
from koshelek_driver.sandbox.printer.faults import Fault
from koshelek_driver.sandbox.printer.server import VirtualPrinter
from koshelek_driver.transport import open_stream
from tests.support.hostile import Manners, hostile

EPSON = profile.printer("epson-tm-t20iii")
LINES = [Line(f"строка {number}") for number in range(12)]


@pytest.fixture
def virtual(tmp_path: Path) -> Iterator[VirtualPrinter]:
    printer = VirtualPrinter(tmp_path / "receipts")
    yield printer
    printer.close()


def print_on(
    port: int, model: PrinterProfile = EPSON, timing: PrinterTiming = DEFAULT_TIMING
) -> tuple[PrintResult, list[str]]:
    """Print, and say when the first byte was announced."""
    announced: list[str] = []
    open_port = partial(open_stream, f"tcp://127.0.0.1:{port}", SerialLine(), 1.0)
    printer = ReceiptPrinter(open_port, model, time.monotonic, hold_s=0.5, timing=timing)
    return printer.print_lines(LINES, JobObserver(before_write=lambda: announced.append("first byte"))), announced


@pytest.mark.parametrize("model", [EPSON, profile.printer("generic-escpos-80mm")], ids=["process-id", "paper-status"])
def test_a_receipt_is_on_paper_once_and_acknowledged(virtual: VirtualPrinter, model: PrinterProfile) -> None:
    result, announced = print_on(virtual.port, model)
    assert (result.printed, result.state, announced) == ("on_paper", JobState.ACKNOWLEDGED, ["first byte"])
    assert result.evidence == model.acknowledge
    assert [receipt.lines for receipt in virtual.receipts] == [tuple(line.text for line in LINES)]


def test_a_printer_that_cannot_confirm_is_asked_nothing_and_only_assumed(virtual: VirtualPrinter) -> None:
    result, _ = print_on(virtual.port, msgspec.structs.replace(EPSON, acknowledge="none"))
    assert result == PrintResult(JobState.ASSUMED)
    assert virtual.wait_for_receipts(1, 5.0)


class TalkativePort:
    """A printer that answers each write with the next of these bytes."""

    report_descriptor = b""

    def __init__(self, *answers: bytes) -> None:
        self._answers = list(answers)
        self._waiting = b""
        self.now_s = 7.0015

    def write(self, data: bytes, timeout_s: float) -> None:
        assert data
        self._waiting += self._answers.pop(0) if self._answers else b""

    def write_some(self, data: bytes, timeout_s: float) -> int:
        self.write(data, timeout_s)
        return len(data)

    def read(self, timeout_s: float) -> bytes:
        data, self._waiting = self._waiting, b""
        self.now_s += 0.001 if data else timeout_s
        return data

    def wake(self) -> None: ...

    def close(self) -> None: ...


@pytest.mark.parametrize(
    ("model", "answer", "printed"),
    [
        ("generic-escpos-80mm", b"\x00", "on_paper"),
        ("generic-escpos-80mm", b"\x10\x00\x00\x00", "sent"),
        ("generic-escpos-80mm", b"\x16", "sent"),
        ("generic-escpos-80mm", b"7\x227001\x00", "sent"),
        ("epson-tm-t20iii", b"7\x227001\x00", "on_paper"),
        ("epson-tm-t20iii", b"7\x220001\x00", "sent"),
        ("epson-tm-t20iii", b"\x00", "sent"),
        ("epson-tm-t20iii", b"\x10\x00\x00\x00\x137\x227001\x00", "on_paper"),
    ],
)
def test_only_the_right_answer_is_taken_for_paper(model: str, answer: bytes, printed: str) -> None:
    port = TalkativePort(b"\x12", answer, b"\x12")
    printer = ReceiptPrinter(lambda: port, profile.printer(model), lambda: port.now_s)
    assert printer.print_lines(LINES).printed is printed


def test_a_printer_that_says_nothing_is_not_sent_a_receipt() -> None:
    port = TalkativePort()
    printer = ReceiptPrinter(lambda: port, EPSON, lambda: port.now_s)
    result = printer.print_lines(LINES)
    assert (result.printed, result.problem) == ("not_sent", "the printer does not answer")
    assert port.now_s < 9


@pytest.mark.parametrize(
    ("fault", "problem", "remedy"),
    [
        (Fault.PAPER_OUT, "out of paper", "new roll"),
        (Fault.COVER_OPEN, "cover is open", "close the cover"),
        (Fault.OFFLINE, "offline", "feed button"),
    ],
)
def test_a_printer_that_cannot_print_is_not_sent_a_byte(
    virtual: VirtualPrinter, fault: Fault, problem: str, remedy: str
) -> None:
    virtual.set_fault(fault)
    result, announced = print_on(virtual.port)
    assert (result.printed, announced) == ("not_sent", [])
    assert problem in result.problem
    assert remedy in result.remedy
    virtual.set_fault(Fault.NONE)
    assert print_on(virtual.port)[0].printed == "on_paper"
    assert len(virtual.receipts) == 1


def test_a_connection_lost_in_mid_slip_is_sent_but_not_confirmed(virtual: VirtualPrinter) -> None:
    virtual.set_fault(Fault.CONNECTION_LOST)
    result, announced = print_on(virtual.port)
    assert (result.printed, announced) == ("sent", ["first byte"])
    assert "was lost" in result.problem
    assert virtual.wait_for_receipts(1, 5.0)
    assert len(virtual.receipts[0].lines) == 5
    assert print_on(virtual.port)[0].printed == "on_paper"


@pytest.mark.scenario(69)
def test_paper_that_ends_in_mid_slip_is_named_and_the_printer_goes_on_by_itself(virtual: VirtualPrinter) -> None:
    virtual.set_fault(Fault.PAPER_OUT_MID_SLIP)
    result, _ = print_on(virtual.port, msgspec.structs.replace(EPSON, clear="none"))
    assert (result.printed, result.problem) == ("sent", "the printer is out of paper")
    assert virtual.receipts == []
    virtual.set_fault(Fault.NONE)
    assert virtual.wait_for_receipts(1, 5.0)
    assert len(virtual.receipts[0].lines) == len(LINES)


def test_a_full_buffer_is_not_taken_for_paper(virtual: VirtualPrinter) -> None:
    virtual.set_fault(Fault.BUFFER_FULL)
    result, _ = print_on(virtual.port, timing=PrinterTiming(acknowledge_s=0.3))
    assert (result.printed, result.problem) == ("sent", "the printer did not confirm the receipt")
    virtual.set_fault(Fault.NONE)


def test_slow_and_nearly_empty_printers_print(virtual: VirtualPrinter) -> None:
    for fault in (Fault.SLOW, Fault.NEAR_END):
        virtual.set_fault(fault)
        assert print_on(virtual.port)[0].printed == "on_paper"


def test_a_printer_that_is_off_is_not_sent(virtual: VirtualPrinter) -> None:
    virtual.close()
    result, announced = print_on(virtual.port)
    assert (result.printed, announced) == ("not_sent", [])
    assert "does not answer" in result.problem


@pytest.mark.parametrize(
    "manners", [Manners(piece=1), Manners(piece=7, delay_s=0.002)], ids=["one-byte-at-a-time", "slow-in-sevens"]
)
def test_a_bad_network_changes_nothing_on_paper(virtual: VirtualPrinter, manners: Manners) -> None:
    with hostile(virtual.port, manners) as port:
        assert print_on(port)[0].printed == "on_paper"
    assert virtual.receipts[0].lines == tuple(line.text for line in LINES)


@pytest.mark.parametrize("after", [0, 1, 40])
def test_a_network_that_breaks_towards_the_printer_never_claims_paper(virtual: VirtualPrinter, after: int) -> None:
    with hostile(virtual.port, Manners(cut_up=after)) as port:
        assert print_on(port)[0].printed != "on_paper"


class StoppingPort:
    """A printer that runs out of paper after so many bytes, says so by itself, and takes no more until it is mended."""

    report_descriptor = b""

    def __init__(self, room: int) -> None:
        self.room = room
        self.sent = b""
        self._to_say = b""
        self._said = False

    def mend(self) -> None:
        self.room = 1 << 20
        self._to_say += AutomaticStatus().to_bytes()

    def write_some(self, data: bytes, timeout_s: float) -> int:
        taken = data[: max(0, self.room - len(self.sent))]
        self.sent += taken
        if len(taken) < len(data) and not self._said:
            self._said = True
            self._to_say += AutomaticStatus(offline=True, paper_end=True).to_bytes()
        self._answer(taken)
        return len(taken)

    def _answer(self, taken: bytes) -> None:
        for token in Tokenizer().feed(taken):
            if isinstance(token, Command) and token.name == "DLE EOT":
                self._to_say += b"\x12"
            if isinstance(token, Command) and token.name == "GS ( H":
                self._to_say += Block(0x37, b"\x22" + token.params[4:8]).to_bytes()

    def read(self, timeout_s: float) -> bytes:
        said, self._to_say = self._to_say, b""
        return said

    def close(self) -> None: ...


def test_nothing_is_said_into_a_job_that_waits_in_its_middle() -> None:
    """A question, or zeros, would become dots of its picture."""
    port = StoppingPort(1000)
    timing = PrinterTiming(pause_s=0.4)
    printer = ReceiptPrinter(lambda: port, EPSON, time.monotonic, timing=timing)  # type: ignore[arg-type, return-value]
    printer.keep()
    job = [b"\x1b@", commands.raster(72, b"\x55" * 72 * 48), b"\n"]
    result, waiting = printer.begin(job)
    assert (result.state, result.problem) == (JobState.HELD, "the printer is out of paper")
    assert waiting is not None
    port.room = 1 << 20  # there is room in its buffer, but it prints nothing yet
    sent = len(port.sent)
    assert printer.status().paper_end
    refused, _ = printer.begin(job)
    assert (refused.printed, refused.problem) == ("not_sent", "the printer is out of paper")
    assert printer.form_is_in() is None
    assert len(port.sent) == sent
    port.mend()
    assert waiting.resume().printed == "on_paper"
    assert b"".join(job) in port.sent
    assert printer.begin(job)[0].printed == "on_paper"
    assert bytes(100) not in port.sent
    printer.let_go()
