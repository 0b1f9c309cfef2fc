"""The verbs `cancel`, `refund` and `recover`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from koshelek_driver.cli.call import current_call
from koshelek_driver.cli.money.pay import end, finish, slip_of_money
from koshelek_driver.cli.options import (
    EventsOption,
    JsonOption,
    OperatorOption,
    SiteOption,
    SupervisorOption,
    read_file,
    supervisor_secret,
)
from koshelek_driver.cli.output import Output, payment_document, record_document
from koshelek_driver.cli.progress import sale_observer
from koshelek_driver.payment.outcome import Outcome

if TYPE_CHECKING:
    from koshelek_driver.payment.recovery import Recovered
    from koshelek_driver.till.terminal import Terminal

_EXIT_OF_CANCEL = {Outcome.CANCELED: 0, Outcome.REJECTED: 0, Outcome.PAID: 1, Outcome.UNKNOWN: 3}


def cancel(
    *,
    order_id: Annotated[str, typer.Option("--order-id", help="The receipt's number.")],
    operator: OperatorOption = "",
    site: SiteOption = None,
    as_json: JsonOption = False,
    _events: EventsOption = False,
) -> None:
    """Cancel an unfinished sale, even if another program of this till is running it.

    Exit 1: it is paid; refund it.
    """
    from koshelek_driver.till.terminal import Terminal

    output, call = Output(as_json=as_json), current_call()
    money = call.moves_money(site, order_id=order_id)
    with Terminal.open(site) as terminal:
        output.environment(terminal.environment)
        money.has_begun = True
        with output.progress("Cancelling…"):
            observer = sale_observer(terminal, output)
            payment = terminal.cancel(order_id, watcher=observer, cancel=call.cancel, operator=operator)
        paid = payment.outcome is Outcome.PAID
        tip = terminal.tip_for("PAID_USE_REFUND") if paid else terminal.tip(payment)
        slip = slip_of_money(terminal, payment)
        output.document(payment_document(payment, tip, slip))
        end(_EXIT_OF_CANCEL[payment.outcome], lambda: output.payment(payment, tip, slip))


def refund(
    *,
    order_id: Annotated[str, typer.Option("--order-id", help="The receipt that was paid at this till.")] = "",
    transaction_id: Annotated[str, typer.Option("--transaction-id", help="The payment's id from its slip.")] = "",
    amount: Annotated[
        int | None, typer.Option("--amount", help="Kopecks; without it and --items the whole rest.")
    ] = None,
    items: Annotated[Path | None, typer.Option("--items", help="A list of the Pay API's Item, JSON.")] = None,
    operator: OperatorOption = "",
    supervisor: SupervisorOption = False,
    site: SiteOption = None,
    as_json: JsonOption = False,
    _events: EventsOption = False,
) -> None:
    """Refund a payment, completely or in part. No card is needed.

    A refund cannot be cancelled. More than the site file's refund_limit needs --supervisor.
    """
    from koshelek_driver.payment.refunds import RefundWanted
    from koshelek_driver.till.terminal import Terminal

    output, call = Output(as_json=as_json), current_call()
    money = call.moves_money(site, order_id=order_id, transaction_id=transaction_id)
    wanted = RefundWanted(order_id, transaction_id, amount, read_file(items, "--items"))
    approval = supervisor_secret(wanted=supervisor)
    with Terminal.open(site) as terminal:
        output.environment(terminal.environment)
        money.has_begun = True
        observer = sale_observer(terminal, output)
        with output.progress("Refunding…"):
            done = terminal.refund(wanted, watcher=observer, cancel=call.cancel, operator=operator, supervisor=approval)
        finish(terminal, done, output)


def recover(
    *,
    operator: OperatorOption = "",
    site: SiteOption = None,
    as_json: JsonOption = False,
    _events: EventsOption = False,
) -> None:
    """Settle what a crash or a lost response left open, and print the slips that wait.

    Exit 3: an outcome stays unknown.
    """
    from koshelek_driver.till.terminal import Terminal

    output, call = Output(as_json=as_json), current_call()
    money = call.moves_money(site)
    with Terminal.open(site) as terminal:
        output.environment(terminal.environment)
        money.has_begun = True
        with output.progress("Recovering…"):
            observer = sale_observer(terminal, output)
            recovered = terminal.recover(watcher=observer, cancel=call.cancel, operator=operator)
        output.document(
            {
                "settled": [record_document(each) for each in recovered.settled],
                "still_unknown": [
                    {**record_document(each), "operator_tip": terminal.tip(each)} for each in recovered.still_unknown
                ],
            }
        )
        end(3 if recovered.still_unknown else 0, lambda: _show_recovered(terminal, recovered, output))


def _show_recovered(terminal: Terminal, recovered: Recovered, output: Output) -> None:
    for each in (*recovered.settled, *recovered.still_unknown):
        output.payment(each, terminal.tip(each), ())
    if not recovered.settled and not recovered.still_unknown:
        output.console.print("nothing was open")
