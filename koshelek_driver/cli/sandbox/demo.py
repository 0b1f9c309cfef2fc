"""The verb `demo`: a sale against embedded peers that are real on the wire."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from koshelek_driver.cli.call import current_call
from koshelek_driver.cli.foreign_text import foreign
from koshelek_driver.cli.money.pay import end
from koshelek_driver.cli.options import JsonOption
from koshelek_driver.cli.output import EXIT_OF_OUTCOME, Output, payment_document, reply_in_words
from koshelek_driver.cli.progress import sale_observer
from koshelek_driver.cli.sandbox.sandbox import Symbology, fault_named
from koshelek_driver.cli.sandbox.site_file import DEVICES, write_site
from koshelek_driver.errors import UsageError, nearest

if TYPE_CHECKING:
    from PIL import Image

    from koshelek_driver.pay_api.client import Exchange
    from koshelek_driver.payment.outcome import Payment
    from koshelek_driver.sandbox.printer.server import VirtualPrinter
    from koshelek_driver.sandbox.scanner import VirtualScanner
    from koshelek_driver.sandbox.server import PayApiSandbox

_AMOUNT = 123_450
_DECISION_S = 3.0
_SCAN_WAIT_S = 10.0
_RECEIPT_WAIT_S = 5.0


@dataclass(frozen=True)
class Peers:
    """The simulated peers of one demo."""

    host: PayApiSandbox
    scanner: VirtualScanner
    printer: VirtualPrinter


def demo(
    *,
    folder: Annotated[Path, typer.Option("--dir", help="Folder for all files of the demo.")] = Path("koshelek-demo"),
    symbology: Annotated[Symbology, typer.Option("--symbology")] = Symbology.QR,
    outcome: Annotated[
        str, typer.Option("--outcome", help="Script that the host plays; `list` names them.")
    ] = "accepted",
    fault: Annotated[
        str, typer.Option("--fault", help="Fault that the printer plays: paper-out, cover-open …")
    ] = "none",
    as_json: JsonOption = False,
) -> None:
    """Make a first sale: draw a card, scan it, pay, print the slip.

    The payment goes to the sandbox over TLS. It takes a few seconds; no device and no account is needed.
    """
    from koshelek_driver.sandbox.scripts import AMOUNTS, SCRIPTS

    output = Output(as_json=as_json)
    if outcome == "list":
        _show_outcomes(output)
        return
    if outcome not in SCRIPTS:
        raise UsageError(f"--outcome {outcome}", nearest(outcome, SCRIPTS))
    with _started_peers(folder, fault) as peers:
        _Demo(output, peers, symbology).run(_AMOUNT if outcome == "accepted" else AMOUNTS[outcome])


@contextmanager
def _started_peers(folder: Path, fault: str) -> Iterator[Peers]:
    """Start host, scanner and printer, and write a site file that names them."""
    from koshelek_driver.sandbox.printer.server import VirtualPrinter
    from koshelek_driver.sandbox.scanner import VirtualScanner
    from koshelek_driver.sandbox.server import STORE, PayApiSandbox

    played = fault_named(fault)
    try:
        host = PayApiSandbox(folder)
    except OSError as problem:
        raise UsageError(f"--dir {folder}: {problem.strerror}", "name a folder that you may write to") from problem
    peers = Peers(host, VirtualScanner(), VirtualPrinter(folder / "receipts", fault=played))
    devices = DEVICES.format(scanner_port=peers.scanner.port, printer_port=peers.printer.port)
    write_site(host.files.site, base_url=host.base_url, store=STORE, decision_timeout_s=_DECISION_S, devices=devices)
    try:
        yield peers
    finally:
        for peer in (peers.scanner, peers.printer, peers.host):
            peer.close()


class _Demo:
    """One sale at the simulated peers."""

    def __init__(self, output: Output, peers: Peers, symbology: Symbology) -> None:
        self._output = output
        self._peers = peers
        self._symbology = symbology
        self._folder = peers.host.files.folder
        self._symbol_png = self._folder / f"card-{symbology.value}.png"
        self._calls: list[dict[str, Any]] = []

    def run(self, amount: int) -> None:
        """Make a sale and exit with the code of its outcome."""
        from koshelek_driver.till.terminal import Terminal

        call = current_call()
        order_id = f"DEMO-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
        money = call.moves_money(self._peers.host.files.site, order_id=order_id)
        with Terminal.open(self._peers.host.files.site) as terminal:
            terminal.warm_up()
            card = self._draw_card()
            shown = sale_observer(terminal, self._output)
            observer = replace(
                shown, called=self._hear(shown.called), waiting_for_scan=self._hold(card, shown.waiting_for_scan)
            )
            order = terminal.new_order(order_id, amount)
            money.has_begun = True
            with self._output.progress("At the till…"):
                payment = terminal.pay(order, wait_s=_SCAN_WAIT_S, watcher=observer, cancel=call.cancel)
            self._end(payment, terminal.tip(payment), terminal.slip_text(payment))

    def _draw_card(self) -> Image.Image:
        """Draw the card on the customer's phone, in the terminal too if it is wide enough."""
        from koshelek_driver.sandbox.symbols import as_blocks, draw
        from koshelek_driver.sandbox.wallet import CARD_NUMBER, new_session

        label = self._peers.host.issuer.label(CARD_NUMBER, new_session(), time.time())
        picture = draw(label, self._symbology.value)
        picture.save(self._symbol_png)
        self._say(f"[bold]1[/] A wallet card is shown as a real symbol ({self._symbology.value})")
        blocks = as_blocks(label, self._symbology.value)
        if len(blocks[0]) <= self._output.console.width:
            self._output.console.print("\n".join(blocks), style="black on white")
        return picture

    def _hold(self, card: Image.Image, waiting: Callable[[], None]) -> Callable[[], None]:
        """Return a callback that holds the card before the scanner when the till waits for a scan."""

        def show() -> None:
            waiting()
            self._say("[bold]2[/] The scanner reads it and sends its bytes over a pseudo-terminal at 9600 baud")
            threading.Thread(target=self._peers.scanner.show, args=(card,), daemon=True).start()

        return show

    def _hear(self, called: Callable[[Exchange], None]) -> Callable[[Exchange], None]:
        """Return a callback that also keeps each call to the host for the document."""

        def hear(exchange: Exchange) -> None:
            if not self._calls:
                self._say("[bold]3[/] The till pays at the Pay API sandbox over TLS")
            name, reply = exchange.request.call.name.lower(), reply_in_words(exchange.reply)
            self._calls.append({"call": name, "ms": round(exchange.took_ms, 3), "reply": reply})
            called(exchange)

        return hear

    def _end(self, payment: Payment, tip: str, slip: list[str]) -> None:
        from koshelek_driver.payment.outcome import SlipState

        printer = self._peers.printer
        if payment.slip_state is SlipState.PRINTED and printer.wait_for_receipts(1, _RECEIPT_WAIT_S):
            slip = list(printer.receipts[-1].lines)
        places = self._places()
        self._output.document(
            {
                **payment_document(payment, tip, slip),
                "symbology": self._symbology.value,
                "calls": self._calls,
                **places,
            }
        )
        end(EXIT_OF_OUTCOME[payment.outcome], lambda: self._show_end(payment, tip, slip, places))

    def _show_end(self, payment: Payment, tip: str, slip: list[str], places: dict[str, str | None]) -> None:
        self._say("[bold]4[/] The end")
        self._output.payment(payment, tip, slip)
        for name, path in places.items():
            self._say(f"  {name:<10} {foreign(path or '—')}")

    def _places(self) -> dict[str, str | None]:
        picture = self._peers.printer.last_picture
        return {
            "dir": str(self._folder),
            "symbol_png": str(self._symbol_png),
            "slip_png": None if picture is None else str(picture),
            "journal": str(self._folder / "journal.db"),
            "site": str(self._peers.host.files.site),
        }

    def _say(self, text: str) -> None:
        self._output.console.print(text, soft_wrap=True)


def _show_outcomes(output: Output) -> None:
    from koshelek_driver.sandbox.scripts import outcomes

    table = Table("outcome", "amount in kopecks", "what the host plays")
    for name, facts in outcomes().items():
        table.add_row(name, str(facts["amount"]), facts["about"])
    output.console.print(table)
    output.document({"outcomes": outcomes()})
