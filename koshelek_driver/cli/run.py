"""The verb `run`: the resident driver."""

from __future__ import annotations

import logging
import signal
import threading
from contextlib import closing

from rich.markup import escape

from koshelek_driver.cli.options import JsonOption, SiteOption
from koshelek_driver.cli.output import Output


def run(*, site: SiteOption = None, as_json: JsonOption = False) -> None:
    """Run the resident driver of this till until SIGTERM or Ctrl-C.

    It keeps the connection warm, settles what a crash left open, sends receipts and receives postbacks.
    """
    from koshelek_driver.config import site as sites
    from koshelek_driver.diagnostics.rights import refuse_exposed
    from koshelek_driver.resident.resident import Resident

    settings = sites.load(site)
    refuse_exposed(settings)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    output, over = Output(as_json=as_json), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: over.set())
    with closing(Resident(settings)) as resident:
        output.document({"journal": str(settings.journal), "postback": resident.postback_url})
        output.console.print(f"running for {escape(str(settings.path))}; postbacks: {resident.postback_url or 'off'}")
        over.wait()
