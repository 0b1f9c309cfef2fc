"""The verbs `report x`, `report z` and `report shop`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from koshelek_driver.cli.accounts.ledger import till_document
from koshelek_driver.cli.foreign_text import foreign
from koshelek_driver.cli.options import JsonOption, SiteOption, read_day
from koshelek_driver.cli.output import Output

if TYPE_CHECKING:
    from koshelek_driver.accounting.report import Report, Row, Totals
    from koshelek_driver.ledger.reports import ShopReport
    from koshelek_driver.till.terminal import Terminal

app = typer.Typer(no_args_is_help=True, help="The cash report of this till, or of all tills of the shop.")
CsvOption = Annotated[Path | None, typer.Option("--csv", help="Also write every row to this file, for a spreadsheet.")]
PaperOption = Annotated[bool, typer.Option("--paper", help="Print it on the till's printer.")]
_LATE_S = 3600.0


@app.command("x")
def x(
    *, csv: CsvOption = None, paper: PaperOption = False, site: SiteOption = None, as_json: JsonOption = False
) -> None:
    """Report the business day so far.

    It closes only days that have ended by the rule of the site file.
    """
    from koshelek_driver.till.terminal import Terminal

    with Terminal.open(site) as terminal:
        _show(terminal, terminal.report(), Output(as_json=as_json), csv, paper=paper)


@app.command("z")
def z(
    *,
    day: Annotated[int, typer.Option("--day", help="Number of a closed day to report again; nothing is closed.")] = 0,
    csv: CsvOption = None,
    paper: PaperOption = False,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Close the business day. Unsettled money is listed, and carried over."""
    from koshelek_driver.till.terminal import Terminal

    with Terminal.open(site) as terminal:
        made = terminal.report_of_day(day) if day else terminal.close_day()
        _show(terminal, made, Output(as_json=as_json), csv, paper=paper)


@app.command("shop")
def shop(
    *,
    date: Annotated[str, typer.Option("--date", help="Report the closed days of this date, as 2026-11-22.")] = "",
    csv: CsvOption = None,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Report all tills of the shop, from its ledger.

    It covers the open days, or the closed ones of a date. Unsettled money comes first.
    """
    from koshelek_driver.accounting.report import as_plain, grand_total
    from koshelek_driver.till.terminal import Terminal

    output = Output(as_json=as_json)
    day = read_day("--date", date)
    with Terminal.open(site) as terminal:
        made = terminal.ledger.report(str(day or ""))
        local_time = terminal.local_time
    _write(csv, (*made.unknown, *made.rows))
    output.document(
        {
            "date": made.date,
            "totals": msgspec.to_builtins(made.totals),
            "grand_total": msgspec.to_builtins(grand_total(made.totals)),
            "unknown": [as_plain(row) for row in made.unknown],
            "rows": [as_plain(row) for row in made.rows],
            "tills": _tills(made),
        }
    )
    _warn_of_silence(made, output, local_time)
    _table(f"shop, {made.date or 'open days'}", made.unknown, made.rows, output)
    for till, totals in made.by_till.items():
        _totals_table(till, totals, output)
    _totals_table("all tills", made.totals, output)


def _show(terminal: Terminal, made: Report, output: Output, csv: Path | None, *, paper: bool) -> None:
    from koshelek_driver.accounting.report import document

    _write(csv, (*made.unknown, *made.rows))
    output.document(document(made))
    _table(_title(terminal, made), made.unknown, made.rows, output)
    _totals_table("", made.totals, output)
    if made.anchor is not None:
        output.console.print(f"journal anchor {made.anchor.on_paper()}")
    if paper:
        output.print_result(terminal.print_report(made))


def _title(terminal: Terminal, made: Report) -> str:
    since = "" if made.since_s is None else f"from {terminal.local_time(made.since_s)} "
    return f"day {made.day}, {made.date}, {since}until {terminal.local_time(made.until_s)}"


def _write(csv: Path | None, rows: Iterable[Row]) -> None:
    from koshelek_driver.accounting.report import as_csv

    if csv is not None:
        csv.write_text(as_csv(rows), encoding="utf-8-sig", newline="")


def _table(title: str, unknown: tuple[Row, ...], rows: tuple[Row, ...], output: Output) -> None:
    from rich.table import Table

    from koshelek_driver.payment.outcome import in_roubles

    if unknown:
        output.warning(f"{len(unknown)} not settled: {', '.join(row.order_id for row in unknown)}", "recover")
    table = Table("what", "order", "RUB", "provider", "operator", title=title)
    table.add_column("transaction", overflow="fold")
    for row in (*unknown, *rows):
        cells = f"{row.till} {row.kind}".lstrip(), row.order_id, in_roubles(row.amount), row.payment_type, row.operator
        table.add_row(*map(foreign, (*cells, _transaction(row))))
    output.console.print(table)


def _counted(of: Totals) -> Iterator[str]:
    from koshelek_driver.payment.outcome import in_roubles

    for count, kopecks in ((of.payments, of.paid), (of.refunds, of.refunded), (of.cancels, of.canceled)):
        yield str(count)
        yield in_roubles(kopecks)


def _totals_table(title: str, totals: dict[str, Totals], output: Output) -> None:
    from rich.table import Table

    from koshelek_driver.accounting.report import grand_total

    table = Table("provider", "payments", "RUB", "refunds", "RUB", "cancels", "RUB", title=foreign(title) or None)
    for name, of in totals.items():
        table.add_row(foreign(name), *_counted(of))
    table.add_section()
    table.add_row("all", *_counted(grand_total(totals)))
    output.console.print(table)


def _tills(made: ShopReport) -> list[dict[str, Any]]:
    return [
        {**till_document(till), "name": till.name, "totals": msgspec.to_builtins(made.by_till.get(till.name, {}))}
        for till in made.tills
    ]


def _warn_of_silence(made: ShopReport, output: Output, local_time: Callable[[float], str]) -> None:
    """Warn of tills whose last feed is old: the report lacks their later sales."""
    for till in made.tills:
        if till.behind or till.silent_s > _LATE_S:
            what = f"till {till.terminal_id} fed last at {local_time(till.heard_s)}; what it did since is not in here"
            output.warning(what, "ledger feed at that till, or see to its network")


def _transaction(row: Row) -> str:
    return row.refund_transaction_id or row.payment_transaction_id
