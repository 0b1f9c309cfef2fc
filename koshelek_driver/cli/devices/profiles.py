"""The verbs `profiles list`, `explain`, `validate` and `new`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.table import Table

from koshelek_driver.cli.foreign_text import foreign
from koshelek_driver.cli.options import JsonOption
from koshelek_driver.cli.output import Output
from koshelek_driver.errors import DriverError, UsageError, nearest

app = typer.Typer(no_args_is_help=True, help="Device profiles: one file describes one model.")

_NEW = """description = "{name}"
source = "where the numbers below come from: manual, page"
inherits = "{inherits}"

# Only what is different from {inherits}; `koshelek-driver profiles explain {inherits}` shows all of it.
# [serial]
# baud_rate = 9600
# [framing]
# terminators = "0D 0A"
# [usb]
# vendor_id = "0c2e"
# product_ids = ["0b87"]
"""


@app.command("list")
def list_profiles(*, as_json: JsonOption = False) -> None:
    """List all profiles with their descriptions."""
    from koshelek_driver.config import profile

    output = Output(as_json=as_json)
    rows = [("scanner", name, profile.scanner(name).description) for name in profile.names("scanners")]
    rows += [("printer", name, profile.printer(name).description) for name in profile.names("printers")]
    output.document({"profiles": [dict(zip(("kind", "name", "description"), row, strict=True)) for row in rows]})
    table = Table("kind", "name", "description")
    for row in rows:
        table.add_row(*(foreign(cell) for cell in row))
    output.console.print(table)


@app.command("explain")
def explain(name: str, *, as_json: JsonOption = False) -> None:
    """Show all keys of a profile, inherited ones included."""
    from koshelek_driver.config import profile

    output = Output(as_json=as_json)
    known = {
        **dict.fromkeys(profile.names("scanners"), profile.scanner),
        **dict.fromkeys(profile.names("printers"), profile.printer),
    }
    if name not in known:
        raise UsageError(f"no profile '{name}'", nearest(name, known))
    keys: dict[str, Any] = msgspec.to_builtins(known[name](name))
    output.document(keys)
    for key, value in keys.items():
        output.console.print(f"{key} = {foreign(str(value))}", soft_wrap=True)


@app.command("validate")
def validate(files: list[Path], *, as_json: JsonOption = False) -> None:
    """Check every key and value of profile files. Exit 1: one is wrong."""
    from koshelek_driver.config import profile

    output = Output(as_json=as_json)
    problems: dict[str, str] = {}
    for file in files:
        try:
            profile.check(file)
        except DriverError as problem:
            problems[str(file)] = problem.what
            output.warning(problem.what, problem.remedy)
    output.document({"valid": not problems, "problems": problems})
    output.console.print(f"{len(files) - len(problems)} of {len(files)} are right")
    raise typer.Exit(1 if problems else 0)


@app.command("new")
def new(
    file: Annotated[Path, typer.Argument(help="The file to create; its name is the profile's name.")],
    inherits: Annotated[str, typer.Option("--inherits", help="The nearest profile.")] = "generic-serial",
) -> None:
    """Create a scanner profile from the nearest one."""
    from koshelek_driver.config import profile

    profile.scanner(inherits)
    if file.exists():
        raise UsageError(f"{file} exists", "name another file")
    file.write_text(_NEW.format(name=file.stem, inherits=inherits), encoding="utf-8")
    Output(as_json=False).console.print(f"made {foreign(str(file))}; put it into device_profiles/scanners/")
