"""`koshelek-driver VERB`: the table of verbs."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from koshelek_driver.cli import doctor
from koshelek_driver.cli import run as resident
from koshelek_driver.cli.accounts import journal, ledger, reconcile, report, stores
from koshelek_driver.cli.devices import printer, profiles, scan, transcripts
from koshelek_driver.cli.money import card, money_back, pay, receipt, slip
from koshelek_driver.cli.sandbox import demo, sandbox

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Koshelek wallet payments at a till. Exit 0: done. 1: the answer is no. 2: wrong usage or file."
    " 3: the outcome of money is not known yet.",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"koshelek-driver {version('koshelek-driver')}")  # noqa: T201 - the result itself
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Options of every verb."""


app.command("demo")(demo.demo)
app.command("run")(resident.run)
app.command("pay")(pay.pay)
app.command("cancel")(money_back.cancel)
app.command("refund")(money_back.refund)
app.command("recover")(money_back.recover)
app.command("status")(pay.status)
app.command("reconcile")(reconcile.reconcile)
app.command("methods")(card.methods)
app.command("doctor")(doctor.doctor)
app.command("scan")(scan.scan)
app.command("devices")(scan.devices)
app.command("record")(transcripts.record)
app.command("replay")(transcripts.replay)
app.add_typer(profiles.app, name="profiles")
app.add_typer(card.payload, name="payload")
app.add_typer(receipt.app, name="receipt")
app.add_typer(slip.app, name="slip")
app.add_typer(printer.app, name="printer")
app.add_typer(report.app, name="report")
app.add_typer(journal.app, name="journal")
app.add_typer(stores.app, name="stores")
app.add_typer(ledger.app, name="ledger")
app.add_typer(sandbox.app, name="sandbox")
