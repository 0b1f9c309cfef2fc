"""The three papers of an open printer, as its profile describes them."""

from __future__ import annotations

from collections.abc import Callable

from koshelek_driver.printer.pos_printer.service import PrinterService
from koshelek_driver.printer.pos_printer.settings import PrintSettings
from koshelek_driver.printer.pos_printer.station import PrintStation
from koshelek_driver.printer.rendering.capabilities import capabilities_of
from koshelek_driver.upos.printer_codes import Station


class Stations:
    """Journal, receipt and slip, and the settings that they share.

    Papers that the model lacks can do nothing.
    """

    def __init__(self, service: PrinterService) -> None:
        self.settings = PrintSettings(service.profile)
        self.journal = _station(Station.JOURNAL, service, self.settings)
        self.receipt = _station(Station.RECEIPT, service, self.settings)
        self.slip = _station(Station.SLIP, service, self.settings)

    def __getitem__(self, name: Station) -> PrintStation:
        return {Station.JOURNAL: self.journal, Station.RECEIPT: self.receipt, Station.SLIP: self.slip}[name]

    def have_both(self, first: Station, second: Station) -> bool:
        """Return True if the model has both papers."""
        return self[first].present and self[second].present

    @property
    def font_typeface_list(self) -> str:
        """The fonts of the receipt by name. Raises UposError E_ILLEGAL without the paper."""
        fonts = self.receipt.require_capabilities().fonts
        return ",".join(f"Font {'AB'[font.number]}" for font in fonts)

    def forget(self) -> None:
        """Drop unfinished lines and gathered output of every paper."""
        for paper in (self.journal, self.receipt, self.slip):
            paper.forget()


def _station(name: Station, service: PrinterService, settings: PrintSettings) -> PrintStation:
    model = service.profile
    answers, on_roll = model.acknowledge != "none", name is Station.RECEIPT
    return PrintStation(
        name,
        capabilities_of(model, name),
        settings,
        sensors=(answers and name is not Station.JOURNAL, answers and on_roll and model.near_end_sensor),
        read_sensors=_sensors_of(name, service),
        marks_paper=on_roll and model.marked_paper,
    )


def _sensors_of(name: Station, service: PrinterService) -> Callable[[], tuple[bool, bool]]:
    """The slip station has a form sensor alone; the journal reports the roll's sensors."""
    if name is Station.SLIP:
        return lambda: (service.form_is_in() is False, False)
    return lambda: (service.status().paper_end, service.status().near_end)
