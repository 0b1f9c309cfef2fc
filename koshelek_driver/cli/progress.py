"""The progress of a sale on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from koshelek_driver.cli.call import current_call
from koshelek_driver.cli.foreign_text import foreign
from koshelek_driver.cli.output import Output, reply_in_words

if TYPE_CHECKING:
    from koshelek_driver.card.totp import Verification
    from koshelek_driver.pay_api.client import Exchange
    from koshelek_driver.payment.observer import SaleObserver
    from koshelek_driver.printer.condition import PrinterCondition
    from koshelek_driver.printer.receipt_printer import PrintResult
    from koshelek_driver.scanner.label import Label
    from koshelek_driver.till.terminal import Terminal


def sale_observer(terminal: Terminal, output: Output) -> SaleObserver:
    """Return an observer that shows each step of a sale, and remembers that the host was asked."""
    from koshelek_driver.payment.observer import SaleObserver

    screen = _Screen(terminal, output)
    return SaleObserver(
        waiting_for_till=screen.wait_for_till,
        waiting_for_scan=screen.wait_for_scan,
        scanned=screen.show_scan,
        called=screen.show_call,
        printer_holds=screen.show_condition,
        printed=screen.show_print,
    )


class _Screen:
    """The steps of a sale in words for the cashier."""

    def __init__(self, terminal: Terminal, output: Output) -> None:
        self._terminal = terminal
        self._output = output

    def wait_for_till(self) -> None:
        """Say that another program has the till."""
        self._output.event("waiting_for_till")
        self._output.say_progress("Another program has the till…")

    def wait_for_scan(self) -> None:
        """Ask for the card."""
        self._output.event("waiting_for_scan")
        self._output.say_progress("Scan the customer's card…")

    def show_scan(self, label: Label, verification: Verification) -> None:
        """Show the kind of a card, never the card."""
        line, scan_type = foreign(self._terminal.card_line(verification)), label.scan_data_type.name
        self._output.event("scanned", type=scan_type, result_code=verification.result_code)
        code = foreign(verification.result_code)
        self._output.console.print(f"  {line}  [dim]{scan_type} {code}[/]", soft_wrap=True)
        self._output.say_progress("Asking the host…")

    def show_call(self, exchange: Exchange) -> None:
        """Show one call to the host."""
        money = current_call().money
        if money:
            money.host_was_asked = True
        name, took_ms = exchange.request.call.name.lower(), round(exchange.took_ms, 3)
        self._output.event("called", call=name, took_ms=took_ms, reply=reply_in_words(exchange.reply))
        self._output.call(exchange)

    def show_condition(self, why: PrinterCondition) -> None:
        """Warn that the printer cannot go on now."""
        self._output.event("printer_holds", problem=why.problem, remedy=why.remedy)
        self._output.warning(why.problem, f"{why.remedy}; the slip goes on by itself")

    def show_print(self, result: PrintResult) -> None:
        """Warn if the slip is not on paper for certain."""
        from koshelek_driver.printer.job_state import JobState

        self._output.event("printed", printed=result.printed, problem=result.problem, remedy=result.remedy)
        is_sent = result.state is not JobState.QUEUED
        what = "the slip was sent but is not confirmed" if is_sent else "the slip is not printed"
        if result.problem:
            self._output.warning(f"{what}: {result.problem}", f"{result.remedy}; then repeat this same pay")
