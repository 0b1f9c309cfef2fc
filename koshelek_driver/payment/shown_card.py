"""The customer's card at this till: given as text, scanned for a sale, or shown before it."""

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
    """A card as it was shown. `pressed_s` is the cashier's button, or the scan when that was the button.

    `was_held`: it was shown before the sale, and checked then.
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
        """Whether a second scan of the same label would bring nothing new."""
        return not self.checked.done() or (self.checked.exception() is None and self.checked.result().can_pay)


class ShownCard:
    """Safe to use from any thread. `now_s` is a steady clock.

    A card that the POS's own scanner reads is checked at once, on a thread of its own, because its password lives for
    half a minute; the sale may come minutes later. Only labels with a password are held: a plain card cannot pay, and
    looks like the goods that are scanned after it.
    """

    def __init__(self, verifier: CardVerifier, lifetime_s: float, now_s: Callable[[], float]) -> None:
        self._verifier = verifier
        self._now_s = now_s
        self._holder: CardHolder[_Presented] = CardHolder(lifetime_s)
        self._changed = threading.Condition()
        self._checking = threading.Lock()
        self._checker = ThreadPoolExecutor(1, thread_name_prefix="card")

    def close(self) -> None:
        """Wait for a card that is just being checked, and forget all."""
        self._checker.shutdown()
        with self._changed:
            self._holder.forget()

    # -- The scanner of the POS ---------------------------------------------------------------------------------

    def present(self, label: Label) -> Showing | None:
        """A label was scanned, perhaps a card: hold it for the next sale. None when it cannot pay. Does not block."""
        scanned = self._read(label)
        if scanned is None or scanned.card.password is None:
            return None
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
        return showing

    def held(self) -> Verification | None:
        """What is known of the card that is held; blocks while it is being checked."""
        with self._changed:
            presented = self._holder.held(self._now_s())
        return None if presented is None else presented.checked.result()

    # -- A sale -------------------------------------------------------------------------------------------------

    def begin_sale(self) -> None:
        """From now on until `end_sale` a card that is scanned is not kept."""
        with self._changed:
            self._holder.begin_sale()

    def end_sale(self, *, keep: bool) -> None:
        """The card of this sale is forgotten, unless nothing left the till (`keep`)."""
        with self._changed:
            self._holder.end_sale(keep=keep)

    def given(self, label: Label, pressed_s: float, *, use: bool = True) -> Shown:
        """A card whose label is at hand."""
        return Shown(label, self._verify(self._read(label), use=use), pressed_s)

    def take(self, pressed_s: float) -> Shown | None:
        """The card that was shown before this sale; None when there was none. Blocks while it is being checked."""
        with self._changed:
            presented = self._holder.take(self._now_s())
        if presented is None:
            return None
        if isinstance(presented, Expired):
            return Shown(_NO_LABEL, Verification(ResultCode.CARD_EXPIRED), pressed_s)
        return Shown(presented.label, presented.checked.result(), pressed_s, was_held=True)

    def wait(self, timeout_s: float, canceled: Callable[[], bool]) -> Shown:
        """The next card that the POS's scanner reads. Raises ScanTimeout after `timeout_s`, ScanCanceled."""
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
        """The `token` header for a card. Raises TotpModuleError."""
        with self._checking:
            return self._verifier.token(card)

    def token_without_card(self) -> Secret:
        """The `token` header for a refund, which has no scan. Raises TotpModuleError."""
        with self._checking:
            return self._verifier.token(None)

    def digest(self, card: CardPresentation | None) -> bytes:
        """What stands for one showing of a card; empty for none."""
        return b"" if card is None else self._verifier.digest(card)

    def forget_use(self, digest: bytes) -> None:
        """A password that never left this till may be shown again."""
        self._verifier.forget(digest)

    def _read(self, label: Label) -> ScannedCard | None:
        return self._verifier.read(label.text, label.scan_data_type, typed=label.typed, now_s=self._now_s())

    def _verify(self, scanned: ScannedCard | None, *, use: bool = True) -> Verification:
        with self._checking:  # a module need not be safe for threads
            return self._verifier.verify(scanned, use=use)
