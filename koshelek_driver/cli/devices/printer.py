"""The verbs `printer status`, `test`, `codepages` and `preview`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from koshelek_driver.cli.foreign_text import foreign
from koshelek_driver.cli.options import JsonOption, SiteOption
from koshelek_driver.cli.output import Output, print_document
from koshelek_driver.errors import UsageError, nearest

if TYPE_CHECKING:
    from koshelek_driver.printer.pos_printer.device import POSPrinter
    from koshelek_driver.printer.receipt_printer import PrintResult, ReceiptPrinter

app = typer.Typer(no_args_is_help=True, help="A receipt printer of the site file. Money is not touched.")
DeviceOption = Annotated[str, typer.Option("--device", help="Its name in the site file; the CAT's printer by default.")]


@app.command("status")
def status(*, device: DeviceOption = "", site: SiteOption = None, as_json: JsonOption = False) -> None:
    """Show the status of the printer: cover, paper, errors. Exit 1: it cannot print now."""
    output = Output(as_json=as_json)
    said = _printer(device, site).status()
    problem, remedy = (said.hindrance.problem, said.hindrance.remedy) if said.hindrance else ("", "")
    output.document({"online": said.online, "near_end": said.near_end, "problem": problem, "remedy": remedy})
    output.console.print("ready" if said.online else "[red]cannot print[/]")
    if said.hindrance:
        output.warning(problem, remedy)
    if said.near_end:
        output.warning("the roll is nearly used up", "have a new one at hand")
    raise typer.Exit(0 if said.online else 1)


@app.command("test")
def print_test(*, device: DeviceOption = "", site: SiteOption = None, as_json: JsonOption = False) -> None:
    """Print a test slip: Russian, widths, styles, the cut.

    Exit 1: the printer did not confirm it.
    """
    from koshelek_driver.printer.rendering.samples import sample_slip

    printer = _printer(device, site)
    _show(printer.print_units(printer.units(sample_slip(printer.columns))), Output(as_json=as_json))


@app.command("codepages")
def codepages(*, device: DeviceOption = "", site: SiteOption = None, as_json: JsonOption = False) -> None:
    """Print a line in each likely code page.

    The line that reads right names the number for the profile.
    """
    from koshelek_driver.printer.rendering.samples import code_page_units

    printer = _printer(device, site)
    start, end = printer.units([])
    _show(printer.print_units([start, *code_page_units(), end]), Output(as_json=as_json))


@app.command("preview")
def print_preview(
    *,
    data: Annotated[
        Path | None, typer.Argument(help="A text file in UTF-8; ESC may be written as \\e. By default from stdin.")
    ] = None,
    model: Annotated[
        str, typer.Option("--profile", help="Profile of the printer that it is for.")
    ] = "generic-escpos-80mm",
    png: Annotated[Path | None, typer.Option("--png", help="PNG file to draw it to.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show print data with UnifiedPOS escape sequences as paper, without a printer.

    Exit 1: some of it cannot be printed.
    """
    from koshelek_driver.config.sections import DeviceEntry
    from koshelek_driver.printer.pos_printer.device import POSPrinter
    from koshelek_driver.upos.printer_codes import Station

    text = (data.read_text(encoding="utf-8") if data else sys.stdin.read()).replace("\\e", "\x1b")
    output = Output(as_json=as_json)
    with tempfile.TemporaryDirectory() as folder:
        entry = DeviceEntry(category="POSPrinter", service="preview", profile=model, settings={"folder": folder})
        with POSPrinter({"preview": entry}) as printer:
            printer.open("preview")
            printer.claim(0)
            printer.device_enabled = True
            doubt = _doubt(printer, text)
            printer.print_normal(Station.RECEIPT, f"{text}\n")
        lines = [line for file in sorted(Path(folder).glob("*.txt")) for line in file.read_text("utf-8").splitlines()]
        if png is not None and lines:
            png.write_bytes((Path(folder) / "receipt-0001.png").read_bytes())
    output.document({"lines": lines, "png": str(png) if png and lines else None, "doubt": doubt})
    output.console.print("\n".join(map(foreign, lines)), soft_wrap=True)
    if doubt:
        output.warning(doubt, "it is passed over, or printed as near as can be")
    raise typer.Exit(1 if doubt else 0)


def _doubt(printer: POSPrinter, text: str) -> str:
    """Return the objection of validateData; empty: it can be printed."""
    from koshelek_driver.upos.errors import UposError
    from koshelek_driver.upos.printer_codes import Station

    try:
        printer.validate_data(Station.RECEIPT, text)
    except UposError as problem:
        return problem.what
    return ""


def _printer(name: str, site: Path | None) -> ReceiptPrinter:
    from koshelek_driver.config import site as sites
    from koshelek_driver.printer.owners import receipt_printer

    settings = sites.load(site)
    known = {key: each for key, each in settings.devices.items() if each.category == "POSPrinter"}
    found = known.get(name) if name else settings.device_of("POSPrinter") or next(iter(known.values()), None)
    if not known:
        remedy = 'add [devices.NAME] with category = "POSPrinter", profile and port; `profiles list` lists the models'
        raise UsageError(f"the site file {settings.path} has no printer", remedy)
    if found is None:
        raise UsageError(f"the site file has no printer '{name}'", nearest(name, list(known)))
    return receipt_printer(found, settings.pay_api.timing.connect_timeout_s)


def _show(result: PrintResult, output: Output) -> None:
    output.document(print_document(result))
    output.print_result(result)
    raise typer.Exit(0 if result.is_printed else 1)
