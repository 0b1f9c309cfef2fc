"""Tills that refund one payment: under one lock, and never more than was paid."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from koshelek_driver import Outcome, RefundWanted, Terminal
from koshelek_driver.errors import BusyError, DriverError, JournalError, UsageError
from koshelek_driver.ledger.connection import Address, LedgerConnection
from koshelek_driver.payment.journal.refund_book import RefundBook
from koshelek_driver.payment.outcome import Payment, Refund
from koshelek_driver.sandbox.server import PayApiSandbox
from tests.support.ledger_tills import Till, assert_same, ledger_rows
from tests.support.tills import Till as SiteTill

# -- The lock alone ------------------------------------------------------------------------------------------------


@pytest.fixture
def tills(tmp_path: Path, address: Address) -> Iterator[list[Till]]:
    made = [Till(tmp_path, f"TILL-{number}", address) for number in range(3)]
    yield made
    for till in made:
        till.close()


def paid_at(till: Till, amount: int = 1000) -> str:
    payment = till.sell(amount)
    till.ledger.feed()
    return payment.verdict.transaction_id


def test_a_refund_elsewhere_is_waited_for_and_then_counts(tills: list[Till]) -> None:
    transaction_id = paid_at(tills[0])
    first = tills[1].wanted(transaction_id, 600, 1000)
    tills[1].ledger.shop.reserve(first)
    tills[1].begin_refund(first)
    with pytest.raises(BusyError, match="till TILL-1 is giving back 600 kopecks"):
        tills[2].ledger.shop.reserve(tills[2].wanted(transaction_id, 100, 1000))
    tills[1].end_refund(first)
    tills[1].ledger.shop.tell(transaction_id)
    with pytest.raises(UsageError, match="500 kopecks wanted back, 400 of 1000 are left in the shop"):
        tills[2].ledger.shop.reserve(tills[2].wanted(transaction_id, 500, 1000))
    tills[2].ledger.shop.reserve(tills[2].wanted(transaction_id, 400, 1000))


def test_a_payment_is_the_same_payment_in_capitals(tmp_path: Path, address: Address) -> None:
    tills = [Till(tmp_path, f"till-{number}", address) for number in range(3)]
    transaction_id = paid_at(tills[0])
    first = tills[1].wanted(transaction_id, 600, 1000)
    tills[1].ledger.shop.reserve(first)
    tills[1].begin_refund(first)
    with pytest.raises(BusyError, match="till till-1 is giving back 600 kopecks"):
        tills[2].ledger.shop.reserve(tills[2].wanted(transaction_id.upper(), 100, 1000))
    tills[1].end_refund(first)
    tills[1].ledger.shop.tell(transaction_id.upper())
    with pytest.raises(UsageError, match="500 kopecks wanted back, 400 of 1000 are left in the shop"):
        tills[2].ledger.shop.reserve(tills[2].wanted(transaction_id.upper(), 500, 1000))
    assert [each.transaction_id for each in tills[2].ledger.shop.find("", transaction_id.upper())] == [transaction_id]
    for till in tills:
        till.close()


def test_a_refund_that_the_host_refused_leaves_the_whole_sum(tills: list[Till]) -> None:
    transaction_id = paid_at(tills[0])
    refused = tills[1].wanted(transaction_id, 1000, 1000)
    tills[1].ledger.shop.reserve(refused)
    tills[1].begin_refund(refused)
    tills[1].end_refund(refused, "rejected")
    tills[1].ledger.feed()
    tills[2].ledger.shop.reserve(tills[2].wanted(transaction_id, 1000, 1000))


@pytest.mark.parametrize("by", ["refund", "caretaker"])
def test_a_reservation_that_never_began_is_taken_back_by_its_till_alone(tills: list[Till], by: str) -> None:
    """Killed between the ledger's commit and its own: nothing was sent, so the sum is free again."""
    transaction_id = paid_at(tills[0])
    tills[1].ledger.shop.reserve(tills[1].wanted(transaction_id, 1000, 1000))
    tills[1].close()
    tills[1].open()
    with pytest.raises(BusyError):
        tills[2].ledger.shop.reserve(tills[2].wanted(transaction_id, 1, 1000))
    if by == "caretaker":
        tills[1].ledger.release_lost(nullcontext)
    else:
        assert tills[1].ledger.shop.refunds(transaction_id)[0].outcome is Outcome.REJECTED
    tills[2].ledger.shop.reserve(tills[2].wanted(transaction_id, 1000, 1000))


