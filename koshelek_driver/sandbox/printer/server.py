"""The virtual printer on TCP: network board, receive buffer, real-time commands, faults, folder of receipts.

Two threads share the work as in a real printer. The board receives and executes real-time commands at once; the print
engine executes everything else from the buffer when the printer can print.
"""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from firmware_protocol.escpos.commands import CLEAR_BUFFERS
from firmware_protocol.escpos.status import Block
from firmware_protocol.escpos.tokenizer import Command, Token, Tokenizer
from koshelek_driver.emulator.escpos_emulator import CODE_PAGES, EscPosEmulator, Receipt
from koshelek_driver.emulator.sheet import FONT_A, FONT_B
from koshelek_driver.sandbox.printer.faults import CONDITIONS, Condition, Fault, automatic_status, real_time_status
from koshelek_driver.sandbox.sockets import hang_up

BUFFER_SIZE = 4096
_SETTLE_S = 10.0
_READ_SIZE = 512
_STATUS_REQUEST = b"\x10\x04"
_SLIP_STATUS = 5
_CLEARED = Block(0x37, b"\x25").to_bytes()
_DISCONNECTED = b""
"""Marks the end of a connection in the buffer: paper without a cutter is torn off there."""


class VirtualPrinter:
    """A printer that listens on 127.0.0.1 until `close`. Port 0 takes any free port.

    Every receipt is appended to `receipts` and written to `folder`. The printer serves one connection at a time, as
    network boards do. Received data stays in the buffer when the connection ends, and is printed when the fault that
    stops it is gone.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        dots: int = 576,
        fault: Fault = Fault.NONE,
        faces: tuple[tuple[int, int], ...] = (FONT_A, FONT_B),
        code_pages: dict[int, str] = CODE_PAGES,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder.resolve()
        self.receipts: list[Receipt] = []
        self.last_picture: Path | None = None
        self.on_receipt: Callable[[Receipt, Path], None] = lambda _receipt, _png: None
        self._changed = threading.Condition()
        self._closed = False
        self._connection: socket.socket | None = None
        machine = EscPosEmulator(dots, self._send, self._keep, code_pages, faces)
        self._engine = _Engine(machine, fault, self._report_status, self._hang_up)
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, name="printer-board", daemon=True).start()

    def set_fault(self, fault: Fault, after_lines: int | None = None) -> None:
        """Set the fault, or clear it with NONE; `after_lines` overrides when it takes effect."""
        condition = CONDITIONS[fault]
        self._engine.set_condition(condition if after_lines is None else replace(condition, after_lines=after_lines))

    def put_form(self, *, there: bool) -> None:
        """Insert a form into the slip station, or remove it."""
        self._engine.has_form = there

    def settle(self) -> None:
        """Wait up to 10 s until all received data is printed, then tear off uncut paper."""
        self._engine.settle()

    def close(self) -> None:
        """Switch the printer off; the connection breaks."""
        self._closed = True
        self._engine.close()
        self._hang_up()
        hang_up(self._listener)
        self._listener.close()

    def wait_for_receipts(self, count: int, timeout_s: float) -> bool:
        """Block until `count` receipts are printed; return False after `timeout_s`."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.receipts) >= count, timeout_s)

    def _serve(self) -> None:
        while not self._closed:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # responses must not wait for one another
            with connection:
                self._connection = connection
                self._receive(connection)
                self._connection = None
                self._engine.take(_DISCONNECTED)

    def _receive(self, connection: socket.socket) -> None:
        finder = _StatusRequestFinder()
        while True:
            try:
                data = connection.recv(_READ_SIZE)
            except OSError:
                return
            if not data:
                return
            for number in finder.find(data):
                self._send(bytes([self._engine.status(number)]))
            if CLEAR_BUFFERS in data:  # taken at once, even when the buffer is full; it comes in one piece here
                self._engine.clear()
                self._send(_CLEARED)
                data = data.partition(CLEAR_BUFFERS)[2]
            self._engine.take(data)

    def _send(self, data: bytes) -> None:
        connection = self._connection
        try:
            if connection is not None:
                connection.sendall(data)
        except OSError:
            return

    def _report_status(self, condition: Condition) -> None:
        self._send(automatic_status(condition).to_bytes())

    def _hang_up(self) -> None:
        connection = self._connection
        if connection is not None:
            hang_up(connection)

    def _keep(self, receipt: Receipt) -> None:
        png = self.folder / f"receipt-{len(self.receipts) + 1:04d}.png"
        receipt.picture.save(png)
        png.with_suffix(".txt").write_text("\n".join(receipt.lines) + "\n", encoding="utf-8")
        with self._changed:
            self.receipts.append(receipt)
            self.last_picture = png
            self._changed.notify_all()
        self.on_receipt(receipt, png)


