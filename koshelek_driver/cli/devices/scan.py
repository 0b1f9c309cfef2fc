"""The verbs `scan` and `devices`."""

from __future__ import annotations

import queue
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from koshelek_driver.cli.foreign_text import foreign
from koshelek_driver.cli.options import JsonOption, SiteOption
from koshelek_driver.cli.output import Output
from koshelek_driver.cli.stop_signals import STOP
from koshelek_driver.errors import SiteError, UsageError, nearest
from koshelek_driver.payment.cancel import CancelToken

if TYPE_CHECKING:
    from koshelek_driver.config.sections import DeviceEntry
    from koshelek_driver.upos.events import ErrorEvent

_TICK_S = 0.1
"""The interval at which the loop checks for Ctrl-C."""


def scan(
    *,
    device: Annotated[str | None, typer.Option("--device", help="A scanner of the site file.")] = None,
    port: Annotated[
        str | None, typer.Option("--port", help="A port, without a site file: `devices` lists them.")
    ] = None,
    profile: Annotated[str, typer.Option("--profile", help="Profile of the scanner on that port.")] = "generic-serial",
    count: Annotated[int, typer.Option("--count", help="Number of scans to show; 0: until Ctrl-C.")] = 0,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show live scans: bytes, symbology, parsed fields.

    Card numbers, sessions and passwords are hidden.
    """
    from koshelek_driver.card.template import USUAL_TEMPLATES, Templates
    from koshelek_driver.diagnostics.scans import scan_document
    from koshelek_driver.scanner.once import listening

    output = Output(as_json=as_json)
    name, entry, own_templates = _chosen(site, device, port, profile)
    templates = Templates((*own_templates, *USUAL_TEMPLATES), may_overlap=True)
    arrived: queue.SimpleQueue[Any] = queue.SimpleQueue()
    with listening({name: entry}, name, arrived.put, lambda event: arrived.put(_in_words(event))):
        output.console.print(f"Scan something; {foreign(name)} listens. Ctrl-C ends.")
        for item in _until_ctrl_c(arrived, count):
            document = {"error": item} if isinstance(item, str) else scan_document(item, templates)
            output.line(document)
            output.console.print("  ".join(f"{key} {foreign(str(value))}" for key, value in document.items()))


def devices(*, as_json: JsonOption = False) -> None:
    """List the ports that a scanner may be on, each with a profile to begin with."""
    from koshelek_driver.diagnostics import inventory

    output = Output(as_json=as_json)
    listed = inventory.ports()
    output.document({"devices": [asdict(each) for each in listed]})
    table = Table("kind", "port", "name", "profile")
    for each in listed:
        table.add_row(each.kind, foreign(each.port), foreign(each.name), each.profile)
    output.console.print(table if listed else "no port that a scanner could be on")


def _chosen(
    site: Path | None, device: str | None, port: str | None, profile: str
) -> tuple[str, DeviceEntry, tuple[str, ...]]:
    """Return name and entry of the scanner to listen to, and the templates of the till.

    Raises UsageError or SiteError.
    """
    from koshelek_driver.config import site as sites
    from koshelek_driver.config.sections import DeviceEntry

    if port is not None:
        if device is not None:
            raise UsageError("--device and --port together", "give one of them")
        return port, DeviceEntry(category="Scanner", profile=profile, port=port), ()
    settings = sites.load(site)
    scanners = [name for name, each in settings.devices.items() if each.category == "Scanner"]
    if not scanners:
        remedy = 'add [devices.NAME] with category = "Scanner", profile and port: see `devices`; or give --port'
        raise SiteError(f"the site file {settings.path} has no scanner", remedy)
    wanted = device or (settings.wallet.scanner if settings.wallet else "") or next(iter(scanners), "")
    if wanted not in scanners:
        raise SiteError(f"no scanner '{wanted}' in {settings.path}", nearest(wanted, scanners))
    return wanted, settings.devices[wanted], settings.totp.templates


def _in_words(event: ErrorEvent) -> str:
    from koshelek_driver.upos.codes import ExtendedCode

    if event.error_code_extended == ExtendedCode.INPUT_TOO_LONG:
        return "a label longer than the profile allows was dropped"
    return event.error_code.name


def _until_ctrl_c(arrived: queue.SimpleQueue[Any], count: int) -> Any:
    """Yield scans and errors until `count` scans came (0: no limit) or a stop signal does."""
    ended = CancelToken()
    STOP.cancel_instead(ended.cancel)
    scans = 0
    while not ended.is_set() and (not count or scans < count):
        try:
            item = arrived.get(timeout=_TICK_S)
        except queue.Empty:
            continue
        scans += not isinstance(item, str)
        yield item
