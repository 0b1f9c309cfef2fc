"""The category Scanner for a till's program: of a wallet card it gives the number alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from koshelek_driver.card.presentation import symbols_of
from koshelek_driver.card.reading import read_card
from koshelek_driver.card.template import USUAL_TEMPLATES, Templates
from koshelek_driver.config import sections
from koshelek_driver.config.site import Site
from koshelek_driver.scanner import device
from koshelek_driver.scanner.label import Label, relabelled
from koshelek_driver.till.card_setup import build_templates
from koshelek_driver.upos.registry import DeviceEntry, DeviceSource


class Scanner(device.Scanner):
    """The category Scanner over a till's site file.

    A scanned card gives the ScanData and ScanDataLabel that a plain card of the same number would give, so that a
    loyalty program works as before; session and password stay in the driver. `expose = "full"` in
    `[devices.NAME.labels]` gives the whole label. Any other label is given as it came.
    """

    def __init__(
        self,
        site: DeviceSource | None = None,
        *,
        presented: Callable[[Label], object] | None = None,
        claims: Path | None = None,
    ) -> None:
        """Take a loaded site (`load_site(path)`) or its devices; by default open loads the default site file.

        Devices alone bring no card templates: then the usual ones apply, so give the whole site if its `[totp]` has
        others. `presented` is called with every whole label just before its DataEvent; it must not block.
        """
        super().__init__(site, claims=claims)
        self._presented = presented
        self._exposes_all = False

    def _configure(self, source: DeviceSource, entry: DeviceEntry) -> None:
        super()._configure(source, entry)
        self._templates = (
            build_templates(source) if isinstance(source, Site) else Templates(USUAL_TEMPLATES, may_overlap=True)
        )
        self._exposes_all = isinstance(entry, sections.DeviceEntry) and entry.labels.expose == "full"

    def _show(self, record: Label) -> None:
        if self._presented is not None:
            self._presented(record)
        super()._show(record if self._exposes_all else self._as_plain_card(record))

    def _as_plain_card(self, label: Label) -> Label:
        found = read_card(label.text, self._templates, symbols_of(label.scan_data_type), typed=label.typed)
        return label if found is None else relabelled(label, found[1].card_number.reveal().encode())
