"""The card that was shown for the next sale, held for a limited time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class Showing(StrEnum):
    """The result of showing a card."""

    TAKEN = "TAKEN"
    """The card is held for the next sale."""
    SAME = "SAME"
    """The label that is already held was scanned again: nothing changes, and its time runs from the first scan."""
    REPLACED = "REPLACED"
    """Another label replaced the one that was held: the last card shown counts."""
    DURING_SALE = "DURING_SALE"
    """A sale is running, so the card's owner is not known: it is not held and must be shown again."""


class Expired:
    """The result of taking a card that was held for too long."""


@dataclass(frozen=True, slots=True)
class _Held(Generic[T]):
    digest: bytes
    shown_s: float
    card: T


class CardHolder(Generic[T]):
    """Holds the data of one card. Not thread-safe: the owner must lock."""

    def __init__(self, lifetime_s: float) -> None:
        self._lifetime_s = lifetime_s
        self._held: _Held[T] | None = None
        self._in_sale = False
        self._taken = False

    def would_be(self, digest: bytes, now_s: float) -> Showing:
        """Return the result of showing a card with this digest now."""
        if self._in_sale:
            return Showing.DURING_SALE
        held = self._fresh(now_s)
        if held is None:
            return Showing.TAKEN
        return Showing.SAME if held.digest == digest else Showing.REPLACED

    def hold(self, digest: bytes, now_s: float, card: T) -> None:
        """Hold this card and drop any other."""
        self._held = _Held(digest, now_s, card)

    def held(self, now_s: float) -> T | None:
        """Return the held card if it has not expired."""
        held = self._fresh(now_s)
        return None if held is None else held.card

    def begin_sale(self) -> None:
        """Begin a sale: cards shown from now on are not held."""
        self._in_sale = True

    def take(self, now_s: float) -> T | Expired | None:
        """Begin a sale with the held card and return it; None if none was shown.

        An expired card is not returned; it is forgotten when the sale ends.
        """
        held = self._held
        if held is None:
            return None
        self._in_sale = self._taken = True
        return Expired() if self._fresh(now_s) is None else held.card

    def end_sale(self, *, keep: bool) -> None:
        """End the sale and forget its card.

        With `keep` the card stays held: nothing was sent, so the same card may be tried again.
        """
        if self._taken and not keep:
            self._held = None
        self._in_sale = self._taken = False

    def forget(self) -> None:
        """Forget the held card."""
        self._held = None

    def _fresh(self, now_s: float) -> _Held[T] | None:
        held = self._held
        return held if held is not None and now_s - held.shown_s <= self._lifetime_s else None
