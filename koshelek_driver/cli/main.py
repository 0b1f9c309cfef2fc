"""`koshelek-driver VERB`: the table of verbs.

It is also the one place that turns errors into texts and exit codes.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated

import typer

from koshelek_driver.cli import doctor
from koshelek_driver.cli import run as resident
from koshelek_driver.cli.accounts import journal, ledger, reconcile, report, stores
from koshelek_driver.cli.devices import printer, profiles, scan, transcripts
from koshelek_driver.cli.money import card, money_back, pay, receipt, slip
from koshelek_driver.cli.output import Output, encoding_safe_stdout
from koshelek_driver.cli.sandbox import demo, sandbox
from koshelek_driver.errors import DriverError, JournalError, SiteError, UsageError

EXIT_NO = 1
EXIT_WRONG = 2
EXIT_UNKNOWN = 3

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


def main() -> None:
    """Run the console script and end the process with its exit code."""
    encoding_safe_stdout()
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code.

    An exception that is no DriverError is a fault of the driver. Its exit code is 3, never 1: money may have moved.
    """
    try:
        app(arguments)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else EXIT_NO
    except DriverError as problem:
        Output(as_json="--json" in arguments).error(problem)
        return EXIT_WRONG if isinstance(problem, SiteError | UsageError | JournalError) else EXIT_NO
    except ModuleNotFoundError as problem:
        extra = "service" if problem.name in ("starlette", "uvicorn") else "sandbox"
        needed = DriverError(
            f"the package {problem.name} is not installed", f"pip install 'koshelek-driver[{extra}]' brings it"
        )
        Output(as_json="--json" in arguments).error(needed)
        return EXIT_WRONG
    except Exception:  # noqa: BLE001 - a fault of ours must never read as "the answer is no"
        traceback.print_exc()
        return EXIT_UNKNOWN
    return 0
