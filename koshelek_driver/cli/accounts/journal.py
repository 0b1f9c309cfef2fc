"""The verbs `journal list`, `show`, `close`, `verify`, `backup` and `rebuild`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from koshelek_driver.cli.foreign_text import foreign
from koshelek_driver.cli.money.pay import slip_of_money
from koshelek_driver.cli.options import JsonOption, OperatorOption, SiteOption
from koshelek_driver.cli.output import Output, moment, record_document
from koshelek_driver.errors import UsageError

if TYPE_CHECKING:
    from koshelek_driver.payment.journal import Journal
    from koshelek_driver.payment.journal.chain import Event

app = typer.Typer(no_args_is_help=True, help="The journal: everything that this till did with money.")


@app.command("list")
def list_payments(
    *,
    count: Annotated[
        int, typer.Option("--count", min=1, max=100_000, help="Number of the newest entries to list.")
    ] = 20,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the newest payments and refunds, newest first."""
    output = Output(as_json=as_json)
    with _opened(site) as journal:
        payments, refunds = journal.newest(count), journal.refunds.newest(count)
    output.payments([*payments, *refunds])
    output.document(
        {
            "payments": [record_document(payment) for payment in payments],
            "refunds": [record_document(refund) for refund in refunds],
        }
    )


@app.command("show")
def show(
    *,
    order_id: Annotated[str, typer.Option("--order-id", help="The receipt's number.")],
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show everything that happened to an order, step by step, with the responses of the host."""
    output = Output(as_json=as_json)
    with _opened(site) as journal:
        requests = [payment.request_id for payment in journal.attempts(order_id)]
        requests += [refund.request_id for refund in journal.refunds.of_order(order_id)]
        events = sorted((event for each in requests for event in journal.events(each)), key=lambda event: event.number)
    if not events:
        raise UsageError(f"the journal has no order '{order_id}'", "`journal list` shows the newest orders")
    output.document({"order_id": order_id, "events": [_document(event) for event in events]})
    for event in events:
        output.console.print(f"{_time(event)}  {event.kind:<18} {foreign(event.data)}", soft_wrap=True)


@app.command("close")
def close(
    *,
    order_id: Annotated[str, typer.Option("--order-id", help="A payment that stays unknown.")],
    outcome: Annotated[str, typer.Option("--as", help="paid or canceled, according to the registry or the bank.")],
    reason: Annotated[str, typer.Option("--reason", help="The person who found it out, and the source.")],
    operator: OperatorOption = "",
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Close a payment that `recover` cannot settle, as a supervisor.

    The reason is stored in the journal.
    """
    from koshelek_driver.payment.outcome import Outcome
    from koshelek_driver.till.terminal import Terminal

    output = Output(as_json=as_json)
    if outcome not in list(Outcome):
        raise UsageError(f"--as {outcome}", "write paid or canceled")
    with Terminal.open(site) as terminal:
        closed = terminal.close_unknown(order_id, Outcome(outcome), reason, operator=operator)
        output.payment(closed, terminal.tip(closed), slip_of_money(terminal, closed))
    output.document(record_document(closed))


@app.command("verify")
def verify(
    *,
    anchor: Annotated[str, typer.Option("--anchor", help="The anchor of a Z report, as its paper has it.")] = "",
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Verify that the journal is complete and unchanged, also against a Z report on paper. Exit 1: it is not."""
    from koshelek_driver.payment.journal.chain import parse_anchor

    output = Output(as_json=as_json)
    known = parse_anchor(anchor)
    if anchor and known is None:
        raise UsageError(f"--anchor {anchor}", "write it as on the Z report: event, hyphen, hexadecimal digits")
    with _opened(site) as journal:
        faults = journal.verify(known)
    output.document({"whole": not faults, "faults": faults})
    output.console.print("whole" if not faults else "\n".join(foreign(fault) for fault in faults), soft_wrap=True)
    raise typer.Exit(1 if faults else 0)


@app.command("backup")
def backup(
    target: Annotated[Path, typer.Argument(help="The copy to write; an older one is replaced.")],
    *,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Copy the whole journal while sales go on."""
    output = Output(as_json=as_json)
    with _opened(site) as journal:
        journal.database.backup(target)
    output.document({"backup": str(target), "bytes": target.stat().st_size})
    output.console.print(f"{foreign(str(target))}, {target.stat().st_size} bytes")


@app.command("rebuild")
def rebuild(
    *,
    backup: Annotated[Path | None, typer.Option("--from", help="The last backup; the site file's by default.")] = None,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a damaged journal aside and build a new one.

    Its sources are the backup and all that can still be read. A person has to decide this: what is lost may have been
    paid. Exit 1: something is lost.
    """
    from koshelek_driver.config import site as sites
    from koshelek_driver.payment.journal.rebuilding import rebuild as make_anew
    from koshelek_driver.till.assembly import build_till_lock

    output, settings = Output(as_json=as_json), sites.load(site)
    found = backup or settings.backup
    if backup is not None and not backup.exists():
        raise UsageError(f"--from {backup}: there is no such file", "name a file that `journal backup` wrote")
    aside = Path(f"{settings.journal}.damaged-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    with build_till_lock(settings).hold("the rebuilding"):
        rebuilt = make_anew(settings.journal, found if found and found.exists() else None, aside)
    output.document(
        {
            "put_aside": str(rebuilt.put_aside),
            "events_from_backup": rebuilt.from_backup,
            "events_saved": rebuilt.saved,
            "events_lost": [list(gap) for gap in rebuilt.lost],
            "rows_lost": list(rebuilt.lost_rows),
            "salt_is_new": rebuilt.salt_is_new,
        }
    )
    output.console.print(f"{rebuilt.from_backup} events from the backup, {rebuilt.saved} saved", soft_wrap=True)
    output.console.print(f"the damaged journal is in {foreign(str(rebuilt.put_aside))}", soft_wrap=True)
    for first, last in rebuilt.lost:
        output.warning(
            f"events {first} to {last} are lost", "compare with the provider's registry before charging again"
        )
    for what in rebuilt.lost_rows:
        output.warning(f"lost: {what}", "compare with the provider's registry before charging again")
    if rebuilt.salt_is_new:
        output.warning("the salt of the digests is lost, and a new one was made", "passwords used before count as new")
    raise typer.Exit(1 if rebuilt.lost or rebuilt.lost_rows or rebuilt.salt_is_new else 0)


@contextmanager
def _opened(site: Path | None) -> Iterator[Journal]:
    from koshelek_driver.config import site as sites
    from koshelek_driver.payment.journal import Journal

    settings = sites.load(site)
    if not settings.journal.exists():
        raise UsageError(f"there is no journal at {settings.journal}", "it is made by the first sale")
    journal = Journal(settings.journal)
    try:
        yield journal
    finally:
        journal.close()


def _document(event: Event) -> dict[str, Any]:
    return {
        "number": event.number,
        "at": _time(event),
        "kind": event.kind,
        "request_id": event.request_id,
        "data": msgspec.json.decode(event.data),
    }


def _time(event: Event) -> str:
    return moment(event.at_s, "milliseconds")
