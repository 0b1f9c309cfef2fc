"""The verbs `pay` and `status`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from koshelek_driver.cli.call import current_call
from koshelek_driver.cli.options import (
    EventsOption,
    JsonOption,
    LabelOption,
    OperatorOption,
    SiteOption,
    WaitOption,
    label_text,
    read_file,
)
from koshelek_driver.cli.output import EXIT_OF_OUTCOME, Output, payment_document, record_document
from koshelek_driver.cli.progress import sale_observer
from koshelek_driver.payment.journal.outbox_book import Entry, Kind, State
from koshelek_driver.payment.outcome import Outcome, Payment, Refund

if TYPE_CHECKING:
    from koshelek_driver.till.terminal import Terminal


def pay(
    *,
    order_id: Annotated[str, typer.Option("--order-id", help="The POS's own number of this receipt.")],
    amount: Annotated[int, typer.Option("--amount", help="Kopecks.")],
    invoice: Annotated[Path | None, typer.Option("--invoice", help="checkoutInvoice of the Pay API, JSON.")] = None,
    label: LabelOption = None,
    typed: Annotated[bool, typer.Option("--typed", help="The cashier typed the label.")] = False,
    wait: WaitOption = 60.0,
    operator: OperatorOption = "",
    site: SiteOption = None,
    as_json: JsonOption = False,
    _events: EventsOption = False,
) -> None:
    """Make one sale: scan, charge, print the slip.

    Repeating it for the same order charges nothing and returns the first result.
    """
    from koshelek_driver.till.terminal import Terminal

    output, call = Output(as_json=as_json), current_call()
    money = call.moves_money(site, order_id=order_id)
    with Terminal.open(site) as terminal:
        order = terminal.new_order(order_id, amount, read_file(invoice))
        if label is None:
            terminal.warm_up()
        output.environment(terminal.environment)
        given, observer = label_text(label), sale_observer(terminal, output)
        money.has_begun = True
        with output.progress("At the till…"):
            payment = terminal.pay(
                order,
                label=given,
                typed=typed,
                wait_s=wait,
                watcher=observer,
                cancel=call.cancel,
                operator=operator,
            )
        finish(terminal, payment, output)


def status(
    *,
    order_id: Annotated[str | None, typer.Option("--order-id", help="One sale; else all unfinished ones.")] = None,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a sale, or all that are open or lack their slip, from the journal."""
    from koshelek_driver.config import site as sites
    from koshelek_driver.payment.journal import Journal

    output = Output(as_json=as_json)
    settings = sites.load(site)
    output.environment(settings.driver.environment)
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


def finish(terminal: Terminal, payment: Payment | Refund, output: Output) -> None:
    """Show the outcome of a sale or a refund and exit with its code."""
    tip, slip = terminal.tip(payment), slip_of_money(terminal, payment)
    output.document(payment_document(payment, tip, slip))
    end(EXIT_OF_OUTCOME[payment.outcome], lambda: output.payment(payment, tip, slip))


def end(code: int, show: Callable[[], object]) -> NoReturn:
    """End a verb whose document is out with the exit code of its outcome, whatever becomes of the screen."""
    current_call().code = code
    show()
    raise typer.Exit(code)


def slip_of_money(terminal: Terminal, payment: Payment | Refund) -> list[str]:
    """Return the lines of the slip if money moved.

    The slip of a cancel is printed on request only.
    """
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
