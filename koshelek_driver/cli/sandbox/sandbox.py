"""The verbs `sandbox serve`, `sandbox card` and `sandbox printer`."""

from __future__ import annotations

import re
import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from koshelek_driver.cli.foreign_text import foreign
from koshelek_driver.cli.options import JsonOption, SiteOption
from koshelek_driver.cli.output import Output
from koshelek_driver.cli.sandbox.site_file import write_site
from koshelek_driver.cli.stop_signals import STOP
from koshelek_driver.errors import PortNotOpened, UsageError, nearest
from koshelek_driver.payment.cancel import CancelToken

if TYPE_CHECKING:
    from koshelek_driver.sandbox.printer.faults import Fault
    from koshelek_driver.sandbox.server import PayApiSandbox
    from koshelek_driver.sandbox.wallet import Issuer

app = typer.Typer(no_args_is_help=True, help="Simulated peers that are real on the wire: host, card, printer.")

_HOUR_S = 3600.0


class Symbology(StrEnum):
    """The symbologies that a wallet may show."""

    QR = "qr"
    CODE128 = "code128"
    PDF417 = "pdf417"
    DATAMATRIX = "datamatrix"


FolderOption = Annotated[Path, typer.Option("--dir", help="Folder for its files.")]
PortOption = Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any free port.")]


@app.command("serve")
def serve(
    *,
    port: PortOption = 0,
    folder: FolderOption = Path("koshelek-sandbox"),
    postback_url: Annotated[
        str, typer.Option("--postback-url", help="Send a postback of every change to this address.")
    ] = "",
    postback_ca: Annotated[
        Path | None, typer.Option("--postback-ca", exists=True, help="CA certificate of that address.")
    ] = None,
    api_version: Annotated[str, typer.Option("--api-version", help="Refuse fields newer than this.")] = "1.2.1",
    polled_methods: Annotated[
        bool, typer.Option("--polled-methods", help="Respond to requests for methods by 201.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Serve the Pay API sandbox over TLS until Ctrl-C.

    Its CA, credentials and a site file are written to DIR. Postbacks carry the API's own login and password.
    """
    from koshelek_driver.sandbox.contract import VERSIONS
    from koshelek_driver.sandbox.postback import PostbackTarget
    from koshelek_driver.sandbox.server import LOGIN, STORE, PayApiSandbox

    output = Output(as_json=as_json)
    if api_version not in VERSIONS:
        raise UsageError(f"--api-version {api_version}", nearest(api_version, VERSIONS))
    ca = None if postback_ca is None else str(postback_ca)
    target = (lambda password: PostbackTarget(postback_url, LOGIN, password, ca)) if postback_url else None
    try:
        host = PayApiSandbox(folder, port=port, postback=target, version=api_version, polled_methods=polled_methods)
    except OSError as problem:
        raise _cannot_listen(port, problem) from problem
    write_site(host.files.site, base_url=host.base_url, store=STORE)
    facts = _host_document(host, LOGIN)
    output.document(facts)
    for name, value in facts.items():
        output.console.print(f"{name:>17}  {foreign(value)}", soft_wrap=True)
    output.console.print("Ctrl-C ends it.")
    _wait_for_end()
    host.close()


def _host_document(host: PayApiSandbox, login: str) -> dict[str, str]:
    """Return the address, credentials and files of a host; the keys are a contract."""
    return {
        "base_url": host.base_url,
        "ca_file": str(host.files.ca),
        "login": login,
        "password_file": str(host.files.password),
        "retailer_key_file": str(host.files.retailer_key),
        "admin_url": host.admin_url,
        "site": str(host.files.site),
    }


@app.command("card")
def card(
    *,
    card_number: Annotated[str, typer.Option("--card", help="The card number.")] = "",
    symbology: Annotated[Symbology, typer.Option("--symbology")] = Symbology.QR,
    out: Annotated[Path, typer.Option("--out", help="PNG file to draw it to.")] = Path("koshelek-card.png"),
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draw a wallet card that is valid now.

    It is text, and a picture to hold before a scanner. The key is that of the site file.
    """
    from koshelek_driver.sandbox.symbols import draw
    from koshelek_driver.sandbox.wallet import CARD_NUMBER, new_session

    output = Output(as_json=as_json)
    label = _issuer(site).label(card_number or CARD_NUMBER, new_session(), time.time())
    try:
        picture = draw(label, symbology.value)
    except ValueError as problem:
        raise UsageError(f"--card: {problem}", "give a card number of digits") from problem
    try:
        picture.save(out)
    except (OSError, ValueError) as problem:
        raise UsageError(f"--out {out}: {problem}", "name a .png file in a folder that exists") from problem
    output.document({"label": label, "png": str(out.resolve())})
    output.console.print(f"{foreign(label)}\n{foreign(str(out.resolve()))}", soft_wrap=True)


@app.command("printer")
def printer(
    *,
    port: PortOption = 0,
    folder: FolderOption = Path("koshelek-receipts"),
    fault: Annotated[str, typer.Option("--fault", help="none, paper-out, near-end, cover-open and others.")] = "none",
    dots: Annotated[int, typer.Option("--dots", help="576: 80 mm paper, 384: 58 mm.")] = 576,
    as_json: JsonOption = False,
) -> None:
    """Serve the virtual printer until Ctrl-C: every receipt as PNG and text."""
    from koshelek_driver.sandbox.printer.server import VirtualPrinter

    output = Output(as_json=as_json)
    played = fault_named(fault)
    try:
        machine = VirtualPrinter(folder, port=port, dots=dots, fault=played)
    except OSError as problem:
        raise _cannot_listen(port, problem) from problem
    machine.on_receipt = lambda receipt, png: output.console.print(
        "\n".join(map(foreign, (*receipt.lines, f"→ {png}")))
    )
    output.document({"port": machine.port, "dir": str(machine.folder)})
    output.console.print(
        f"port {machine.port}, receipts in {foreign(str(machine.folder))}. Ctrl-C ends it.", soft_wrap=True
    )
    _wait_for_end()
    machine.close()


def fault_named(name: str) -> Fault:
    """Return a fault of the virtual printer by name. Raises UsageError, which names the nearest one."""
    from koshelek_driver.sandbox.printer.faults import Fault

    if name not in list(Fault):
        raise UsageError(f"--fault {name}", nearest(name, Fault))
    return Fault(name)


def _issuer(site_file: Path | None) -> Issuer:
    """Return the issuer with the key of the site file, or else with the sandbox's own key."""
    from koshelek_driver.config import site as sites
    from koshelek_driver.sandbox.wallet import Issuer

    if site_file is None and not sites.find(None).exists():
        return Issuer()
    settings = sites.load(site_file)
    totp = settings.totp
    prefixes = [found[1] for text in totp.templates if (found := re.search(r"\{prefix:([^{}]*)\}", text))]
    return Issuer(
        retailer_key=settings.secret(totp.retailer_key, "totp.retailer_key").reveal(),
        prefix=prefixes[0] if prefixes else "",
        hash_function=totp.hash_function,
        interval_s=totp.interval_s,
        password_length=totp.password_length,
    )


def _cannot_listen(port: int, problem: OSError) -> PortNotOpened:
    return PortNotOpened(
        f"cannot listen on port {port}: {problem.strerror}", "choose another with --port, or 0 for any"
    )


def _wait_for_end() -> None:
    """Block until a stop signal."""
    ended = CancelToken()
    STOP.cancel_instead(ended.cancel)
    while not ended.wait(_HOUR_S):
        pass
