"""One-time passwords: modules that say whether a card is genuine.

Every module has what the API operator's closed library has: `init`, `barcode_verify`, `get_token`. A module of another
package is an entry point of the group
`koshelek_driver.totp_modules`, a callable without arguments that makes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from koshelek_driver.card.presentation import CardPresentation
from koshelek_driver.card.rate_limit import Guesses
from koshelek_driver.secrets import Secret


class ResultCode(StrEnum):
    """What becomes of a barcode. Only the codes of MODULE_CODES come from a module."""

    CARDSESSION_AVAILABLE = "CARDSESSION_AVAILABLE"
    TOTP_VALID = "TOTP_VALID"
    LOYALTY_ONLY = "LOYALTY_ONLY"
    TOTP_INVALID = "TOTP_INVALID"
    TOTP_REPLAYED = "TOTP_REPLAYED"
    BARCODE_UNKNOWN = "BARCODE_UNKNOWN"
    TOTP_TRY_LATER = "TOTP_TRY_LATER"
    """Ours: too many wrong passwords for this card; it was not looked at."""
    CLOCK_WRONG = "CLOCK_WRONG"
    """Ours: the password is wrong, and the till's clock is so far off that no password can be right."""
    MODULE_UNREACHABLE = "MODULE_UNREACHABLE"
    """Ours: the module did not answer."""
    CARD_TYPED = "CARD_TYPED"
    """Ours: genuine, but typed by a keyboard, where other programs can watch; the site file does not allow it."""
    CARD_EXPIRED = "CARD_EXPIRED"
    """Ours: the card was shown too long ago."""


MODULE_CODES = frozenset(
    (
        ResultCode.CARDSESSION_AVAILABLE,
        ResultCode.TOTP_VALID,
        ResultCode.LOYALTY_ONLY,
        ResultCode.TOTP_INVALID,
        ResultCode.TOTP_REPLAYED,
        ResultCode.BARCODE_UNKNOWN,
    )
)
"""What a module may answer. Anything else means loyalty only."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """What `init` is given: all that retailer and wallet agreed, and which till this is.

    `retailer_key` is hexadecimal, and empty when the site file names none. `fingerprint` is stable for this
    installation and tells nothing of the machine. `unix_s` is the wall clock, `settings` the site file's
    `[totp.settings]`.
    """

    retailer_key: Secret
    hash_function: str
    interval_s: int
    password_length: int
    window_steps: int
    fingerprint: str
    store: str
    terminal: str
    unix_s: Callable[[], float]
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a module says of a barcode. It may know the card's fields better than the templates, or not at all."""

    result_code: str
    card_number: Secret | None = None
    card_session: Secret | None = None
    totp_code_valid: bool | None = None


def told_secret(value: object) -> Secret | None:
    """A field of a module's answer, text or number; None when it was not told."""
    return Secret(str(value)) if isinstance(value, str | int) and value != "" else None


class TotpModule(Protocol):
    """What a TOTP module does. Calls may come from several threads."""

    def init(self, parameters: Parameters, /) -> None:
        """Once, before all else. Raises ValueError for parameters it cannot work with; the message names them."""
        ...

    def barcode_verify(self, full_barcode: str, card: CardPresentation, /) -> Answer:
        """Check a bare label (no AIM identifier); `card` is what the templates make of it.

        May block for a stated time. Raises TotpModuleError when it cannot answer. That a password is used once only is
        not its business: the gate sees to that.
        """
        ...

    def get_token(self, password: Secret | None, /) -> Secret:
        """The `token` header: the till's fingerprint followed by the password, if there is one.

        Raises TotpModuleError.
        """
        ...


@dataclass(frozen=True, slots=True)
class Verification:
    """A label that was checked. Only CARDSESSION_AVAILABLE opens wallet payment; `details` are for the technician."""

    result_code: ResultCode | str
    presentation: CardPresentation | None = None
    details: str = ""

    @property
    def can_pay(self) -> bool:
        """A genuine card with a session."""
        return self.result_code == ResultCode.CARDSESSION_AVAILABLE and self.presentation is not None


class CardMemory(Protocol):
    """Remembers which passwords were used and which were wrong, durably and for all programs of this till."""

    def first_use(self, digest: bytes, now_s: float, span_s: float | None) -> bool:
        """True once for each digest, which is used from then on; see `is_unused`."""
        ...

    def is_unused(self, digest: bytes, now_s: float, span_s: float | None) -> bool:
        """False for a digest that was used less than `span_s` before or after `now_s` (Unix time); None: ever."""
        ...

    def forget_use(self, digest: bytes) -> None:
        """As if it had not been used."""
        ...

    def guesses(self, card: bytes) -> Guesses | None:
        """Wrong passwords in a row for a card."""
        ...

    def keep_guesses(self, card: bytes, guesses: Guesses) -> None:
        """One more was wrong."""
        ...

    def forget_guesses(self, card: bytes) -> None:
        """One was right."""
        ...
