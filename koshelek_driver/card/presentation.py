"""The card that a customer showed, divided into its fields."""

from __future__ import annotations

from dataclasses import dataclass

from koshelek_driver.card.grammar import Symbols
from koshelek_driver.secrets import Secret
from koshelek_driver.upos.codes import ScanDataType

_FIRST_OF_TWO_D = ScanDataType.CCA
"""In UnifiedPOS's numbering composite and two-dimensional symbols follow the one-dimensional ones."""


@dataclass(frozen=True, slots=True)
class CardPresentation:
    """A label divided into its fields. A plain card has neither session nor password.

    `presented_s` is when it was shown, in seconds of this process's monotonic clock.
    """

    prefix: str
    card_number: Secret
    card_session: Secret | None = None
    password: Secret | None = None
    scan_data_type: ScanDataType = ScanDataType.UNKNOWN
    presented_s: float = 0.0


def symbols_of(scan_data_type: ScanDataType) -> Symbols | None:
    """Return the kind of a symbology; None if the scanner does not report the symbology."""
    if scan_data_type in (ScanDataType.UNKNOWN, ScanDataType.OTHER):
        return None
    return Symbols.ONE_D if scan_data_type < _FIRST_OF_TWO_D else Symbols.TWO_D
