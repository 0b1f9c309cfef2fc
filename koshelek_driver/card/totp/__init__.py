"""One-time passwords: the interface of the modules that check if a card is genuine.

Every module has the functions of the API operator's closed library: `init`, `barcode_verify`, `get_token`. A module of
another package is an entry point of the group `koshelek_driver.totp_modules`: a callable without arguments that makes
it. Its author imports these names from `koshelek_driver.totp`.
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
    """The result of checking a barcode. Only the codes of MODULE_CODES come from a module."""

    CARDSESSION_AVAILABLE = "CARDSESSION_AVAILABLE"
    TOTP_VALID = "TOTP_VALID"
    LOYALTY_ONLY = "LOYALTY_ONLY"
    TOTP_INVALID = "TOTP_INVALID"
    TOTP_REPLAYED = "TOTP_REPLAYED"
    BARCODE_UNKNOWN = "BARCODE_UNKNOWN"
    TOTP_TRY_LATER = "TOTP_TRY_LATER"
    """Ours: too many wrong passwords for this card; it was not checked."""
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
"""The codes that a module may return. Any other means loyalty only."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """The argument of `init`: what retailer and wallet agreed on, and the identity of this till.

    `retailer_key` is hexadecimal, and empty if the site file names none. `fingerprint` is stable for this installation
    and reveals nothing about the machine. `unix_s` is the wall clock, `settings` the site file's `[totp.settings]`.
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
    """A module's result for a barcode.

    Card fields that it gives take precedence over those of the templates.
    """

    result_code: str
    card_number: Secret | None = None
    card_session: Secret | None = None
    totp_code_valid: bool | None = None


def optional_secret(value: object) -> Secret | None:
    """Return a field of a module's answer, text or number; None if it is missing or empty."""
    return Secret(str(value)) if isinstance(value, str | int) and value != "" else None


class TotpModule(Protocol):
    """The methods of a TOTP module. Several threads may call them."""

    def init(self, parameters: Parameters, /) -> None:
        """Prepare the module; called once, before all else.

        Raises:
            ValueError: a parameter cannot be used; the message names it.
        """
        ...

    def barcode_verify(self, full_barcode: str, card: CardPresentation, /) -> Answer:
        """Check a bare label (no AIM identifier); `card` is the same label divided by the templates.

        It may block for a time that its documentation states. A module need not care that a password is used only
        once: CardVerifier does.

        Raises:
            TotpModuleError: the module cannot answer.
        """
        ...

    def get_token(self, password: Secret | None, /) -> Secret:
        """Return the `token` header: the till's fingerprint followed by the password, if there is one.

        Raises:
            TotpModuleError: the module cannot answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of checking a label. `details` are for the technician.

    Only CARDSESSION_AVAILABLE allows wallet payment. `presentation` is None if the label is no card.
    """

    result_code: ResultCode | str
    presentation: CardPresentation | None = None
    details: str = ""

    @property
    def can_pay(self) -> bool:
        """True for a genuine card with a session."""
        return self.result_code == ResultCode.CARDSESSION_AVAILABLE and self.presentation is not None


class CardMemory(Protocol):
    """A durable store of used and wrong passwords for all programs of a till."""

    def first_use(self, digest: bytes, now_s: float, span_s: float | None) -> bool:
        """Mark a digest as used; return False if it was used already (see `is_unused`)."""
        ...

    def is_unused(self, digest: bytes, now_s: float, span_s: float | None) -> bool:
        """Return False if the digest was used within `span_s` of `now_s`, before or after.

        `now_s` is Unix time. With `span_s` None it is False if the digest was ever used.
        """
        ...

    def forget_use(self, digest: bytes) -> None:
        """Mark a digest as unused."""
        ...

    def guesses(self, card: bytes) -> Guesses | None:
        """Return the stored count of wrong passwords for a card, or None."""
        ...

    def keep_guesses(self, card: bytes, guesses: Guesses) -> None:
        """Store the count of wrong passwords for a card."""
        ...

    def forget_guesses(self, card: bytes) -> None:
        """Delete the count of wrong passwords for a card: one was right."""
        ...
