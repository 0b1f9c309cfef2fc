"""`pay` and `status`."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from koshelek_driver.cli.options import JsonOption, LabelOption, SiteOption, WaitOption, label_text, read_file
from koshelek_driver.cli.output import EXIT_OF_OUTCOME, Output, payment_document, record_document
from koshelek_driver.payment.journal.outbox_book import Entry, Kind, State
from koshelek_driver.payment.outcome import Outcome, Payment, Refund

if TYPE_CHECKING:
    from koshelek_driver.card.totp import Verification
    from koshelek_driver.printer.condition import PrinterCondition
    from koshelek_driver.printer.receipt_printer import PrintResult
    from koshelek_driver.scanner.label import Label
    from koshelek_driver.till.terminal import Terminal


def pay(
    *,
    order_id: Annotated[str, typer.Option("--order-id", help="The POS's own number of this receipt.")],
    amount: Annotated[int, typer.Option("--amount", help="Kopecks.")],
    invoice: Annotated[Path | None, typer.Option("--invoice", help="checkoutInvoice of the Pay API, JSON.")] = None,
    label: LabelOption = None,
    typed: Annotated[bool, typer.Option("--typed", help="The cashier typed the label.")] = False,
    wait: WaitOption = 60.0,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """One sale: scan, charge, print the slip. The same order again charges nothing and answers as the first time."""
    from koshelek_driver.till.terminal import Terminal

    output = Output(as_json=as_json)
    with Terminal.open(site) as terminal:
        order = terminal.new_order(order_id, amount, read_file(invoice))
        if label is None:
            terminal.warm_up()
        watch = watcher(terminal, output)
        with output.progress("At the till…"):
            payment = terminal.pay(order, label=label_text(label), typed=typed, wait_s=wait, watcher=watch)
        finish(terminal, payment, output)


def status(
    *,
    order_id: Annotated[str | None, typer.Option("--order-id", help="One sale; else all unfinished ones.")] = None,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """What the journal says of a sale, or of all that are open or have a slip that is not on paper."""
    from koshelek_driver.config import site as sites
    from koshelek_driver.payment.journal import Journal

    output = Output(as_json=as_json)
    settings = sites.load(site)
    if not settings.journal.exists():
        output.warning(f"there is no journal at {settings.journal} yet", "it is made by the first sale")
        _show(output, [], [], [])
        raise typer.Exit(1 if order_id else 0)
    journal = Journal(settings.journal)
    if order_id is None:
        found, refunds = journal.unfinished(), journal.refunds.unfinished()
    else:
        found = [payment for payment in [journal.latest(order_id)] if payment]
        refunds = journal.refunds.of_order(order_id)
    waiting = [entry for entry in journal.outbox.unfinished() if order_id in (None, entry.order_id)]
    journal.close()
    _show(output, found, refunds, waiting)
    if order_id is not None and not found:
        output.warning(f"the journal has no order {order_id}", "check the number; it was not charged at this till")
        raise typer.Exit(1)
    outcomes = [payment.outcome for payment in found] + [refund.outcome for refund in refunds]
    raise typer.Exit(3 if Outcome.UNKNOWN in outcomes else 0)


def watcher(terminal: Terminal, output: Output) -> Any:
    """Show a sale as it goes; while it waits for a scan and from then on, Ctrl-C and SIGTERM are a cancel."""
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


def finish(terminal: Terminal, payment: Payment | Refund, output: Output) -> None:
    """Show the end of a sale or a refund and leave with its exit code."""
    tip, slip = terminal.tip(payment), slip_of_money(terminal, payment)
    output.payment(payment, tip, slip)
    output.document(payment_document(payment, tip, slip))
    raise typer.Exit(EXIT_OF_OUTCOME[payment.outcome])


def slip_of_money(terminal: Terminal, payment: Payment | Refund) -> list[str]:
    """The slip of money that moved; that of a cancel is printed when somebody asks for it."""
    from koshelek_driver.payment.outcome import Outcome

    return terminal.slip_text(payment) if payment.outcome in (Outcome.PAID, Outcome.REFUNDED) else []


def _show(output: Output, payments: list[Payment], refunds: list[Refund], waiting: list[Entry]) -> None:
    output.payments([*payments, *refunds])
    for entry in waiting:
        if entry.state is State.ALARM:
            what = f"order {entry.order_id} was paid after it had been cancelled, transaction {entry.transaction_id}"
            output.warning(what, f"refund --transaction-id {entry.transaction_id}")
        elif entry.kind is Kind.RECEIPT:
            output.warning(f"the receipt of order {entry.order_id} is {entry.state}: {entry.last}", "recover")
    output.document(
        {
            "payments": [record_document(payment) for payment in payments],
            "refunds": [record_document(refund) for refund in refunds],
            "waiting": [_waiting_document(entry) for entry in waiting],
        }
    )


def _waiting_document(entry: Entry) -> dict[str, Any]:
    return {
        "kind": entry.kind.value,
        "state": entry.state.value,
        "order_id": entry.order_id,
        "payment_transaction_id": entry.transaction_id,
        "tries": entry.tries,
        "error_code": entry.last,
    }
