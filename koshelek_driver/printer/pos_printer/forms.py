"""Forms of the slip station: wait for one, and check that it was inserted or removed."""

from __future__ import annotations

import time

from koshelek_driver.printer.pos_printer.service import PrinterService
from koshelek_driver.printer.pos_printer.station import PrintStation
from koshelek_driver.upos.codes import FOREVER, ErrorCode
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.printer_codes import PrinterExtended

_FORM_POLL_S = 0.1


def await_form(service: PrinterService, slip: PrintStation, timeout_ms: int, *, wanted: bool) -> None:
    """Block until a form is inserted (`wanted`) or removed.

    Asks the printer ten times a second.

    Raises:
        UposError: E_TIMEOUT after `timeout_ms`; E_ILLEGAL for a wrong timeout or without a slip station.
    """
    slip.require_capabilities()
    if timeout_ms < FOREVER:
        raise UposError(ErrorCode.E_ILLEGAL, f"timeout {timeout_ms}", "use FOREVER (-1), 0, or milliseconds")
    deadline_s = None if timeout_ms == FOREVER else time.monotonic() + timeout_ms / 1000
    while service.form_is_in() is not wanted:
        if deadline_s is not None and time.monotonic() >= deadline_s:
            what = "no form was put in" if wanted else "the form was not taken"
            raise UposError(ErrorCode.E_TIMEOUT, what, "call again")
        time.sleep(_FORM_POLL_S)


def expect_form(service: PrinterService, slip: PrintStation, *, there: bool) -> None:
    """Check that a form is in the slip station, or that none is.

    Raises:
        UposError: E_EXTENDED with SLP_FORM if that is not so; E_ILLEGAL without a slip station.
    """
    slip.require_capabilities()
    if service.form_is_in() is not there:
        what = "there is no form in the slip station" if there else "the form is still in the slip station"
        raise UposError(ErrorCode.E_EXTENDED, what, "begin again", extended=PrinterExtended.SLP_FORM)
