"""The parts of one open POSPrinter, which its members and methods read and change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from koshelek_driver.printer.pos_printer.page_mode import PageMode
from koshelek_driver.printer.pos_printer.print_jobs import PrintJobs
from koshelek_driver.printer.pos_printer.request import Request
from koshelek_driver.printer.pos_printer.service import PrinterService
from koshelek_driver.printer.pos_printer.station import PrintStation
from koshelek_driver.printer.pos_printer.stations import Stations
from koshelek_driver.upos.printer_codes import ErrorLevel
from koshelek_driver.upos.statistics import Statistics


@dataclass(frozen=True, slots=True)
class LastError:
    """ErrorLevel, ErrorStation (0: none yet) and ErrorString of the last ErrorEvent."""

    level: ErrorLevel = ErrorLevel.NONE
    station: int = 0
    text: str = ""


class PrinterParts:
    """Everything that exists of a printer from open to close, each part once."""

    def __init__(self, service: PrinterService, statistics: Statistics, submit: Callable[[Request], None]) -> None:
        self.service = service
        self.stations = Stations(service)
        self.settings = self.stations.settings
        self.page_mode = PageMode(self.stations)
        self.jobs = PrintJobs(service, self.stations, statistics, submit)
        self.last_error = LastError()

    @property
    def receipt(self) -> PrintStation:
        """The receipt station."""
        return self.stations.receipt

    @property
    def slip(self) -> PrintStation:
        """The slip station."""
        return self.stations.slip
