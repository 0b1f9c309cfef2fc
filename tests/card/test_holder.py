"""The card of the sale at hand: every order of showing, waiting, selling and time."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from koshelek_driver.card.holder import CardHolder, Expired, Showing

LIFETIME_S = 300.0


def show(holder: CardHolder[str], digest: str, now_s: float) -> Showing:
    """As the desk does it."""
    showing = holder.would_be(digest.encode(), now_s)
    if showing in (Showing.TAKEN, Showing.REPLACED):
        holder.hold(digest.encode(), now_s, digest)
    return showing


@pytest.mark.parametrize(
    ("second", "at_s", "showing", "held"),
    [
        ("a", 10.0, Showing.SAME, "a"),
        ("b", 10.0, Showing.REPLACED, "b"),
        ("a", 300.0, Showing.SAME, "a"),
        ("a", 300.1, Showing.TAKEN, "a"),
        ("b", 300.1, Showing.TAKEN, "b"),
    ],
)
def test_a_second_card_before_the_sale(second: str, at_s: float, showing: Showing, held: str) -> None:
    holder: CardHolder[str] = CardHolder(LIFETIME_S)
    assert show(holder, "a", 0.0) is Showing.TAKEN
    assert show(holder, second, at_s) is showing
    assert holder.held(at_s) == held


def test_the_time_of_a_card_runs_from_its_first_scan() -> None:
    holder: CardHolder[str] = CardHolder(LIFETIME_S)
    show(holder, "a", 0.0)
    show(holder, "a", 299.0)
    assert holder.held(300.0) == "a"
    assert holder.held(300.1) is None


def test_a_card_that_is_shown_during_a_sale_is_not_kept() -> None:
    holder: CardHolder[str] = CardHolder(LIFETIME_S)
    show(holder, "a", 0.0)
    assert holder.take(1.0) == "a"
    assert show(holder, "b", 2.0) is Showing.DURING_SALE
    assert show(holder, "a", 2.0) is Showing.DURING_SALE
    holder.end_sale(keep=False)
    assert holder.held(3.0) is None
    assert show(holder, "b", 4.0) is Showing.TAKEN


def test_an_expired_card_is_told_once_and_forgotten() -> None:
    holder: CardHolder[str] = CardHolder(LIFETIME_S)
    show(holder, "a", 0.0)
    assert isinstance(holder.take(301.0), Expired)
    holder.end_sale(keep=False)
    assert holder.take(302.0) is None


def test_a_sale_by_another_way_leaves_the_card_that_is_held() -> None:
    holder: CardHolder[str] = CardHolder(LIFETIME_S)
    show(holder, "a", 0.0)
    holder.begin_sale()
    assert show(holder, "b", 1.0) is Showing.DURING_SALE
    holder.end_sale(keep=False)
    assert holder.held(2.0) == "a"


class Holding(RuleBasedStateMachine):
    """Against a plain model: the last card shown outside of a sale, and when it was first shown."""

    def __init__(self) -> None:
        super().__init__()
        self.holder: CardHolder[str] = CardHolder(LIFETIME_S)
        self.now_s = 0.0
        self.card: tuple[str, float] | None = None
        self.selling = self.taken = False

    def fresh(self) -> bool:
        return self.card is not None and self.now_s - self.card[1] <= LIFETIME_S

    @rule(seconds=st.sampled_from([1.0, 100.0, 299.0, 301.0]))
    def time_goes_by(self, seconds: float) -> None:
        self.now_s += seconds

    @rule(digest=st.sampled_from("abc"))
    def a_card_is_shown(self, digest: str) -> None:
        told = show(self.holder, digest, self.now_s)
        if self.selling:
            assert told is Showing.DURING_SALE
        elif not self.fresh():
            assert told is Showing.TAKEN
            self.card = digest, self.now_s
        elif self.card is not None and self.card[0] == digest:
            assert told is Showing.SAME
        else:
            assert told is Showing.REPLACED
            self.card = digest, self.now_s

    @rule()
    def a_sale_takes_the_card(self) -> None:
        if self.selling:
            return
        found = self.holder.take(self.now_s)
        if self.card is None:
            assert found is None
            return
        assert found == self.card[0] if self.fresh() else isinstance(found, Expired)
        self.selling = self.taken = True

    @rule()
    def a_sale_begins_with_a_label(self) -> None:
        if not self.selling:
            self.holder.begin_sale()
            self.selling = True

    @rule(keep=st.booleans())
    def the_sale_ends(self, keep: bool) -> None:
        self.holder.end_sale(keep=keep)
        if self.taken and not keep:
            self.card = None
        self.selling = self.taken = False

    @invariant()
    def what_is_held_is_what_the_model_says(self) -> None:
        assert self.holder.held(self.now_s) == (self.card[0] if self.card and self.fresh() else None)


TestHolding = Holding.TestCase
