"""The category Scanner for a till's program: of a wallet card it gives the number alone."""

from __future__ import annotations

from pathlib import Path

from koshelek_driver.card.presentation import CardPresentation, symbols_of
from koshelek_driver.card.reading import read_card
from koshelek_driver.card.template import USUAL_TEMPLATES, Templates
from koshelek_driver.config import sections
from koshelek_driver.config.site import Site
from koshelek_driver.payment.shown_card import ShownCard
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
        cards: ShownCard | None = None,
        claims: Path | None = None,
    ) -> None:
        """Take a loaded site (`load_site(path)`) or its devices.

        Without one, open loads the default site file.

        Devices alone bring no card templates: then the usual ones apply, so give the whole site if its `[totp]` has
        others. `cards` holds a card that may pay for the next sale of its till.
        """
        super().__init__(site, claims=claims)
        self._cards = cards
        self._exposes_all = False

    def _configure(self, source: DeviceSource, entry: DeviceEntry) -> None:
        super()._configure(source, entry)
        if self._cards is None:  # else the till has compiled them
            usual = Templates(USUAL_TEMPLATES, may_overlap=True)
            self._templates = build_templates(source) if isinstance(source, Site) else usual
        self._exposes_all = isinstance(entry, sections.DeviceEntry) and entry.labels.expose == "full"

    def _show(self, record: Label) -> None:
        card = self._card_of(record)
        if card is None or self._exposes_all:
            super()._show(record)
        else:
            super()._show(relabelled(record, card.card_number.reveal().encode()))

    def _card_of(self, label: Label) -> CardPresentation | None:
        """Read the label once: by the till, which holds a card that may pay, or by this scanner alone."""
        if self._cards is not None:
            scanned = self._cards.show(label)
            return None if scanned is None else scanned.card
        found = read_card(label.text, self._templates, symbols_of(label.scan_data_type), typed=label.typed)
        return None if found is None else found[1]
