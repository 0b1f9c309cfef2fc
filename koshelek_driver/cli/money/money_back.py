"""The verbs `cancel`, `refund` and `recover`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from koshelek_driver.cli.money.pay import finish, slip_of_money
from koshelek_driver.cli.options import (
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

_EXIT_OF_CANCEL = {Outcome.CANCELED: 0, Outcome.REJECTED: 0, Outcome.PAID: 1, Outcome.UNKNOWN: 3}


def cancel(
    *,
    order_id: Annotated[str, typer.Option("--order-id", help="The receipt's number.")],
    operator: OperatorOption = "",
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Cancel an unfinished sale, even if another program of this till is running it.

    Exit 1: it is paid; refund it.
    """
    from koshelek_driver.till.terminal import Terminal

    output = Output(as_json=as_json)
    with Terminal.open(site) as terminal:
        with output.progress("Cancelling…"):
            payment = terminal.cancel(order_id, watcher=sale_observer(terminal, output), operator=operator)
        paid = payment.outcome is Outcome.PAID
        tip = terminal.tip_for("PAID_USE_REFUND") if paid else terminal.tip(payment)
        slip = slip_of_money(terminal, payment)
        output.payment(payment, tip, slip)
        output.document(payment_document(payment, tip, slip))
    raise typer.Exit(_EXIT_OF_CANCEL[payment.outcome])


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
) -> None:
    """Refund a payment, completely or in part. No card is needed.

    A refund cannot be cancelled. More than the site file's refund_limit needs --supervisor.
    """
    from koshelek_driver.payment.refunds import RefundWanted
    from koshelek_driver.till.terminal import Terminal

    output = Output(as_json=as_json)
    wanted = RefundWanted(order_id, transaction_id, amount, read_file(items, "--items"))
    approval = supervisor_secret(wanted=supervisor)
    with Terminal.open(site) as terminal:
        observer = sale_observer(terminal, output)
        with output.progress("Refunding…"):
            done = terminal.refund(wanted, watcher=observer, operator=operator, supervisor=approval)
        finish(terminal, done, output)


def recover(*, operator: OperatorOption = "", site: SiteOption = None, as_json: JsonOption = False) -> None:
    """Settle what a crash or a lost response left open, and print the slips that wait.

    Exit 3: an outcome stays unknown.
    """
    from koshelek_driver.till.terminal import Terminal

    output = Output(as_json=as_json)
    with Terminal.open(site) as terminal:
        with output.progress("Recovering…"):
            recovered = terminal.recover(watcher=sale_observer(terminal, output), operator=operator)
        for each in (*recovered.settled, *recovered.still_unknown):
            output.payment(each, terminal.tip(each), ())
        output.document(
            {
                "settled": [record_document(each) for each in recovered.settled],
                "still_unknown": [
                    {**record_document(each), "operator_tip": terminal.tip(each)} for each in recovered.still_unknown
                ],
            }
        )
        if not recovered.settled and not recovered.still_unknown:
            output.console.print("nothing was open")
    raise typer.Exit(3 if recovered.still_unknown else 0)
