"""The progress of a sale on the screen.

From the wait for a scan on, Ctrl-C and SIGTERM are the cashier's cancel and no longer end the process: money may move.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from rich.markup import escape

from koshelek_driver.cli.output import Output

if TYPE_CHECKING:
    from koshelek_driver.card.totp import Verification
    from koshelek_driver.payment.observer import SaleObserver
    from koshelek_driver.printer.condition import PrinterCondition
    from koshelek_driver.printer.receipt_printer import PrintResult
    from koshelek_driver.scanner.label import Label
    from koshelek_driver.till.terminal import Terminal


def sale_observer(terminal: Terminal, output: Output) -> SaleObserver:
    """Return an observer that shows each step of a sale.

    It also turns Ctrl-C and SIGTERM into a cancel. The signal handlers are installed when the till begins to wait for a
    scan, or when a card is scanned.
    """
    from koshelek_driver.payment.observer import SaleObserver
    from koshelek_driver.printer.job_state import JobState

    def take_over_signals() -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda _number, _frame: terminal.request_cancel())

    def waiting_for_scan() -> None:
        take_over_signals()
        output.say_progress("Scan the customer's card…")

    def scanned(label: Label, verification: Verification) -> None:
        take_over_signals()
        line, scan_type = escape(terminal.card_line(verification)), label.scan_data_type.name
        output.console.print(f"  {line}  [dim]{scan_type} {verification.result_code}[/]", soft_wrap=True)
        output.say_progress("Asking the host…")

    def printed(result: PrintResult) -> None:
        is_sent = result.state is not JobState.QUEUED
        what = "the slip was sent but is not confirmed" if is_sent else "the slip is not printed"
        if result.problem:
            output.warning(f"{what}: {result.problem}", f"{result.remedy}; then repeat this same pay")

    def printer_holds(why: PrinterCondition) -> None:
        output.warning(why.problem, f"{why.remedy}; the slip goes on by itself")

    return SaleObserver(
        waiting_for_scan=waiting_for_scan,
        scanned=scanned,
        called=output.call,
        printer_holds=printer_holds,
        printed=printed,
    )