def test_nothing_is_taken_back_while_the_till_is_busy(tills: list[Till]) -> None:
    transaction_id = paid_at(tills[0])
    tills[1].ledger.shop.reserve(tills[1].wanted(transaction_id, 1000, 1000))

    def busy() -> nullcontext[None]:
        raise BusyError("a refund is just beginning")

    with pytest.raises(BusyError):
        tills[1].ledger.release_lost(busy)
    with pytest.raises(BusyError, match="TILL-1"):
        tills[2].ledger.shop.reserve(tills[2].wanted(transaction_id, 1, 1000))


def test_a_journal_that_was_made_anew_takes_nothing_back_by_itself(tills: list[Till], link: LedgerConnection) -> None:
    """It may have lost the very refund that was sent; a person says how it ended."""
    transaction_id = paid_at(tills[0])
    lost = tills[1].wanted(transaction_id, 1000, 1000)
    tills[1].ledger.shop.reserve(lost)
    tills[1].journal.database.renew_id()
    tills[1].ledger.release_lost(nullcontext)
    with pytest.raises(BusyError):
        tills[1].ledger.shop.reserve(tills[1].wanted(transaction_id, 1000, 1000))
    with pytest.raises(UsageError, match="with a reason"):
        tills[0].ledger.close_refund(lost.request_id, Outcome.REJECTED, " ")
    tills[0].ledger.close_refund(lost.request_id, Outcome.REJECTED, "the registry has none")
    with pytest.raises(UsageError, match="no open refund"):
        tills[0].ledger.close_refund(lost.request_id, Outcome.REJECTED, "again")
    tills[2].ledger.shop.reserve(tills[2].wanted(transaction_id, 1000, 1000))


def test_what_a_till_tells_counts_more_than_what_a_person_said(tills: list[Till], address: Address) -> None:
    transaction_id = paid_at(tills[0])
    refund = tills[1].wanted(transaction_id, 1000, 1000)
    tills[1].ledger.shop.reserve(refund)
    tills[1].begin_refund(refund)
    tills[0].ledger.close_refund(refund.request_id, Outcome.REJECTED, "the till burnt down")
    assert [row.request_id for row in tills[0].ledger.report().unknown] == [refund.request_id]
    tills[1].end_refund(refund)
    tills[1].ledger.feed()
    assert tills[0].ledger.report().unknown == ()
    assert_same(address, tills)


def test_many_tills_at_once_give_back_what_was_paid_and_no_more(tmp_path: Path, address: Address) -> None:
    """Eight tills, one payment, random parts; each tries until it is refused for want of money."""
    tills = [Till(tmp_path, f"TILL-{number}", address) for number in range(8)]
    transaction_id = paid_at(tills[0], 997)
    most_at_once, running, guard = 0, 0, threading.Lock()

    def give_back(till: Till) -> int:
        nonlocal most_at_once, running
        given, dice = 0, random.Random(till.name)
        while True:
            refund = till.wanted(transaction_id, dice.randint(1, 60), 997)
            try:
                till.ledger.shop.reserve(refund)
            except BusyError:
                continue
            except UsageError:
                return given
            with guard:
                running += 1
                most_at_once = max(most_at_once, running)
            till.begin_refund(refund)
            end = dice.choice(["refunded", "refunded", "rejected"])
            with guard:
                running -= 1
            till.end_refund(refund, end)
            till.ledger.shop.tell(transaction_id)
            given += refund.amount if end == "refunded" else 0

    with ThreadPoolExecutor(8) as pool:
        total = sum(pool.map(give_back, tills))
    for till in tills:
        till.ledger.feed()
    assert_same(address, tills)
    assert most_at_once == 1
    assert 997 - 60 < total <= 997
    for till in tills:
        till.close()


