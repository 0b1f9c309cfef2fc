"""The card of the sale at hand: shown once, for one sale, for a limited time. Time is handed in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class Showing(StrEnum):
    """What became of a card that was shown."""

    TAKEN = "TAKEN"
    """It is the card of the next sale."""
    SAME = "SAME"
    """The label that is held already was scanned again: nothing changes, its time runs from the first scan."""
    REPLACED = "REPLACED"
    """Another label took the place of the one that was held: the last card shown counts."""
    DURING_SALE = "DURING_SALE"
    """A sale is under way: nobody can say whose card it is, so it is not kept and must be shown again."""


class Expired:
    """A card was held, and is too old now."""


@dataclass(frozen=True, slots=True)
class _Held(Generic[T]):
    digest: bytes
    shown_s: float
    card: T


class CardHolder(Generic[T]):
    """Holds what is known of one card. Not safe for threads: its owner locks."""

    def __init__(self, lifetime_s: float) -> None:
        self._lifetime_s = lifetime_s
        self._held: _Held[T] | None = None
        self._in_sale = False
        self._taken = False

    def would_be(self, digest: bytes, now_s: float) -> Showing:
        """What would become of a card with this digest."""
        if self._in_sale:
            return Showing.DURING_SALE
        held = self._fresh(now_s)
        if held is None:
            return Showing.TAKEN
        return Showing.SAME if held.digest == digest else Showing.REPLACED

    def hold(self, digest: bytes, now_s: float, card: T) -> None:
        """Hold this card in place of any other."""
        self._held = _Held(digest, now_s, card)

    def held(self, now_s: float) -> T | None:
        """The card that is held and fresh."""
        held = self._fresh(now_s)
        return None if held is None else held.card

    def begin_sale(self) -> None:
        """From now on a card that is shown is not kept."""
        self._in_sale = True

    def take(self, now_s: float) -> T | Expired | None:
        """The card for a sale, which begins with it; None if none was shown. An expired one is forgotten."""
        held = self._held
        if held is None:
            return None
        self._in_sale = self._taken = True
        return Expired() if self._fresh(now_s) is None else held.card

    def end_sale(self, *, keep: bool) -> None:
        """The sale is over: its card is forgotten, unless nothing left the till and it may be tried again (`keep`)."""
        if self._taken and not keep:
            self._held = None
        self._in_sale = self._taken = False

    def forget(self) -> None:
        """Hold nothing."""
        self._held = None

    def _fresh(self, now_s: float) -> _Held[T] | None:
        held = self._held
        return held if held is not None and now_s - held.shown_s <= self._lifetime_s else None
