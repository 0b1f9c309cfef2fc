"""One-time passwords: modules that say whether a card is genuine.

Every module answers as the API operator's closed library does: `barcode_verify` and `get_token`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from koshelek_driver.card.presentation import CardPresentation
from koshelek_driver.secrets import Secret


class ResultCode(StrEnum):
    """What a module may say of a barcode. A code not listed here means loyalty only."""

    CARDSESSION_AVAILABLE = "CARDSESSION_AVAILABLE"
    TOTP_VALID = "TOTP_VALID"
    LOYALTY_ONLY = "LOYALTY_ONLY"
    TOTP_INVALID = "TOTP_INVALID"
    TOTP_REPLAYED = "TOTP_REPLAYED"
    BARCODE_UNKNOWN = "BARCODE_UNKNOWN"
    CARD_TYPED = "CARD_TYPED"
    """Ours: genuine, but typed by a keyboard, where other programs can watch; the site file does not allow it."""


@dataclass(frozen=True, slots=True)
class Verification:
    """The answer of `barcode_verify`. Only CARDSESSION_AVAILABLE opens wallet payment."""

    result_code: str
    presentation: CardPresentation | None = None

    @property
    def can_pay(self) -> bool:
        """A genuine card with a session."""
        return self.result_code == ResultCode.CARDSESSION_AVAILABLE and self.presentation is not None


class TotpModule(Protocol):
    """What a TOTP module does."""

    def barcode_verify(self, full_barcode: str) -> Verification:
        """Take a bare label (no AIM identifier) apart and check its password, once."""
        ...

    def get_token(self, password: Secret | None) -> Secret:
        """The `token` header: the till's fingerprint followed by the password, if there is one."""
        ...


class ReplayMemory(Protocol):
    """Remembers which passwords were used, durably."""

    def first_use(self, digest: bytes, now_s: float, until_s: float) -> bool:
        """True once for each digest; the same again is False until `until_s` (Unix time)."""
        ...
