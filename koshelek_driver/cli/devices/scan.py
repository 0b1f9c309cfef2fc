"""`scan` and `devices`."""

from __future__ import annotations

import queue
import signal
import threading
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from koshelek_driver.cli.options import JsonOption, SiteOption
from koshelek_driver.cli.output import Output
from koshelek_driver.errors import SiteError, UsageError, nearest

if TYPE_CHECKING:
    from koshelek_driver.config.sections import Device
    from koshelek_driver.upos.events import ErrorEvent

_TICK_S = 0.1


def scan(
    *,
    device: Annotated[str | None, typer.Option("--device", help="A scanner of the site file.")] = None,
    port: Annotated[
        str | None, typer.Option("--port", help="A port, without a site file: `devices` lists them.")
    ] = None,
    profile: Annotated[str, typer.Option("--profile", help="What is on that port.")] = "generic-serial",
    count: Annotated[int, typer.Option("--count", help="End after so many scans; 0: at Ctrl-C.")] = 0,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Live scans: what came, its symbology, what it parses to. Card numbers, sessions and passwords are hidden."""
    from koshelek_driver.card.template import Templates
    from koshelek_driver.diagnostics.scans import scan_document
    from koshelek_driver.scanner.once import listening
    from koshelek_driver.till.scanner import USUAL_TEMPLATES

    output = Output(as_json=as_json)
    name, entry, own_templates = _chosen(site, device, port, profile)
    templates = Templates((*own_templates, *USUAL_TEMPLATES), may_overlap=True)
    heard: queue.SimpleQueue[Any] = queue.SimpleQueue()
    with listening({name: entry}, name, heard.put, lambda event: heard.put(_in_words(event))):
        output.console.print(f"Scan something; {escape(name)} listens. Ctrl-C ends.")
        for item in _until_ctrl_c(heard, count):
            document = {"error": item} if isinstance(item, str) else scan_document(item, templates)
            output.document(document)
            output.console.print("  ".join(f"{key} {escape(str(value))}" for key, value in document.items()))


def devices(*, as_json: JsonOption = False) -> None:
    """The ports of this machine that a scanner may be on, with the profile to begin with."""
    from koshelek_driver.diagnostics import inventory

    output = Output(as_json=as_json)
    listed = inventory.ports()
    output.document({"devices": [asdict(each) for each in listed]})
    table = Table("kind", "port", "name", "profile")
    for each in listed:
        table.add_row(each.kind, escape(each.port), escape(each.name), each.profile)
    output.console.print(table if listed else "no port that a scanner could be on")


def _chosen(
    site: Path | None, device: str | None, port: str | None, profile: str
) -> tuple[str, Device, tuple[str, ...]]:
    """The scanner to listen to and the till's templates. Raises UsageError or SiteError."""
    from koshelek_driver.config import site as sites
    from koshelek_driver.config.sections import Device

    if port is not None:
        if device is not None:
            raise UsageError("--device and --port together", "give one of them")
        return port, Device(category="Scanner", profile=profile, port=port), ()
    settings = sites.load(site)
    scanners = [name for name, each in settings.devices.items() if each.category == "Scanner"]
    wanted = device or (settings.wallet.scanner if settings.wallet else "") or next(iter(scanners), "")
    if wanted not in scanners:
        raise SiteError(
            f"no scanner '{wanted}' in {settings.path}", nearest(wanted, scanners) if scanners else "add one"
        )
    return wanted, settings.devices[wanted], settings.totp.templates


def _in_words(event: ErrorEvent) -> str:
    from koshelek_driver.upos.codes import ExtendedCode

    if event.error_code_extended == ExtendedCode.INPUT_TOO_LONG:
        return "a label longer than the profile allows was dropped"
    return event.error_code.name


def _until_ctrl_c(heard: queue.SimpleQueue[Any], count: int) -> Any:
    """What comes, until so many scans came or Ctrl-C is pressed."""
    ended = threading.Event()
    before = signal.signal(signal.SIGINT, lambda _number, _frame: ended.set())
    scans = 0
    try:
        while not ended.is_set() and (not count or scans < count):
            try:
                item = heard.get(timeout=_TICK_S)
            except queue.Empty:
                continue
            scans += not isinstance(item, str)
            yield item
    finally:
        signal.signal(signal.SIGINT, before)
