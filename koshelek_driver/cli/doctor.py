"""The verb `doctor`."""

from __future__ import annotations

from dataclasses import asdict

import typer

from koshelek_driver.cli.foreign_text import foreign
from koshelek_driver.cli.options import JsonOption, SiteOption
from koshelek_driver.cli.output import Output

_COLOURS = {"pass": "green", "warn": "yellow", "fail": "red", "skip": "dim"}


def doctor(*, site: SiteOption = None, as_json: JsonOption = False) -> None:
    """Check this till in under 10 s and name the remedy of every fault. Charges nothing.

    Exit 1: a fault was found.
    """
    from koshelek_driver.diagnostics.doctor import Check, Result, checks

    output = Output(as_json=as_json)
    done: list[Check] = []
    for check in checks(site):
        done.append(check)
        colour = _COLOURS[check.result.value]
        output.console.print(
            f"[{colour}]{check.result.value:<5}[/] {check.name:<19} {foreign(check.detail)}", soft_wrap=True
        )
        if check.remedy:
            output.console.print(f"      [bold]do:[/] {foreign(check.remedy)}", soft_wrap=True)
    output.document({"checks": [asdict(check) for check in done]})
    raise typer.Exit(1 if any(check.result is Result.FAIL for check in done) else 0)
