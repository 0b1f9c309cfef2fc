"""The verb `reconcile`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from koshelek_driver.cli.foreign_text import foreign
from koshelek_driver.cli.options import JsonOption, SiteOption, read_day, read_file
from koshelek_driver.cli.output import Output, moment

if TYPE_CHECKING:
    from koshelek_driver.accounting.matching import JournalRow, Reconciled, UnmatchedRow
    from koshelek_driver.accounting.settlement_file import SettlementRow

_SHOWN = 30
_HINTS = {
    ("payment", ""): "here it is unknown: recover, or: journal close --order-id {order} --as paid",
    ("refund", ""): "here it is unknown: recover",
    ("payment", "canceled"): "here it is cancelled, yet money was taken: refund --transaction-id {transaction}",
}


def reconcile(
    file: Annotated[Path, typer.Argument(help="The registry, CSV.")],
    *,
    registry: Annotated[str, typer.Option("--registry", help="Its layout: registries.NAME of the site file.")] = "",
    since: Annotated[
        str, typer.Option("--since", help="The first day, as 2026-11-22; by default from the file's dates.")
    ] = "",
    until: Annotated[str, typer.Option("--until", help="The last day.")] = "",
    shop: Annotated[bool, typer.Option("--shop", help="Compare all tills of the shop, by its ledger.")] = False,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare a provider's registry with the journal or the ledger. Changes nothing.

    By default it reads the columns orderId, transactionId, amount (kopecks), type (payment or refund) and date. Other
    headings, words, encodings and units are mapped in the site file: registries.NAME. Exit 0: they agree. 1: they
    differ. 3: they agree, and an outcome of those days is still unknown.
    """
    from koshelek_driver.accounting.settlement_file import read
    from koshelek_driver.config import site as sites
    from koshelek_driver.till.assembly import build_layout
    from koshelek_driver.till.terminal import Terminal

    output, settings = Output(as_json=as_json), sites.load(site)
    layout, scope = build_layout(settings, registry)
    theirs = read(str(file), read_file(file, "FILE") or b"", layout)
    scope = replace(scope, since=read_day("--since", since), until=read_day("--until", until))
    with Terminal(settings) as terminal, output.progress("Comparing…"):
        made = terminal.reconcile(theirs, scope, shop=shop)
    output.document(_document(made))
    _show(made, output)
    raise typer.Exit(_exit(made))


def _exit(made: Reconciled) -> int:
    if not made.agrees:
        return 1
    return 3 if made.unknown else 0


def _document(made: Reconciled) -> dict[str, Any]:
    return {
        "matched": [{**_of_theirs(pair.theirs), "request_id": pair.ours.request_id} for pair in made.matched],
        "only_ours": [_of_ours(each) for each in made.only_ours],
        "only_theirs": [_of_stray(stray) for stray in made.only_theirs],
        "amount_differs": [
            {**_of_theirs(pair.theirs), "request_id": pair.ours.request_id, "our_amount": pair.ours.amount}
            for pair in made.amount_differs
        ],
        "unknown": [_of_ours(each) for each in made.unknown],
    }


def _of_theirs(row: SettlementRow) -> dict[str, Any]:
    return {
        "line": row.line,
        "type": row.kind,
        "order_id": row.order_id,
        "transaction_id": row.transaction_id,
        "amount": row.amount,
        "at": None if row.at_s is None else _moment(row.at_s),
    }


def _of_ours(ours: JournalRow) -> dict[str, Any]:
    return {
        "type": ours.kind,
        "order_id": ours.order_id,
        "request_id": ours.request_id,
        "transaction_id": ours.own_id,
        "payment_transaction_id": ours.transaction_id,
        "payment_type": ours.payment_type,
        "amount": ours.amount,
        "outcome": ours.outcome or "unknown",
        "at": _moment(ours.at_s),
    }


def _of_stray(stray: UnmatchedRow) -> dict[str, Any]:
    ours = stray.ours
    return {
        **_of_theirs(stray.theirs),
        "our_outcome": None if ours is None else ours.outcome or "unknown",
        "request_id": "" if ours is None else ours.request_id,
        "repeats_line": stray.repeats,
        "why": _why(stray),
    }


def _why(stray: UnmatchedRow) -> str:
    """Explain a row that only the registry has, with the remedy."""
    if stray.repeats is not None:
        return f"line {stray.repeats} says the same"
    if stray.ours is None:
        return "there is no such row here; it may be of another till: --shop"
    hint = _HINTS.get((stray.ours.kind, stray.ours.outcome), "here it was refused: ask the provider")
    return hint.format(order=stray.ours.order_id, transaction=stray.ours.transaction_id)


def _show(made: Reconciled, output: Output) -> None:
    lines = [
        *(f"amount differs  {_their_words(pair.theirs)}, here {pair.ours.amount}" for pair in made.amount_differs),
        *(f"only theirs     {_their_words(stray.theirs)}: {_why(stray)}" for stray in made.only_theirs),
        *(f"only ours       {_our_words(each)}" for each in made.only_ours),
        *(f"unknown         {_our_words(each)}" for each in made.unknown),
    ]
    output.console.print(
        f"matched {len(made.matched)}, amount differs {len(made.amount_differs)}, only theirs {len(made.only_theirs)},"
        f" only ours {len(made.only_ours)}, unknown {len(made.unknown)}"
    )
    for line in lines[:_SHOWN]:
        output.console.print(foreign(line), soft_wrap=True)
    if len(lines) > _SHOWN:
        output.console.print(f"… and {len(lines) - _SHOWN} more: --json has all of them")


def _their_words(row: SettlementRow) -> str:
    return f"line {row.line}: {row.kind}, order {row.order_id}, {row.transaction_id}, {row.amount} kopecks"


def _our_words(ours: JournalRow) -> str:
    transaction = ours.refund_transaction_id or ours.transaction_id
    return f"{ours.kind}, order {ours.order_id}, {transaction}, {ours.amount} kopecks"


def _moment(at_s: float) -> str:
    return moment(at_s).replace("+00:00", "Z")
