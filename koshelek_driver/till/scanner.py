"""The scanner as a till's program sees it: the category Scanner, whose cards show their number alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from koshelek_driver.card.presentation import symbols_of
from koshelek_driver.card.reading import read_card
from koshelek_driver.config import site
from koshelek_driver.config.site import Site
from koshelek_driver.scanner import device
from koshelek_driver.scanner.label import Label, relabelled
from koshelek_driver.till.card_setup import build_templates
from koshelek_driver.upos.registry import Devices
from koshelek_driver.upos.service import DeviceService


class Scanner(device.Scanner):
    """The category Scanner over a till's site file.

    Of a card, ScanData and ScanDataLabel have what a plain card of the same number would give, so that a loyalty
    program works as it did; session and password stay in the driver. `expose = "full"` in `[devices.NAME.labels]` gives
    the whole label. What is no card is given as it came.
    """

    def __init__(
        self,
        settings: Site | None = None,
        *,
        presented: Callable[[Label], object] | None = None,
        claims: Path | None = None,
    ) -> None:
        """`settings`: the till's site file, by default what `site.load()` finds at open.

        `presented` is given every whole label just before its DataEvent; it must not block.
        """
        super().__init__(claims=claims)
        self._site = settings
        self._presented = presented

    def _till_devices(self) -> Devices:
        settings = self._site or site.load()
        self._templates = build_templates(settings)
        self._entries = settings.devices
        return settings.devices

    def _begin(self, name: str, service: DeviceService[Any]) -> None:
        self._exposes_all = self._entries[name].labels.expose == "full"
        super()._begin(name, service)

    def _show(self, record: Label) -> None:
        if self._presented is not None:
            self._presented(record)
        super()._show(record if self._exposes_all else self._as_plain_card(record))

    def _as_plain_card(self, label: Label) -> Label:
        found = read_card(label.text, self._templates, symbols_of(label.scan_data_type), typed=label.typed)
        return label if found is None else relabelled(label, found[1].card_number.reveal().encode())
