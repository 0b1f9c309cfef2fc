"""The card of a sale: given as text, scanned for the sale, or shown before it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from koshelek_driver.card.holder import CardHolder, Expired, Showing
from koshelek_driver.card.presentation import CardPresentation
from koshelek_driver.card.totp import ResultCode, Verification
from koshelek_driver.card.verifier import CardVerifier, ScannedCard
from koshelek_driver.errors import ScanCanceled, ScanTimeout
from koshelek_driver.scanner.label import Label
from koshelek_driver.secrets import Secret
from koshelek_driver.upos.codes import ScanDataType

_TICK_S = 0.1
_NO_LABEL = Label(b"", b"", ScanDataType.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Shown:
    """A card as it was shown.

    `pressed_s` (steady clock): when the cashier pressed pay, or when the card was scanned if the till was waiting for
    it. `was_held`: it was shown before the sale, and verified then.
    """

    label: Label
    verification: Verification
    pressed_s: float
    was_held: bool = False


@dataclass(frozen=True, slots=True)
class _Presented:
    label: Label
    checked: Future[Verification]

    def is_worth_keeping(self) -> bool:
        """Return False if this card failed its check, so that a second scan must check it again."""
        return not self.checked.done() or (self.checked.exception() is None and self.checked.result().can_pay)


class ShownCard:
    """The cards that are shown at this till. Safe to use from any thread; `now_s` is a steady clock.

    A card that the point of sale's own scanner reads is verified at once, on a thread of its own, because its password
    lives for half a minute and the sale may come minutes later. Only labels with a password are held: a plain card
    cannot pay, and looks like the goods that are scanned after it.
    """

    def __init__(self, verifier: CardVerifier, lifetime_s: float, now_s: Callable[[], float]) -> None:
        self._verifier = verifier
        self._now_s = now_s
        self._holder: CardHolder[_Presented] = CardHolder(lifetime_s)
        self._changed = threading.Condition()
        self._checking = threading.Lock()
        self._checker = ThreadPoolExecutor(1, thread_name_prefix="card")

    def close(self) -> None:
        """Wait for a card that is being verified, and forget all cards."""
        self._checker.shutdown()
        with self._changed:
            self._holder.forget()

    # -- The scanner of the POS ---------------------------------------------------------------------------------

    def show(self, label: Label) -> ScannedCard | None:
        """Read a scanned label; if it is a card that may pay, hold it for the next sale. Does not block.

        Returns:
            the card, None for any other label.
        """
        scanned = self._read(label)
        if scanned is not None and scanned.card.password is not None:
            self._hold(label, scanned)
        return scanned

    def _hold(self, label: Label, scanned: ScannedCard) -> None:
        digest = self._verifier.digest(scanned.card)
        with self._changed:
            now_s = self._now_s()
            held = self._holder.held(now_s)
            if held is not None and not held.is_worth_keeping():
                self._holder.forget()
            showing = self._holder.would_be(digest, now_s)
            if showing in (Showing.TAKEN, Showing.REPLACED):
                checked = self._checker.submit(self._verify, scanned)
                self._holder.hold(digest, now_s, _Presented(label, checked))
                self._changed.notify_all()

    def held(self) -> Verification | None:
        """Return the verified card that is held, None without one. Blocks while it is being verified."""
        with self._changed:
            presented = self._holder.held(self._now_s())
        return None if presented is None else presented.checked.result()

    # -- A sale -------------------------------------------------------------------------------------------------

    def begin_sale(self) -> None:
        """Hold no scanned card until `end_sale`."""
        with self._changed:
            self._holder.begin_sale()

    def end_sale(self, *, keep: bool) -> None:
        """Forget the card of this sale; with `keep` (nothing left the till) hold it for the next."""
        with self._changed:
            self._holder.end_sale(keep=keep)

    def given(self, label: Label, pressed_s: float, *, use: bool = True) -> Shown:
        """Verify a card by its label; with `use` its password is used up. May block as long as the TOTP module does."""
        return Shown(label, self._verify(self._read(label), use=use), pressed_s)

    def take(self, pressed_s: float) -> Shown | None:
        """Return the card that was shown before this sale, None without one. Blocks while it is being verified."""
        with self._changed:
            presented = self._holder.take(self._now_s())
        if presented is None:
            return None
        if isinstance(presented, Expired):
            return Shown(_NO_LABEL, Verification(ResultCode.CARD_EXPIRED), pressed_s)
        return Shown(presented.label, presented.checked.result(), pressed_s, was_held=True)

    def wait(self, timeout_s: float, canceled: Callable[[], bool]) -> Shown:
        """Return the next card that the point of sale's scanner reads. Blocks `timeout_s` at most.

        Raises:
            ScanTimeout: no card was scanned in time.
            ScanCanceled: `canceled` returned True; it is asked ten times a second.
        """
        give_up = self._now_s() + timeout_s
        while (shown := self.take(self._now_s())) is None:
            if canceled():
                raise ScanCanceled("the cashier cancelled before a card was scanned", "nothing was charged")
            if self._now_s() >= give_up:
                raise ScanTimeout(f"nothing was scanned in {timeout_s:g} s", "scan the customer's card")
            with self._changed:
                self._changed.wait(_TICK_S)
        return shown

    # -- The card of a sale -------------------------------------------------------------------------------------

    def token(self, card: CardPresentation) -> Secret:
        """Return the `token` header for a card. Raises TotpModuleError."""
        with self._checking:
            return self._verifier.token(card)

    def token_without_card(self) -> Secret:
        """Return the `token` header for a refund, which has no scan. Raises TotpModuleError."""
        with self._checking:
            return self._verifier.token(None)

    def digest(self, card: CardPresentation | None) -> bytes:
        """Return the digest of one barcode of a card, with its session and password; empty for None."""
        return b"" if card is None else self._verifier.digest(card)

    def forget_use(self, digest: bytes) -> None:
        """Let a password that never left this till be used again."""
        self._verifier.forget(digest)

    def _read(self, label: Label) -> ScannedCard | None:
        return self._verifier.read(label.text, label.scan_data_type, typed=label.typed, now_s=self._now_s())

    def _verify(self, scanned: ScannedCard | None, *, use: bool = True) -> Verification:
        with self._checking:  # a module need not be safe for threads
            return self._verifier.verify(scanned, use=use)
