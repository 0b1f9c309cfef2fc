"""`report x`, `report z`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from koshelek_driver.cli.output import Output
from koshelek_driver.cli.pay import JsonOption, SiteOption

if TYPE_CHECKING:
    from koshelek_driver.payment.report import Report, Row
    from koshelek_driver.terminal import Terminal

app = typer.Typer(no_args_is_help=True, help="The cash report of this till.")
CsvOption = Annotated[Path | None, typer.Option("--csv", help="Write every row here too, for a spreadsheet.")]
PaperOption = Annotated[bool, typer.Option("--paper", help="Print it on the till's printer.")]


@app.command("x")
def x(
    *, csv: CsvOption = None, paper: PaperOption = False, site: SiteOption = None, as_json: JsonOption = False
) -> None:
    """The business day so far. It changes nothing."""
    from koshelek_driver.terminal import Terminal

    with Terminal.open(site) as terminal:
        _show(terminal, terminal.report(), Output(as_json=as_json), csv, paper=paper)


@app.command("z")
def z(
    *,
    day: Annotated[int, typer.Option("--day", help="A day that is closed, again; nothing is closed.")] = 0,
    csv: CsvOption = None,
    paper: PaperOption = False,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Close the business day. What is not settled is listed, and carried over."""
    from koshelek_driver.terminal import Terminal

    with Terminal.open(site) as terminal:
        made = terminal.report_of_day(day) if day else terminal.close_day()
        _show(terminal, made, Output(as_json=as_json), csv, paper=paper)


def _show(terminal: Terminal, made: Report, output: Output, csv: Path | None, *, paper: bool) -> None:
    from koshelek_driver.payment.report import as_csv, document

    if csv is not None:
        csv.write_text(as_csv((*made.unknown, *made.rows)), encoding="utf-8-sig", newline="")
    output.document(document(made))
    _table(made, output)
    if paper:
        output.print_result(terminal.print_report(made))


def _table(made: Report, output: Output) -> None:
    from rich.table import Table

    from koshelek_driver.payment.outcome import in_roubles

    if made.unknown:
        output.warning(f"{len(made.unknown)} not settled: {', '.join(row.order_id for row in made.unknown)}", "recover")
    rows = Table("what", "order", "RUB", "provider", "transaction", title=f"day {made.day}, {made.date}")
    for row in (*made.unknown, *made.rows):
        rows.add_row(row.kind, row.order_id, in_roubles(row.amount), row.payment_type, _transaction(row))
    totals = Table("provider", "payments", "RUB", "refunds", "RUB", "cancels", "RUB")
    for name, of in made.totals.items():
        counted = (of.payments, of.paid), (of.refunds, of.refunded), (of.cancels, of.canceled)
        totals.add_row(name, *(text for count, sum_ in counted for text in (str(count), in_roubles(sum_))))
    output.console.print(rows)
    output.console.print(totals)


def _transaction(row: Row) -> str:
    return row.refund_transaction_id or row.payment_transaction_id