ACTS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["reserve", "begin", "end", "refuse", "tell", "feed", "crash", "tidy", "restore"]),
        st.integers(1, 700),
    ),
    max_size=30,
)


@given(ACTS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_tills_do_and_wherever_they_crash_never_more_is_asked_for_than_was_paid(
    tmp_path_factory: pytest.TempPathFactory, address: Address, link: LedgerConnection, acts: list[tuple[int, str, int]]
) -> None:
    """What the host would see: refunds whose intent was durable. All that it may have accepted is within the sum."""
    folder = tmp_path_factory.mktemp("tills")
    with link.transaction() as cursor:
        cursor.execute("TRUNCATE koshelek.till, koshelek.operation, koshelek.day CASCADE")
    with closing(Model(folder, address)) as shop:
        for number, act, amount in acts:
            shop.play(shop.tills[number], act, amount)
            assert shop.asked_for() <= 1000
        shop.settle()
        shop.check(address)


class Model:
    """Three tills and one payment. A till does one thing with money at a time, as its lock has it."""

    def __init__(self, folder: Path, address: Address) -> None:
        self.tills = [Till(folder, f"TILL-{number}", address) for number in range(3)]
        self.transaction_id = paid_at(self.tills[0])
        self.reserved: dict[str, Refund] = {}
        self.begun: dict[str, Refund] = {}
        self.refused: set[str] = set()
        self.all_begun: list[Refund] = []
        self.renewed: set[str] = set()

    def close(self) -> None:
        for till in self.tills:
            till.close()

    def play(self, till: Till, act: str, amount: int) -> None:
        getattr(self, f"_{act}")(till, amount)

    def asked_for(self) -> int:
        return sum(refund.amount for refund in self.all_begun if refund.request_id not in self.refused)

    def settle(self) -> None:
        for till in self.tills:
            self._end(till, 0)
            self._crash(till, 0)
            till.ledger.release_lost(nullcontext)
            till.ledger.feed()

    def check(self, address: Address) -> None:
        """What only the ledger has was never begun: it is taken back, or stays open where its journal was renewed."""
        ours = sorted(row for till in self.tills for row in till.raw())
        only_theirs = [row for row in ledger_rows(address) if row not in ours]
        assert sorted([*ours, *only_theirs]) == ledger_rows(address)
        for request_id, _order, _transaction, *_amounts, outcome, error_code, _d, _s, _c, _e, _r in only_theirs:
            assert (outcome, error_code) in [("rejected", "NOT_SENT"), (None, "")]
            assert outcome is not None or request_id.rpartition("-")[0] in self.renewed

    def _reserve(self, till: Till, amount: int) -> None:
        if till.name in self.reserved or till.name in self.begun:
            return
        refund = till.wanted(self.transaction_id, amount, 1000)
        try:
            till.ledger.shop.reserve(refund)
            self.reserved[till.name] = refund
        except (BusyError, UsageError):
            pass

    def _begin(self, till: Till, _amount: int) -> None:
        refund = self.reserved.pop(till.name, None)
        if refund is not None:
            till.begin_refund(refund)
            self.begun[till.name] = refund
            self.all_begun.append(refund)

    def _end(self, till: Till, _amount: int, end: str = "refunded") -> None:
        refund = self.begun.pop(till.name, None)
        if refund is not None:
            till.end_refund(refund, end)

    def _refuse(self, till: Till, amount: int) -> None:
        refund = self.begun.get(till.name)
        if refund is not None:
            self.refused.add(refund.request_id)
        self._end(till, amount, "rejected")

    def _tell(self, till: Till, _amount: int) -> None:
        if till.name not in self.reserved:  # the desk tells when a refund has begun
            till.ledger.shop.tell(self.transaction_id)

    def _feed(self, till: Till, _amount: int) -> None:
        till.ledger.feed()

    def _crash(self, till: Till, _amount: int) -> None:
        self.reserved.pop(till.name, None)
        till.close()
        till.open()

    def _tidy(self, till: Till, _amount: int) -> None:
        if till.name not in self.reserved:  # else the till's lock is held
            till.ledger.release_lost(nullcontext)

    def _restore(self, till: Till, _amount: int) -> None:
        """The journal is another one from now on; what the old one reserved stays reserved."""
        if till.name not in self.reserved:
            till.journal.database.renew_id()
            self.renewed.add(till.name)


# -- Whole tills against one host ----------------------------------------------------------------------------------


@pytest.fixture
def host(tmp_path: Path) -> Iterator[PayApiSandbox]:
    made = PayApiSandbox(tmp_path / "till", pace=0.2)
    yield made
    made.close()
    assert made.host.violations == []


NewSite = Callable[..., SiteTill]


@pytest.fixture
def new_site(host: PayApiSandbox, address: Address) -> NewSite:
    """Tills of one shop, each with a site file and a journal of its own."""

    def make(name: str, more: str = "", ledger_host: str = "") -> SiteTill:
        till = SiteTill(host, host.files.site.with_name(f"{name}.toml"))
        till.rewrite()
        till.edit('"journal.db"', f'"{name}.db"')
        till.edit('"TILL-01"', f'"{name}"')
        (till.site.parent / "owner.txt").write_text(address.login.reveal())
        till.edit(
            "[totp]",
            f'[ledger]\nhost = "{ledger_host or address.host}"\nport = {address.port}\n'
            f'database = "{address.database}"\nlogin = {{ file = "owner.txt" }}\n{more}\n[totp]',
        )
        return till

    return make


def pay(till: SiteTill, order_id: str = "A-1", amount: int = 12_345) -> Payment:
    with Terminal.open(till.site) as terminal:
        paid = terminal.pay(terminal.new_order(order_id, amount), label=till.label())
        terminal.ledger.feed()
        return paid


def refund_calls(host: PayApiSandbox) -> int:
    return sum(request["call"] == "refund" for request in host.host.requests)


def given_back(host: PayApiSandbox) -> int:
    host.host.take_changes()
    return sum(transaction.refunded for transaction in host.host.ledger.transactions.values())


@pytest.mark.scenario(67)
def test_any_till_finds_a_payment_of_another_and_gives_it_back(new_site: NewSite, host: PayApiSandbox) -> None:
    here, there = new_site("TILL-A"), new_site("TILL-B")
    paid = pay(here)
    with Terminal.open(there.site) as terminal:
        part = terminal.refund(RefundWanted("A-1", amount=345))
        assert (part.outcome, part.order_id, part.paid) == (Outcome.REFUNDED, "A-1", 12_345)
        assert "ЧАСТИЧНЫЙ" in "\n".join(terminal.slip_text(part)).upper()
    with Terminal.open(here.site) as terminal:
        with pytest.raises(UsageError, match="12345 kopecks wanted back, 12000 of 12345 are left"):
            terminal.refund(RefundWanted("A-1", amount=12_345))
        rest = terminal.refund(RefundWanted("A-1"))
        assert (rest.outcome, rest.amount) == (Outcome.REFUNDED, 12_000)
    with Terminal.open(there.site) as terminal:
        again = terminal.refund(RefundWanted(transaction_id=paid.verdict.transaction_id))
        assert (again.repeated, again.request_id, again.till) == (True, rest.request_id, "TILL-A")
        with pytest.raises(UsageError, match="0 of 12345 are left"):
            terminal.refund(RefundWanted(transaction_id=paid.verdict.transaction_id, amount=1))
    assert (given_back(host), refund_calls(host)) == (12_345, 2)


@pytest.mark.parametrize("turn", range(4))
def test_two_tills_that_refund_one_payment_at_once(new_site: NewSite, host: PayApiSandbox, turn: int) -> None:
    """The host never has to refuse: the second till learns from the ledger that it is late."""
    sites = [new_site("TILL-A"), new_site("TILL-B")]
    paid = pay(sites[turn % 2])
    together = threading.Barrier(2)

    def refund(site: SiteTill) -> Refund | DriverError:
        with Terminal.open(site.site) as terminal:
            together.wait()
            try:
                return terminal.refund(RefundWanted(transaction_id=paid.verdict.transaction_id, amount=9000))
            except DriverError as refused:
                return refused

    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(refund, sites))
    done = [end for end in ends if isinstance(end, Refund)]
    assert [end.outcome for end in done] == [Outcome.REFUNDED]
    assert sum(isinstance(end, BusyError | UsageError) for end in ends) == 1
    assert (given_back(host), refund_calls(host)) == (9000, 1)


