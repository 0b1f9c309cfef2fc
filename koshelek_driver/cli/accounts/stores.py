"""The verbs `stores add`, `stores get` and `stores update`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from koshelek_driver.cli.foreign_text import foreign
from koshelek_driver.cli.options import JsonOption, SiteOption, read_file
from koshelek_driver.cli.output import Output

if TYPE_CHECKING:
    from koshelek_driver.pay_api.stores import StoreAnswer, StoreCall, StoreRequest, StoreRules

app = typer.Typer(no_args_is_help=True, help="Store API: register the shops of a chain. For an administrator's desk.")
FileArgument = Annotated[Path, typer.Argument(help="The call's own fields, JSON.")]
_Make = Callable[["StoreCall", bytes, "StoreRules"], "StoreRequest"]
_EXIT_NO, _EXIT_UNKNOWN = 1, 3


@app.command("add")
def add(file: FileArgument, *, site: SiteOption = None, as_json: JsonOption = False) -> None:
    """Add stores: an object with brandId and stores, or a list of stores.

    Everything is checked before it is sent. Exit 1: the host refused. 3: no response came, and they may have been
    added: `get` them before you add them again.
    """
    from koshelek_driver.pay_api.stores import adding

    _do("add", adding, file, site, as_json=as_json)


@app.command("get")
def get(file: FileArgument, *, site: SiteOption = None, as_json: JsonOption = False) -> None:
    """List stores. This call is not published: store_api.get of the site file describes it."""
    from koshelek_driver.pay_api.stores import asking

    _do("get", asking, file, site, as_json=as_json)


@app.command("update")
def update(file: FileArgument, *, site: SiteOption = None, as_json: JsonOption = False) -> None:
    """Change stores. This call is not published: store_api.update of the site file describes it."""
    from koshelek_driver.pay_api.stores import asking

    _do("update", asking, file, site, as_json=as_json)


def _do(name: str, make: _Make, file: Path, site: Path | None, *, as_json: bool) -> None:
    from koshelek_driver.config import site as sites
    from koshelek_driver.pay_api import stores
    from koshelek_driver.pay_api.replies import NotSent
    from koshelek_driver.till.assembly import build_store_api

    output, settings = Output(as_json=as_json), sites.load(site)
    calls, rules, client = build_store_api(settings)
    with closing(client), output.progress("Asking…"):
        request = make(calls[name], read_file(file, "FILE") or b"", rules)
        reply = stores.send(client, request)
    if isinstance(reply, stores.StoreAnswer):
        _answered(reply, output)
    elif isinstance(reply, NotSent):
        _failed(f"nothing was sent: {reply.details}", "check the network and base_url", output)
        raise typer.Exit(_EXIT_NO)
    else:
        _failed(f"no answer: {reply.reason}", "it may have been done: stores get, before you repeat it", output)
        raise typer.Exit(_EXIT_NO if name == "get" else _EXIT_UNKNOWN)


def _answered(reply: StoreAnswer, output: Output) -> None:
    import msgspec

    output.document({"done": reply.is_done, "http_status": reply.http_status, "answer": reply.answer})
    output.console.print("done" if reply.is_done else f"[red]refused:[/] HTTP {reply.http_status}")
    text = msgspec.json.format(msgspec.json.encode(reply.answer)).decode()
    output.console.print("\n".join(map(foreign, text.split("\n"))), soft_wrap=True)
    raise typer.Exit(0 if reply.is_done else _EXIT_NO)


def _failed(what: str, remedy: str, output: Output) -> None:
    output.document({"done": False, "http_status": None, "answer": None, "message": what, "remedy": remedy})
    output.warning(what, remedy)
