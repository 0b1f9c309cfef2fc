"""The verbs `ledger prepare`, `feed`, `status`, `find` and `close`."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from koshelek_driver.cli.foreign_text import foreign
from koshelek_driver.cli.options import JsonOption, SiteOption, read_file
from koshelek_driver.cli.output import Output, moment
from koshelek_driver.errors import UsageError

if TYPE_CHECKING:
    from koshelek_driver.ledger.reports import TillState
    from koshelek_driver.payment.shop import ShopPayment

app = typer.Typer(no_args_is_help=True, help="The shop's ledger: a PostgreSQL that all tills of a shop share.")


@app.command("prepare")
def prepare(
    *,
    owner: Annotated[
        str, typer.Option("--owner", help="A role that may create tables; by default the site file's.")
    ] = "",
    password_file: Annotated[Path | None, typer.Option("--password-file", help="The owner's password.")] = None,
    role: Annotated[str, typer.Option("--role", help="The role of the tills, to be granted reading and writing.")] = "",
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Create the tables of the ledger in its database, or migrate them to this version.

    To be run once, and again with each new version.
    """
    from koshelek_driver.config import site as sites
    from koshelek_driver.ledger.connection import LedgerConnection
    from koshelek_driver.secrets import Secret
    from koshelek_driver.till.assembly import build_ledger_address, build_till_ledger_address

    output, settings = Output(as_json=as_json), sites.load(site)
    if not settings.ledger.host:
        raise UsageError(f"{settings.path} names no ledger", "add [ledger] with host, login and password")
    password = read_file(password_file, "--password-file")
    secret = None if password is None else Secret(password.decode().strip())
    address = build_ledger_address(settings, Secret(owner), secret) if owner else build_till_ledger_address(settings)
    with closing(LedgerConnection(address)) as connection:
        version = connection.prepare(role)
    output.document({"version": version, "database": address.database, "role": role})
    output.console.print(f"version {version} in {foreign(address.database)} at {foreign(address.host)}")


@app.command("feed")
def feed(*, site: SiteOption = None, as_json: JsonOption = False) -> None:
    """Send all events of this till's journal that the ledger lacks. `run` does it automatically."""
    from koshelek_driver.till.terminal import Terminal

    output = Output(as_json=as_json)
    with Terminal.open(site) as terminal, output.progress("Feeding…"):
        fed = terminal.ledger.feed()
    output.document(asdict(fed))
    output.console.print(f"{fed.events} events brought; {fed.position} of {fed.last} are in the ledger")


@app.command("status")
def status(*, site: SiteOption = None, as_json: JsonOption = False) -> None:
    """Show how far each till has fed the ledger. Exit 1: the ledger does not respond."""
    from rich.table import Table

    from koshelek_driver.till.terminal import Terminal

    output = Output(as_json=as_json)
    with Terminal.open(site) as terminal:
        behind, tills = terminal.ledger.behind(), terminal.ledger.tills()
    output.document({"behind": behind, "tills": [till_document(till) for till in tills]})
    output.console.print(f"{behind} events of this till are not in the ledger yet")
    table = Table("store", "till", "fed last", "events not here then")
    for till in tills:
        table.add_row(foreign(till.store_id), foreign(till.terminal_id), moment(till.heard_s), str(till.behind))
    output.console.print(table)


@app.command("find")
def find(
    *,
    order_id: Annotated[str, typer.Option("--order-id", help="The receipt's number at any till.")] = "",
    transaction_id: Annotated[str, typer.Option("--transaction-id", help="The payment's id from its slip.")] = "",
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find a payment of any till. Exit 1: the ledger has none."""
    from koshelek_driver.till.terminal import Terminal

    output = Output(as_json=as_json)
    if bool(order_id) == bool(transaction_id):
        raise UsageError("a payment is found by its order or by its transaction", "give one of the two")
    with Terminal.open(site) as terminal:
        found = terminal.ledger.find(order_id=order_id, transaction_id=transaction_id)
    output.document({"payments": [_payment(payment) for payment in found]})
    for each in found:
        of = f"{each.outcome}  {each.amount} kopecks  order {each.order_id}  {each.transaction_id}"
        output.console.print(foreign(f"{each.till}  {of}"), soft_wrap=True)
    raise typer.Exit(0 if found else 1)


@app.command("close")
def close(
    *,
    request_id: Annotated[str, typer.Option("--request-id", help="A refund that `report shop` lists as unknown.")],
    outcome: Annotated[str, typer.Option("--as", help="refunded or rejected, according to the registry or the bank.")],
    reason: Annotated[str, typer.Option("--reason", help="The person who found it out, and the source.")],
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Close an open refund of a till that is gone, as a supervisor.

    Other tills may refund the rest then. Only for a till that will not come back: `recover` at that till finds the true
    outcome, and a later feed of it wins.
    """
    from koshelek_driver.payment.outcome import Outcome
    from koshelek_driver.till.terminal import Terminal

    if outcome not in list(Outcome):
        raise UsageError(f"--as {outcome}", "write refunded or rejected")
    output = Output(as_json=as_json)
    with Terminal.open(site) as terminal:
        terminal.ledger.close_refund(request_id, Outcome(outcome), reason)
    output.document({"request_id": request_id, "outcome": outcome})
    output.console.print(f"closed as {outcome}")


def till_document(till: TillState) -> dict[str, Any]:
    """Return the state of a till as a JSON object."""
    return {
        "store_id": till.store_id,
        "terminal_id": till.terminal_id,
        "heard_at": moment(till.heard_s),
        "behind": till.behind,
    }


def _payment(of: ShopPayment) -> dict[str, Any]:
    return {
        "terminal_id": of.till,
        "order_id": of.order_id,
        "payment_transaction_id": of.transaction_id,
        "amount": of.amount,
        "outcome": of.outcome.value,
    }