@pytest.mark.parametrize("of", ["own", "another till's"])
def test_a_refund_that_was_left_open_is_gone_on_with_while_the_ledger_is_away(
    new_site: NewSite, host: PayApiSandbox, address: Address, of: str
) -> None:
    here, there = new_site("TILL-A"), new_site("TILL-B")
    paid = pay(here)
    till = here if of == "own" else there
    host.host.plan({"call": "refund", "outcome": "lost-always", "times": 4})
    with Terminal.open(till.site) as terminal:
        unknown = terminal.refund(RefundWanted("A-1", amount=345))
    assert unknown.outcome is Outcome.UNKNOWN
    till.edit(f'host = "{address.host}"', 'host = "/nowhere"')
    with Terminal.open(till.site) as terminal:
        wanted = RefundWanted(transaction_id=paid.verdict.transaction_id, amount=345)
        done = terminal.refund(wanted)
    assert (done.outcome, done.request_id, given_back(host)) == (Outcome.REFUNDED, unknown.request_id, 345)


def test_an_open_refund_of_another_till_is_waited_for(new_site: NewSite, host: PayApiSandbox) -> None:
    here, there = new_site("TILL-A"), new_site("TILL-B")
    paid = pay(here)
    host.host.plan({"call": "refund", "outcome": "lost-always", "times": 4})
    with Terminal.open(here.site) as terminal:
        assert terminal.refund(RefundWanted("A-1")).outcome is Outcome.UNKNOWN
    with Terminal.open(there.site) as terminal, pytest.raises(BusyError, match="not settled") as caught:
        terminal.refund(RefundWanted(transaction_id=paid.verdict.transaction_id))
    assert "at till TILL-A: recover" in caught.value.remedy
    with Terminal.open(here.site) as terminal:
        terminal.recover()
        terminal.ledger.feed()
    with Terminal.open(there.site) as terminal:
        assert terminal.refund(RefundWanted(transaction_id=paid.verdict.transaction_id)).repeated
    assert given_back(host) == 12_345


