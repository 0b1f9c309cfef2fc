"""The journal's memory of cards: used passwords and wrong passwords. Implements `card.totp.CardMemory`."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from koshelek_driver.card.rate_limit import Guesses
from koshelek_driver.payment.journal.database import Database
from koshelek_driver.payment.journal.tables import Seconds, convert, read

_REMEMBERED_USES = 50_000
_REMEMBERED_CARDS = 10_000
"""The numbers of used passwords and of cards with wrong ones that are stored; then the oldest rows are deleted.

A number decides and not an age, because a clock that is set forward would delete passwords that still count.
"""
_WAS_USED = "EXISTS (SELECT 1 FROM used_password WHERE digest = ?1 AND (?3 IS NULL OR abs(used_s - ?2) < ?3))"


class CardBook:
    """Used and wrong passwords, stored as digests only. Any thread; every method raises JournalError."""

    def __init__(
        self, database: Database, *, most_uses: int = _REMEMBERED_USES, most_cards: int = _REMEMBERED_CARDS
    ) -> None:
        self._database = database
        self._most_uses = most_uses
        self._most_cards = most_cards

    def first_use(self, digest: bytes, now_s: float, span_s: float | None) -> bool:
        """Mark a digest as used; return True if it was unused. See CardMemory."""
        # One statement checks and inserts: of two programs that show the same password only one gets True.
        added = self._database.run(
            f"INSERT INTO used_password (digest, used_s) SELECT ?1, ?2 WHERE NOT {_WAS_USED} RETURNING number",
            digest,
            now_s,
            span_s,
        )
        if added and added[0][0] % self._most_uses == 0:
            self._database.run("DELETE FROM used_password WHERE number <= ?", added[0][0] - self._most_uses)
        return bool(added)

    def is_unused(self, digest: bytes, now_s: float, span_s: float | None) -> bool:
        """Return True if a digest was not used near `now_s`, without marking it. See CardMemory."""
        return not self._database.run(f"SELECT {_WAS_USED}", digest, now_s, span_s)[0][0]

    def forget_use(self, digest: bytes) -> None:
        """Delete a digest, so that the password is unused again. See CardMemory."""
        self._database.run("DELETE FROM used_password WHERE digest = ?", digest)

    def guesses(self, card: bytes) -> Guesses | None:
        """Return the wrong passwords in a row of a card. None if there are none; `card` is a digest."""
        row = self._database.first_row("SELECT count, last_s FROM wrong_password WHERE card = ?", card)
        return None if row is None else read(_read_guesses, row)

    def keep_guesses(self, card: bytes, guesses: Guesses) -> None:
        """Store the number and the last time of the wrong passwords of a card."""
        (number,) = self._database.run(
            "INSERT INTO wrong_password (card, count, last_s) VALUES (?, ?, ?) ON CONFLICT (card)"
            " DO UPDATE SET count = excluded.count, last_s = excluded.last_s RETURNING number",
            card,
            guesses.count,
            guesses.last_s,
        )[0]
        if number % self._most_cards == 0:
            self._database.run("DELETE FROM wrong_password WHERE number <= ?", number - self._most_cards)

    def forget_guesses(self, card: bytes) -> None:
        """Delete the wrong passwords of a card after a right one."""
        self._database.run("DELETE FROM wrong_password WHERE card = ?", card)


def _read_guesses(row: Any) -> Guesses:
    return Guesses(*convert(row, tuple[Annotated[int, Meta(ge=0)], Seconds]))
