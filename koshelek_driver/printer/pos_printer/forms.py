"""Forms that are put in and taken out."""

from __future__ import annotations

import time

from firmware_protocol.escpos import positioning
from koshelek_driver.printer.pos_printer.request import StatisticsDelta
from koshelek_driver.printer.pos_printer.writing import FORMS, Writing
from koshelek_driver.upos.codes import FOREVER, ErrorCode
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.members import V1_5, Stage, method
from koshelek_driver.upos.printer_codes import PrinterExtended, Station

_LOOK_FOR_FORM_S = 0.1


class Forms(Writing):
    """The methods of the slip station's paper."""

    @method("beginInsertion", needs=Stage.ENABLED, idle=True)
    def begin_insertion(self, timeout: int) -> None:
        """Wait for a form; blocks `timeout` ms at most. Raises E_TIMEOUT: call again; E_ILLEGAL without the station."""
        self._await_form(timeout, wanted=True)

    @method("endInsertion", needs=Stage.ENABLED, idle=True)
    def end_insertion(self) -> None:
        """The form is grasped. Raises E_EXTENDED with SLP_FORM when there is none."""
        self._expect_form(there=True)
        self._session_now().statistics.count(FORMS)

    @method("beginRemoval", needs=Stage.ENABLED, idle=True)
    def begin_removal(self, timeout: int) -> None:
        """Push the form out and wait until it is taken; blocks `timeout` ms at most. Raises as beginInsertion."""
        paper = self._stations[Station.SLIP]
        _ = paper.can
        self._job(paper, [positioning.PRINT_PAGE_AND_LEAVE], StatisticsDelta()).run()
        self._await_form(timeout, wanted=False)

    @method("endRemoval", needs=Stage.ENABLED, idle=True)
    def end_removal(self) -> None:
        """Raises E_EXTENDED with SLP_FORM when a form is still there."""
        self._expect_form(there=False)

    @method("changePrintSide", needs=Stage.ENABLED, since=V1_5, idle=True)
    def change_print_side(self, side: int) -> None:
        """Raises E_ILLEGAL: no printer of this kind turns a form."""
        raise UposError(ErrorCode.E_ILLEGAL, f"print side {side}: CapSlpBothSidesPrint is false")

    def _await_form(self, timeout: int, *, wanted: bool) -> None:
        _ = self._stations[Station.SLIP].can
        if timeout < FOREVER:
            raise UposError(ErrorCode.E_ILLEGAL, f"timeout {timeout}", "use FOREVER (-1), 0, or milliseconds")
        give_up_s = None if timeout == FOREVER else time.monotonic() + timeout / 1000
        while self._service.form_is_in() is not wanted:
            if give_up_s is not None and time.monotonic() >= give_up_s:
                what = "no form was put in" if wanted else "the form was not taken"
                raise UposError(ErrorCode.E_TIMEOUT, what, "call again")
            time.sleep(_LOOK_FOR_FORM_S)

    def _expect_form(self, *, there: bool) -> None:
        _ = self._stations[Station.SLIP].can
        if self._service.form_is_in() is not there:
            what = "there is no form in the slip station" if there else "the form is still in the slip station"
            raise UposError(ErrorCode.E_EXTENDED, what, "begin again", extended=PrinterExtended.SLP_FORM)