def test_orders_of_one_number_at_several_tills_are_told_apart(new_site: NewSite, host: PayApiSandbox) -> None:
    tills = [new_site(f"TILL-{name}") for name in "AB"]
    for till in tills:
        pay(till)
    with (
        Terminal.open(new_site("TILL-C").site) as terminal,
        pytest.raises(UsageError, match=r"paid at till TILL-., paid at till TILL-.") as caught,
    ):
        terminal.refund(RefundWanted("A-1"))
    assert "--transaction-id" in caught.value.remedy
    assert refund_calls(host) == 0


def test_a_payment_that_the_ledger_has_not_heard_of_is_refunded_by_its_slip_under_the_same_lock(
    new_site: NewSite, host: PayApiSandbox
) -> None:
    """Its till is offline since the morning; later its feed brings the payment, and the sum is right."""
    here, there = new_site("TILL-A"), new_site("TILL-B")
    with Terminal.open(here.site) as terminal:
        paid = terminal.pay(terminal.new_order("A-1", 12_345), label=here.label())
    with Terminal.open(there.site) as terminal:
        wanted = RefundWanted(transaction_id=paid.verdict.transaction_id, amount=12_000)
        assert terminal.refund(wanted).outcome is Outcome.REFUNDED
    with Terminal.open(here.site) as terminal:
        assert terminal.refund(RefundWanted("A-1")).amount == 345
    assert given_back(host) == 12_345


