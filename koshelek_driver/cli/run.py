"""The verb `run`: the resident driver."""

from __future__ import annotations

import logging
from contextlib import closing

from koshelek_driver.cli.call import current_call
from koshelek_driver.cli.foreign_text import foreign
from koshelek_driver.cli.options import JsonOption, SiteOption
from koshelek_driver.cli.output import Output

_HOUR_S = 3600.0


def run(*, site: SiteOption = None, as_json: JsonOption = False) -> None:
    """Run the resident driver of this till until SIGTERM, SIGHUP or Ctrl-C.

    It keeps the connection warm, settles what a crash left open, sends receipts and receives postbacks.
    """
    from koshelek_driver.config import site as sites
    from koshelek_driver.diagnostics.rights import refuse_exposed
    from koshelek_driver.resident.resident import Resident

    settings = sites.load(site)
    refuse_exposed(settings)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    output, call = Output(as_json=as_json), current_call()
    call.take_cancels()
    with closing(Resident(settings)) as resident:
        output.document({"journal": str(settings.journal), "postback": resident.postback_url})
        output.console.print(f"running for {foreign(str(settings.path))}; postbacks: {resident.postback_url or 'off'}")
        while not call.cancel.wait(_HOUR_S):
            pass
