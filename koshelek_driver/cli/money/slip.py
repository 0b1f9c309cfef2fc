"""The verbs `slip show` and `slip print`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from koshelek_driver.cli.call import current_call
from koshelek_driver.cli.foreign_text import foreign
from koshelek_driver.cli.options import JsonOption, SiteOption
from koshelek_driver.cli.output import Output, print_document
from koshelek_driver.cli.progress import sale_observer
from koshelek_driver.errors import UsageError

if TYPE_CHECKING:
    from koshelek_driver.payment.outcome import Payment, Refund
    from koshelek_driver.till.terminal import Terminal

app = typer.Typer(no_args_is_help=True, help="Slips of paid orders and refunds, from the journal.")
OrderOption = Annotated[str, typer.Option("--order-id", help="The receipt's number.")]
RefundOption = Annotated[str, typer.Option("--refund-transaction-id", help="The refund's own id.")]
PngOption = Annotated[Path | None, typer.Option("--png", help="Draw it as the printer would.")]


@app.command("show")
def show(
    *,
    order_id: OrderOption = "",
    refund: RefundOption = "",
    copy: Annotated[bool, typer.Option("--copy", help="Show the mark of a copy.")] = False,
    png: PngOption = None,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a stored slip as text. Exit 1: the order has none."""
    from koshelek_driver.till.terminal import Terminal

    output = Output(as_json=as_json)
    with Terminal.open(site) as terminal:
        lines = terminal.slip_text(_found(terminal, order_id, refund), copy=copy)
        if lines and png is not None:
            terminal.slip_preview(_found(terminal, order_id, refund), copy=copy).save(png)
    output.document({"lines": lines, "png": str(png) if png and lines else None})
    output.console.print("\n".join(map(foreign, lines)) if lines else "no slip", soft_wrap=True)
    raise typer.Exit(0 if lines else 1)


@app.command("print")
def print_slip(
    *,
    order_id: OrderOption = "",
    refund: RefundOption = "",
    copy: Annotated[
        bool, typer.Option("--copy", help="For clarity only: a slip that is printed again is always a copy.")
    ] = False,
    png: PngOption = None,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the slip that waits for paper, or else a marked copy.

    No money moves. Exit 1: it is not on paper.
    """
    from koshelek_driver.payment.outcome import SlipState
    from koshelek_driver.till.terminal import Terminal

    output, call = Output(as_json=as_json), current_call()
    call.take_cancels()
    with Terminal.open(site) as terminal:
        output.environment(terminal.environment)
        found = _found(terminal, order_id, refund)
        is_copy = copy or found.slip_state is not SlipState.QUEUED
        lines = terminal.slip_text(found, copy=is_copy)
        result = terminal.print_slip(found, watcher=sale_observer(terminal, output), cancel=call.cancel)
        if png is not None:
            terminal.slip_preview(found, copy=is_copy).save(png)
    output.document({"lines": lines, "png": str(png) if png else None, **print_document(result)})
    output.print_result(result)
    raise typer.Exit(0 if result.is_printed else 1)


def _found(terminal: Terminal, order_id: str, refund: str) -> Payment | Refund:
    if bool(order_id) == bool(refund):
        raise UsageError("a slip is of an order or of a refund", "give --order-id or --refund-transaction-id")
    found = terminal.find(order_id) if order_id else terminal.refund_by_transaction(refund)
    if found is None:
        raise UsageError(
            f"the journal has no {order_id or refund}", "check the number; it was not charged at this till"
        )
    return found