def test_without_its_ledger_a_shop_refunds_nothing_unless_it_says_so(new_site: NewSite, host: PayApiSandbox) -> None:
    till = new_site("TILL-A", ledger_host="/nowhere")
    with Terminal.open(till.site) as terminal:
        terminal.pay(terminal.new_order("A-1", 12_345), label=till.label())
        for wanted in (RefundWanted("A-1"), RefundWanted("A-9"), RefundWanted(transaction_id="t" * 36, amount=5)):
            refused = terminal.refund(wanted)
            assert (refused.outcome, refused.verdict.error_code) == (Outcome.REJECTED, "LEDGER_UNREACHABLE")
            assert "Учёт магазина недоступен" in terminal.tip(refused)
        assert (refund_calls(host), terminal.unfinished_refunds()) == (0, [])
    till.edit('host = "/nowhere"', 'host = "/nowhere"\nrefunds_without_ledger = true')
    with Terminal.open(till.site) as terminal:
        assert terminal.refund(RefundWanted("A-1")).outcome is Outcome.REFUNDED
        with pytest.raises(UsageError, match="no such payment"):
            terminal.refund(RefundWanted("A-9"))


def test_a_refund_that_the_journal_cannot_keep_leaves_the_payment_free(
    new_site: NewSite, host: PayApiSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = new_site("TILL-A"), new_site("TILL-B")
    paid = pay(here)

    def fail(*_given: object) -> None:
        raise JournalError("the disk is full")

    with monkeypatch.context() as patch, Terminal.open(here.site) as terminal:
        patch.setattr(RefundBook, "begin", fail)
        with pytest.raises(JournalError):
            terminal.refund(RefundWanted("A-1"))
    with Terminal.open(there.site) as terminal:
        wanted = RefundWanted(transaction_id=paid.verdict.transaction_id)
        assert terminal.refund(wanted).outcome is Outcome.REFUNDED
    assert refund_calls(host) == 1


def test_a_ledger_that_hangs_delays_no_sale(new_site: NewSite, tmp_path_factory: pytest.TempPathFactory) -> None:
    """It takes connections and never says a word; sales go on as ever."""
    folder = tmp_path_factory.mktemp("h")
    with closing(socket.socket(socket.AF_UNIX)) as mute:
        mute.bind(str(folder / ".s.PGSQL.5432"))
        mute.listen(64)
        till = new_site("TILL-A", more="feed_every_s = 0.1", ledger_host=str(folder))
        with Terminal.open(till.site) as terminal:
            terminal.start_caretaker()
            for number in range(5):
                paid = terminal.pay(terminal.new_order(f"A-{number}", 500), label=till.label())
                assert paid.outcome is Outcome.PAID
            mute.accept()[0].close()  # the feeder was there
            assert terminal.refund(RefundWanted("A-0")).verdict.error_code == "LEDGER_UNREACHABLE"


def test_the_resident_driver_feeds_the_ledger_and_sales_do_not_wait_for_it(new_site: NewSite, address: Address) -> None:
    till = new_site("TILL-A", more="feed_every_s = 0.1")
    with Terminal.open(till.site) as terminal:
        terminal.start_caretaker()
        paid = terminal.pay(terminal.new_order("A-1", 500), label=till.label())
        turn = threading.Event()
        while not any(row[5] == "paid" for row in ledger_rows(address)):
            assert not turn.wait(0.05)
        found = terminal.ledger.find(order_id="A-1")
    assert [payment.transaction_id for payment in found] == [paid.verdict.transaction_id]
