"""The conditions of a printer as result codes of the standard."""

from __future__ import annotations

from koshelek_driver.printer.condition import (
    BUSY,
    COVER,
    ERROR,
    OFFLINE,
    PAPER,
    SILENT,
    TAKES_NOTHING,
    PrinterCondition,
)
from koshelek_driver.printer.job_state import JobState
from koshelek_driver.printer.receipt_printer import PrintResult
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.printer_codes import ErrorLevel, PrinterExtended, Station

_EMPTY = {
    Station.JOURNAL: PrinterExtended.JRN_EMPTY,
    Station.RECEIPT: PrinterExtended.REC_EMPTY,
    Station.SLIP: PrinterExtended.SLP_EMPTY,
}
_CODES = {
    SILENT: ErrorCode.E_NOHARDWARE,
    OFFLINE: ErrorCode.E_OFFLINE,
    ERROR: ErrorCode.E_FAILURE,
    TAKES_NOTHING: ErrorCode.E_OFFLINE,
    BUSY: ErrorCode.E_TIMEOUT,
}


def problem_of(result: PrintResult, station: Station) -> UposError:
    """Return the UposError of a job that failed on that paper."""
    cause = result.cause or OFFLINE
    if cause is COVER or cause is PAPER:
        extended = PrinterExtended.COVER_OPEN if cause is COVER else _EMPTY[station]
        return UposError(ErrorCode.E_EXTENDED, cause.problem, cause.remedy, extended=extended)
    return UposError(_CODES.get(cause, _otherwise(result)), cause.problem, _remedy(cause, result))


def level_of(state: JobState) -> ErrorLevel:
    """Return the ErrorLevel of a failed job.

    FATAL: the state of the paper is unknown.
    """
    return ErrorLevel.FATAL if state in (JobState.INTERRUPTED, JobState.SENT) else ErrorLevel.RECOVERABLE


def _otherwise(result: PrintResult) -> ErrorCode:
    if result.state is JobState.QUEUED:
        return ErrorCode.E_NOHARDWARE  # its port did not open
    return ErrorCode.E_TIMEOUT if result.state is JobState.SENT else ErrorCode.E_FAILURE


def _remedy(cause: PrinterCondition, result: PrintResult) -> str:
    if result.state in (JobState.INTERRUPTED, JobState.SENT):
        return f"{cause.remedy}; look whether it is on paper before it is printed again"
    return cause.remedy
