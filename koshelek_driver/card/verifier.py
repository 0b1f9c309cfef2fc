"""Verify cards with any TOTP module: each password works once, and guessing is slowed down.

Both are ensured here, even if the module does neither.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from koshelek_driver.card.presentation import CardPresentation, symbols_of
from koshelek_driver.card.rate_limit import RateLimit
from koshelek_driver.card.reading import read_card
from koshelek_driver.card.sendable import checked_answer, checked_token
from koshelek_driver.card.template import Templates
from koshelek_driver.card.totp import (
    MODULE_CODES,
    Answer,
    CardMemory,
    ResultCode,
    TotpModule,
    Verification,
)
from koshelek_driver.errors import TotpModuleError
from koshelek_driver.secrets import Secret
from koshelek_driver.upos.codes import ScanDataType

T = TypeVar("T")

_GENUINE = (ResultCode.CARDSESSION_AVAILABLE, ResultCode.TOTP_VALID)


@dataclass(frozen=True, slots=True)
class VerifierRules:
    """Rules from the site file.

    `window_s` is the largest error of the till's clock with which a password is still accepted.
    `lasts_s` is the time for which one password is valid, from its first to its last moment. `result_codes` maps the
    module's own codes to ResultCode. With `refuse_unreachable` a card that the module cannot check is unknown; without,
    it is a plain loyalty card.
    """

    window_s: float
    lasts_s: float
    guesses: RateLimit
    accept_typed: bool = False
    refuse_unreachable: bool = False
    result_codes: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, repr=False)
class ScannedCard:
    """A label that is a card. `full` holds session and password, so the object does not print itself."""

    full: str
    card: CardPresentation
    typed: bool

    def __repr__(self) -> str:
        return f"ScannedCard({self.card.scan_data_type.name}, {len(self.full)} characters)"


class CardVerifier:
    """Verifies cards. Thread-safe as far as the module is.

    `key` makes digests of cards; `unix_s` is the wall clock. `skew_s` returns the seconds by which the till's clock is
    ahead of the host's, or None if they are not known.
    """

    def __init__(
        self,
        *,
        templates: Templates,
        module: TotpModule,
        memory: CardMemory,
        rules: VerifierRules,
        key: bytes,
        unix_s: Callable[[], float],
        skew_s: Callable[[], float | None],
    ) -> None:
        self._templates = templates
        self._module = module
        self._memory = memory
        self._rules = rules
        self._key = key
        self._unix_s = unix_s
        self._skew_s = skew_s

    def read(self, text: str, scan_data_type: ScanDataType, *, typed: bool, now_s: float) -> ScannedCard | None:
        """Divide a bare label (no AIM identifier) into a card; None if it is no card.

        Stores and sends nothing.
        """
        found = read_card(text, self._templates, symbols_of(scan_data_type), typed=typed)
        if found is None:
            return None
        full, card = found
        return ScannedCard(full, replace(card, scan_data_type=scan_data_type, presented_s=now_s), typed)

    def verify(self, barcode: ScannedCard | None, *, use: bool = True) -> Verification:
        """Check a card's password. With `use` a right password is marked as used.

        Blocks as long as the module does.

        Raises:
            JournalError: the used password cannot be stored.
        """
        if barcode is None:
            return Verification(ResultCode.BARCODE_UNKNOWN)
        if barcode.card.password is None:
            return Verification(ResultCode.LOYALTY_ONLY, barcode.card)
        checked = self._check_rate_limited(barcode, use)
        if checked.can_pay and barcode.typed and not self._rules.accept_typed:
            return replace(checked, result_code=ResultCode.CARD_TYPED)
        return checked

    def token(self, card: CardPresentation | None) -> Secret:
        """Return the `token` header for a card, or for no card.

        Raises:
            TotpModuleError: the module cannot answer, failed, or made what cannot be a header.
        """
        return checked_token(_asked(lambda: self._module.get_token(card.password if card else None)))

    def digest(self, card: CardPresentation) -> bytes:
        """Return a keyed digest that identifies one showing of a card; without the key it reveals nothing."""
        return self._digest("showing", card.prefix, *map(_text, (card.card_number, card.card_session, card.password)))

    def forget(self, digest: bytes) -> None:
        """Mark a password as unused: it never left this till, so it may be shown again."""
        self._memory.forget_use(digest)

    def _check_rate_limited(self, barcode: ScannedCard, use: bool) -> Verification:
        """Check a password unless too many wrong ones came before; count a wrong one."""
        now_s, card_key = self._unix_s(), self._digest("card", barcode.card.prefix, _text(barcode.card.card_number))
        guesses = self._memory.guesses(card_key)
        wait_s = self._rules.guesses.wait_s(guesses, now_s)
        if wait_s:
            return Verification(ResultCode.TOTP_TRY_LATER, barcode.card, f"{wait_s:.0f} s")
        checked = self._refuse_replay(self._ask(barcode), now_s, use)
        if checked.result_code == ResultCode.TOTP_INVALID:
            self._memory.keep_guesses(card_key, self._rules.guesses.after_wrong(guesses, now_s))
            return self._explain_by_clock(checked)
        if guesses is not None and checked.result_code in _GENUINE:
            self._memory.forget_guesses(card_key)
        return checked

    def _ask(self, barcode: ScannedCard) -> Verification:
        try:
            answer = checked_answer(_asked(lambda: self._module.barcode_verify(barcode.full, barcode.card)))
        except TotpModuleError as problem:
            kept = None if self._rules.refuse_unreachable else barcode.card
            return Verification(ResultCode.MODULE_UNREACHABLE, kept, problem.what)
        return self._translate(answer, barcode.card)

    def _translate(self, answer: Answer, card: CardPresentation) -> Verification:
        """Translate a module's answer to our codes; its card fields take precedence over the templates'."""
        card = replace(
            card,
            card_number=answer.card_number or card.card_number,
            card_session=answer.card_session or card.card_session,
        )
        code = (self._rules.result_codes or {}).get(answer.result_code, answer.result_code)
        if code not in MODULE_CODES:
            return Verification(ResultCode.LOYALTY_ONLY, card, f"the TOTP module answered {answer.result_code}")
        if code in _GENUINE and answer.totp_code_valid is False:
            code = ResultCode.TOTP_INVALID
        if code == ResultCode.CARDSESSION_AVAILABLE and not card.card_session:
            code = ResultCode.TOTP_VALID
        return Verification(code, card)

    def _refuse_replay(self, checked: Verification, now_s: float, use: bool) -> Verification:
        """Refuse a used password: for ever if the card has a session, else while it is valid."""
        card = checked.presentation
        if card is None or checked.result_code not in _GENUINE:
            return checked
        span_s = None if card.card_session else self._rules.lasts_s
        is_first = self._memory.first_use if use else self._memory.is_unused
        if is_first(self.digest(card), now_s, span_s):
            return checked
        return replace(checked, result_code=ResultCode.TOTP_REPLAYED)

    def _explain_by_clock(self, checked: Verification) -> Verification:
        """Return CLOCK_WRONG if the till's clock explains the wrong password."""
        skew_s = self._skew_s()
        if skew_s is None or abs(skew_s) <= self._rules.window_s:
            return checked
        way = "ahead of" if skew_s > 0 else "behind"
        details = f"the till's clock is {abs(skew_s):.0f} s {way} the host's"
        return replace(checked, result_code=ResultCode.CLOCK_WRONG, details=details)

    def _digest(self, *parts: str) -> bytes:
        return hmac.digest(self._key, "\x00".join(parts).encode(), "sha256")


def _asked(ask: Callable[[], T]) -> T:
    """Return what a module answers. Its author's mistakes are failures like any other.

    The text of such a failure is not shown, because it may quote the card.
    """
    try:
        return ask()
    except TotpModuleError:
        raise
    except Exception as problem:  # noqa: BLE001 - the code of others may raise anything
        what = f"the TOTP module failed ({type(problem).__name__})"
        raise TotpModuleError(what, "tell the author of the module") from None


def _text(secret: Secret | None) -> str:
    return secret.reveal() if secret else ""
