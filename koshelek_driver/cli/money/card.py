"""The verbs `payload test` and `methods`."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from koshelek_driver.cli.call import current_call
from koshelek_driver.cli.foreign_text import foreign
from koshelek_driver.cli.options import JsonOption, LabelOption, SiteOption, WaitOption, label_text, read_file
from koshelek_driver.cli.output import Output
from koshelek_driver.cli.progress import sale_observer
from koshelek_driver.errors import UsageError

if TYPE_CHECKING:
    from koshelek_driver.payment.methods import Methods

payload = typer.Typer(no_args_is_help=True, help="Payload templates: the fields of labels.")


@payload.callback()
def _payload() -> None:
    """Make `payload` a group: typer would merge a single verb into it."""


@payload.command("test")
def payload_test(
    label: Annotated[str, typer.Argument(help="The label that the scanner read; - reads it from standard input.")],
    *,
    templates: Annotated[
        list[str] | None,
        typer.Option("--template", help="Template to use instead of the site file's; may be repeated."),
    ] = None,
    typed: Annotated[bool, typer.Option("--typed", help="The cashier typed the label.")] = False,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Parse a label by templates, or explain why they do not accept it.

    Exit 1: none accepts it. Card, session and password stay hidden: a session shows its length in stars.
    """
    from koshelek_driver.diagnostics.payload import payload_report

    output = Output(as_json=as_json)
    report = payload_report(label_text(label) or "", _templates(site, templates), typed=typed)
    output.document(report)
    for key, value in report.items():
        if key != "refusals":
            output.console.print(f"  {key:<17} {foreign(str(value))}", soft_wrap=True)
    for refusal in report["refusals"]:
        output.console.print(f"  {foreign(refusal['template'])}\n    {foreign(refusal['why'])}", soft_wrap=True)
    raise typer.Exit(0 if report["accepted"] else 1)


def methods(
    *,
    amount: Annotated[int, typer.Option("--amount", help="Kopecks.")],
    order_id: Annotated[str | None, typer.Option("--order-id", help="The receipt's number, if it has one.")] = None,
    invoice: Annotated[Path | None, typer.Option("--invoice", help="checkoutInvoice of the Pay API, JSON.")] = None,
    label: LabelOption = None,
    wait: WaitOption = 60.0,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the payment providers that the customer may use. Charges nothing.

    The same scan may pay afterwards. Exit 1: there is none.
    """
    from koshelek_driver.till.terminal import Terminal

    output, call = Output(as_json=as_json), current_call()
    call.take_cancels()
    with Terminal.open(site) as terminal:
        order = terminal.new_order(order_id or str(uuid.uuid4()), amount, read_file(invoice))
        output.environment(terminal.environment)
        given, observer = label_text(label), sale_observer(terminal, output)
        with output.progress("At the till…"):
            found = terminal.methods(order, label=given, wait_s=wait, watcher=observer, cancel=call.cancel)
        line, tip = terminal.card_line(found.verification), terminal.tip_for(found.error_code, found.details)
    output.document(_document(found, line, tip))
    if tip:
        output.console.print(f"  [bold]{foreign(tip)}[/]\n  code {foreign(found.error_code)}  {foreign(found.details)}")
    if found.providers:
        output.console.print(_table(found))
    raise typer.Exit(0 if found.can_pay else 1)


def _document(found: Methods, line: str, tip: str) -> dict[str, Any]:
    return {
        "default": found.default,
        "providers": [_provider(provider) for provider in found.providers],
        "card": line,
        "error_code": found.error_code,
        "details": found.details,
        "operator_tip": tip,
    }


def _provider(provider: Any) -> dict[str, Any]:
    return {
        "payment_type": provider.payment_type,
        "available": provider.available,
        "message": provider.message or "",
    }


def _table(found: Methods) -> Table:
    table = Table("provider", "available", "message", title="begins by itself" if found.default else None)
    for provider in found.providers:
        available = "yes" if provider.available else "no"
        table.add_row(foreign(provider.payment_type), available, foreign(provider.message or ""))
    return table


def _templates(site: Path | None, given: list[str] | None) -> list[str]:
    from koshelek_driver.card.grammar import TemplateError
    from koshelek_driver.card.template import Template
    from koshelek_driver.config import site as sites
    from koshelek_driver.till.card_setup import build_templates

    if not given:
        settings = sites.load(site)
        build_templates(settings)
        return list(settings.totp.templates)
    try:
        for template in given:
            Template(template)
    except TemplateError as problem:
        raise UsageError(f"--template: {problem}", "correct the template") from problem
    return given