class _StatusRequestFinder:
    """Finds DLE EOT anywhere in the data, even inside a picture, as real printers do."""

    def __init__(self) -> None:
        self._tail = b""

    def find(self, data: bytes) -> list[int]:
        """Return the number n of each DLE EOT n; one that is split between two reads is found."""
        window = self._tail + data
        found: list[int] = []
        at = window.find(_STATUS_REQUEST)
        while 0 <= at < len(window) - 2:
            found.append(window[at + 2])
            at = window.find(_STATUS_REQUEST, at + 3)
        self._tail = window[at:] if at >= 0 else window[-1:] if window.endswith(b"\x10") else b""
        return found


class _Engine:
    """The receive buffer and the thread that prints from it; `report` sends an automatic status."""

    def __init__(
        self, machine: EscPosEmulator, fault: Fault, report: Callable[[Condition], None], hang_up: Callable[[], None]
    ) -> None:
        self._machine = machine
        self._tokenizer = Tokenizer()
        self._condition = CONDITIONS[fault]
        self.has_form = False
        self._is_idle = True
        self._report = report
        self._hang_up = hang_up
        self._buffer: deque[bytes] = deque()
        self._restarting = False
        self._clears = 0
        self._changed = threading.Condition()
        self._stop = threading.Event()
        threading.Thread(target=self._run, name="print-engine", daemon=True).start()

    def take(self, data: bytes) -> None:
        """Append to the buffer; blocks while it is full."""
        with self._changed:
            self._changed.wait_for(lambda: sum(map(len, self._buffer)) < BUFFER_SIZE or self._stop.is_set())
            if self._restarting:
                self._restarting = data != _DISCONNECTED
                return
            self._buffer.append(data)
            self._changed.notify_all()

    def clear(self) -> None:
        """Execute DLE DC4 8: discard the data that is not printed yet."""
        with self._changed:
            self._buffer.clear()
            self._tokenizer = Tokenizer()
            self._clears += 1
            self._changed.notify_all()

    def settle(self) -> None:
        """See VirtualPrinter."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_idle and not self._buffer, _SETTLE_S)
            self._machine.finish()

    def set_condition(self, condition: Condition) -> None:
        """Set the condition, and report it if the automatic status is enabled."""
        with self._changed:
            self._condition = condition
            self._changed.notify_all()
        if self._machine.status_mask:
            self._report(self.visible_condition())

    def status(self, number: int) -> int:
        """Return the response to DLE EOT n."""
        if number == _SLIP_STATUS:
            return 0x12 if self.has_form else 0x32
        return real_time_status(number, self.visible_condition())

    def visible_condition(self) -> Condition:
        """Return the condition that the sensors show now; a fault is invisible until it takes effect."""
        condition = self._condition
        return condition if self._machine.lines_printed >= condition.after_lines else Condition()

    def close(self) -> None:
        """Switch the engine off."""
        with self._changed:
            self._stop.set()
            self._changed.notify_all()

    def _run(self) -> None:
        while (data := self._next()) is not None:
            if data == _DISCONNECTED and not self._tokenizer.pending:
                self._machine.finish()
            clears = self._clears
            all(self._execute(token, clears) for token in self._tokenizer.feed(data))

    def _next(self) -> bytes | None:
        with self._changed:
            self._is_idle = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._buffer or self._stop.is_set())
            data = None if self._stop.is_set() else self._buffer.popleft()
            self._is_idle = False
            self._changed.notify_all()
            return data

    def _execute(self, token: Token, clears: int) -> bool:
        """Execute one token as soon as possible; return False if the rest is lost."""
        if isinstance(token, Command) and token.name == "DLE EOT":
            return True
        condition = self._wait_until_ready(clears)
        if self._clears != clears:
            self._machine.forget_line()
            return False
        if condition.hangs_up:
            self._lose_everything()
            return False
        self._machine.paper_status = 0x0C if condition.paper_end else 0x03 if condition.near_end else 0
        self._machine.execute(token)
        if token == Command("LF"):
            self._stop.wait(condition.line_s)
        if isinstance(token, Command) and token.name == "GS a" and self._machine.status_mask:
            self._report(condition)
        return True

    def _wait_until_ready(self, clears: int) -> Condition:
        if self.visible_condition().stops and self._machine.status_mask:
            self._report(self.visible_condition())
        with self._changed:
            self._changed.wait_for(
                lambda: not self.visible_condition().stops or self._stop.is_set() or self._clears != clears
            )
        return self.visible_condition()

    def _lose_everything(self) -> None:
        """Restart the board: the connection breaks, the buffer is lost, printed lines stay on the paper."""
        with self._changed:
            self._condition = CONDITIONS[Fault.NONE]
            self._buffer.clear()
            self._tokenizer = Tokenizer()
            self._restarting = True  # data that is still under way on this connection is lost too
        self._machine.restart()
        self._hang_up()
