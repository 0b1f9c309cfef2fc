"""The verb `receipt send`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from koshelek_driver.cli.foreign_text import foreign
from koshelek_driver.cli.options import JsonOption, SiteOption, read_file
from koshelek_driver.cli.output import Output

app = typer.Typer(no_args_is_help=True, help="Fiscal receipts for the customer's app.")


@app.callback()
def receipts() -> None:
    """Fiscal receipts for the customer's app."""


@app.command("send")
def send(
    *,
    order_id: Annotated[str, typer.Option("--order-id", help="A receipt that was paid at this till.")],
    invoice: Annotated[Path, typer.Option("--invoice", help="The fiscal receipt: Invoice of the Pay API, JSON.")],
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a fiscal receipt in the customer's app.

    It is stored, and sent again until the host has accepted it. Exit 1: refused.
    """
    from koshelek_driver.payment.journal.outbox_book import State
    from koshelek_driver.till.terminal import Terminal

    output = Output(as_json=as_json)
    with Terminal.open(site) as terminal:
        entry = terminal.send_receipt(order_id, read_file(invoice) or b"")
    sent, queued = entry.state is State.DONE, entry.state is State.WAITING
    output.document({"order_id": order_id, "sent": sent, "queued": queued, "error_code": entry.last})
    if queued:
        output.warning(f"the receipt waits: {entry.last}", "`run` or `recover` sends it; payments do not wait for it")
    output.console.print("sent" if sent else "queued" if queued else f"[red]refused:[/] {foreign(entry.last)}")
    raise typer.Exit(0 if sent or queued else 1)
