"""The virtual printer as a printer: what it prints, what it answers, what it does when something is wrong."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from firmware_protocol.escpos import commands
from firmware_protocol.escpos.barcodes import QrLevel, qr_code
from firmware_protocol.escpos.status import AutomaticStatus, Block, RealTimeStatus, Reply, ReplyReader
from firmware_protocol.escpos.tokenizer import Tokenizer
from koshelek_driver.emulator.escpos_emulator import EscPosEmulator, Receipt
from koshelek_driver.sandbox.printer.faults import Fault
from koshelek_driver.sandbox.printer.server import BUFFER_SIZE, VirtualPrinter
from koshelek_driver.sandbox.symbols import decode

RUSSIAN = commands.INITIALIZE + commands.CANCEL_TWO_BYTE_MODE + commands.code_page(17)


def run(stream: bytes, dots: int = 576) -> tuple[list[Receipt], bytes]:
    receipts: list[Receipt] = []
    answers = bytearray()
    machine = EscPosEmulator(dots, answers.extend, receipts.append)
    for token in Tokenizer().feed(stream):
        machine.execute(token)
    machine.finish()
    return receipts, bytes(answers)


def lines(stream: bytes, dots: int = 576) -> list[str]:
    [receipt] = run(stream, dots)[0]
    return list(receipt.lines)


@pytest.mark.parametrize(("page", "codec"), [(17, "cp866"), (46, "cp1251"), (34, "cp855")])
def test_russian_needs_its_page_and_one_byte_mode(page: int, codec: str) -> None:
    text = "Оплата №1".replace("№", "" if codec != "cp866" else "№").encode(codec) + b"\n"
    head = commands.INITIALIZE + commands.code_page(page)
    assert lines(head + commands.CANCEL_TWO_BYTE_MODE + text) == [text.decode(codec).rstrip()]
    assert "□" in lines(head + text)[0]
    assert lines(commands.INITIALIZE + commands.CANCEL_TWO_BYTE_MODE + text) != [text.decode(codec).rstrip()]


def test_initialise_forgets_the_page() -> None:
    assert "□" in lines(RUSSIAN + commands.INITIALIZE + "я".encode("cp866") * 2 + b"\n")[0]


def test_alignment_width_and_wrapping_follow_the_paper() -> None:
    assert lines(b"\x1ba\x01abcd\n") == [" " * 22 + "abcd"]
    assert lines(b"\x1ba\x02abcd\n") == [" " * 44 + "abcd"]
    assert lines(b"x" * 50 + b"\n") == ["x" * 48, "xx"]
    assert lines(b"x" * 33 + b"\n", dots=384) == ["x" * 32, "x"]
    assert lines(commands.size(2, 1) + b"y" * 25 + b"\n") == ["y" * 24, "y"]
    assert lines(b"\x1bM\x01" + b"z" * 65 + b"\n") == ["z" * 64, "z"]


def test_alignment_changes_only_at_the_start_of_a_line() -> None:
    assert lines(b"abcd\x1ba\x01\n") == ["abcd"]


def test_bold_large_and_inverse_change_the_dots() -> None:
    def ink(stream: bytes) -> int:
        return run(stream + b"WWWW\n")[0][0].picture.histogram()[0]

    plain = ink(b"")
    assert ink(b"\x1bE\x01") > plain
    assert ink(commands.size(2, 2)) > 3 * plain
    assert ink(b"\x1dB\x01") > 2 * plain
    assert ink(b"\x1b-\x01") > plain


def read_back(picture: Image.Image) -> tuple[bytes, bytes]:
    seen = decode(picture.resize((picture.width * 2, picture.height * 2)))
    return seen.aim, seen.data


@pytest.mark.parametrize(
    ("stream", "aim", "data"),
    [
        (qr_code(b"CM4601234567893", module_dots=6, level=QrLevel.M), b"]Q1", b"CM4601234567893"),
        (b"\x1d(k\x06\x000P0PDF" + b"\x1d(k\x03\x000Q0", b"]L2", b"PDF"),
        (b"\x1d(k\x06\x006P0DMX" + b"\x1d(k\x03\x006C\x06" + b"\x1d(k\x03\x006Q0", b"]d1", b"DMX"),
        (b"\x1dkI\x0a{BNo-12345", b"]C0", b"No-12345"),
        (b"\x1dkI\x06{C" + bytes((12, 34, 56, 78)), b"]C0", b"12345678"),
        (b"\x1dkC\x0d4601234567893", b"]E0", b"4601234567893"),
        (b"\x1dk\x024601234567893\x00", b"]E0", b"4601234567893"),
        (b"\x1dkE\x05ABC12", b"]A0", b"ABC12"),
    ],
    ids=["qr", "pdf417", "datamatrix", "code128", "code128-digits", "ean13", "ean13-old-form", "code39"],
)
def test_a_printed_symbol_can_be_scanned(stream: bytes, aim: bytes, data: bytes) -> None:
    assert read_back(run(stream)[0][0].picture) == (aim, data)


def test_raster_pictures_keep_every_dot() -> None:
    rows = bytes((0b10101010, 0b11110000))
    picture = run(b"\x1dv0\x00\x01\x00\x02\x00" + rows)[0][0].picture
    first = [picture.getpixel((24 + x, 24)) for x in range(8)]
    assert first == [0, 255] * 4
    stored = b"\x1d(L\x0c\x000p0\x01\x011\x08\x00\x02\x00" + rows + b"\x1d(L\x02\x0002"
    assert run(stored)[0][0].lines == ("[picture 8x2]",)


def test_drawer_pulses_belong_to_their_receipt() -> None:
    receipts, _ = run(b"a\n" + commands.drawer_pulse(commands.Drawer.PIN_2) + commands.cut(partial=True) + b"b\n")
    assert [receipt.drawer_pulses for receipt in receipts] == [1, 0]


def test_a_blank_cut_makes_no_receipt() -> None:
    assert run(commands.feed(3) + commands.cut(partial=False))[0] == []


def test_questions_in_the_data_are_answered_in_order() -> None:
    _, answers = run(b"\x1dI\x42" + commands.PAPER_STATUS + b"\x1dI\x01" + commands.process_id(7))
    replies = ReplyReader().feed(answers)
    assert replies[0] == Block(0x5F, b"KOSHELEK")
    assert replies[-1] == Block(0x37, b'"0007')
    assert len(replies) == 4


@settings(max_examples=400)
@example(b"\x1e\n")
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=20),
            st.sampled_from(
                [b"\x1b", b"\x1d", b"\x1d(k", b"\x1d(L", b"\x1dk", b"\x1dv0", b"\x1d(H", b"\x1dI", b"\x1b3\x00", b"\n"]
            ),
            st.builds(
                lambda command, data: command + len(data).to_bytes(2, "little") + data,
                st.sampled_from([b"\x1d(k", b"\x1d(L", b"\x1d(H", b"\x1d(E"]),
                st.binary(max_size=12),
            ),
            st.builds(
                lambda m, data: b"\x1dk" + bytes([m, len(data)]) + data, st.integers(65, 79), st.binary(max_size=12)
            ),
        ),
        max_size=12,
    ).map(b"".join)
)
def test_no_bytes_break_the_printer_and_the_next_receipt_prints(noise: bytes) -> None:
    receipts: list[Receipt] = []
    machine = EscPosEmulator(384, lambda _data: None, receipts.append)
    for token in Tokenizer().feed(noise):
        machine.execute(token)
    for token in Tokenizer().feed(RUSSIAN + b"good\n" + commands.cut(partial=True)):
        machine.execute(token)
    assert receipts[-1].lines[-1] == "good"


def test_paper_is_finite() -> None:
    receipts, _ = run(b"x\n" * 4500)
    assert [len(receipt.lines) for receipt in receipts] == [2000, 2000, 500]


@pytest.fixture
def printer(tmp_path: Path) -> Iterator[VirtualPrinter]:
    made = VirtualPrinter(tmp_path)
    yield made
    made.close()


@pytest.fixture
def line(printer: VirtualPrinter) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", printer.port)) as connection:
        connection.settimeout(5)
        yield connection


def next_reply(line: socket.socket) -> Callable[[], Reply]:
    reader, waiting = ReplyReader(), list[Reply]()

    def take() -> Reply:
        while not waiting:
            waiting.extend(reader.feed(line.recv(100)))
        return waiting.pop(0)

    return take


def test_a_receipt_lies_in_the_folder_as_picture_and_text(printer: VirtualPrinter, line: socket.socket) -> None:
    line.sendall(RUSSIAN + "Итого\n".encode("cp866") + commands.cut(partial=True))
    assert printer.wait_for_receipts(1, 5)
    assert (printer.folder / "receipt-0001.txt").read_text(encoding="utf-8") == "Итого\n"
    with Image.open(printer.folder / "receipt-0001.png") as picture:
        assert picture.width > 576


def test_status_is_answered_at_once_even_when_nothing_can_be_printed(
    printer: VirtualPrinter, line: socket.socket
) -> None:
    take = next_reply(line)
    printer.set_fault(Fault.COVER_OPEN)
    line.sendall(b"text\n" + commands.real_time_status(1))
    assert take() == RealTimeStatus(0x1A)
    line.sendall(commands.real_time_status(2)[:2])
    line.sendall(commands.real_time_status(2)[2:])
    assert take() == RealTimeStatus(0x16)
    assert printer.receipts == []


def test_automatic_status_comes_at_once_and_on_every_change(printer: VirtualPrinter, line: socket.socket) -> None:
    take = next_reply(line)
    line.sendall(commands.automatic_status(255))
    assert take() == AutomaticStatus()
    printer.set_fault(Fault.PAPER_OUT)
    assert take() == AutomaticStatus(offline=True, paper_near_end=True, paper_end=True)
    printer.set_fault(Fault.NONE)
    assert take() == AutomaticStatus()


def test_what_was_received_is_printed_after_refill_even_when_the_host_has_gone(printer: VirtualPrinter) -> None:
    printer.set_fault(Fault.PAPER_OUT)
    with socket.create_connection(("127.0.0.1", printer.port)) as first:
        first.sendall(b"kept\n" + commands.cut(partial=True))
    with socket.create_connection(("127.0.0.1", printer.port)) as second:
        second.settimeout(5)
        second.sendall(commands.real_time_status(4))
        assert second.recv(1) == b"\x7e"
    assert printer.receipts == []
    printer.set_fault(Fault.NONE)
    assert printer.wait_for_receipts(1, 5)
    assert printer.receipts[0].lines == ("kept",)


def test_a_torn_picture_eats_the_next_receipt(printer: VirtualPrinter) -> None:
    with socket.create_connection(("127.0.0.1", printer.port)) as first:
        first.sendall(b"\x1dv0\x00\x30\x00\x10\x00" + bytes(100))
    with socket.create_connection(("127.0.0.1", printer.port)) as second:
        second.sendall(b"lost\n" + commands.cut(partial=True))
    assert not printer.wait_for_receipts(1, 0.3)


def test_a_full_buffer_holds_the_sender_back(printer: VirtualPrinter, line: socket.socket) -> None:
    printer.set_fault(Fault.BUFFER_FULL)
    line.settimeout(0.5)
    with pytest.raises(TimeoutError):
        line.sendall(b"x\n" * 20_000_000)
    printer.set_fault(Fault.NONE)
    assert BUFFER_SIZE == 4096
