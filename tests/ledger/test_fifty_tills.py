"""A shop of fifty tills against one PostgreSQL: sales, refunds anywhere, a week offline; reports equal a recount."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from pathlib import Path

import apsw
import pytest
import trustme

from koshelek_driver.errors import BusyError, LedgerError, UsageError
from koshelek_driver.ledger.connection import Address, LedgerConnection, open_connection
from koshelek_driver.ledger.reports import ShopReport
from koshelek_driver.ledger.schema import SCHEMA_VERSION
from koshelek_driver.payment.outcome import Outcome
from koshelek_driver.secrets import Secret
from tests.support.ledger_databases import started
from tests.support.ledger_tills import Till, assert_none_overdrawn, assert_same
from tests.support.postgres import Postgres

_TILLS, _WORKERS, _TURNS = 50, 12, 12
_OFFLINE = 5
_WEEK_OF_SALES = 400
_ENDS = ["paid"] * 6 + ["rejected", "canceled", "unknown"]


@pytest.fixture
def tills(tmp_path: Path, address: Address) -> Iterator[list[Till]]:
    made = [Till(tmp_path, f"TILL-{number:02}", address) for number in range(_TILLS)]
    yield made
    for till in made:
        till.close()


def work(till: Till, dice: random.Random) -> None:
    """One turn of a till: it sells, may give back what any till sold, may close its day, and feeds."""
    till.sell(dice.randint(10, 10_000), dice.choice(_ENDS), provider=dice.choice(["SBP", "DOLYAME"]))
    sold_by = f"TILL-{dice.randrange(_TILLS):02}"
    for payment in till.ledger.find(transaction_id=f"t-{sold_by}-{dice.randint(1, _TURNS)}"):
        if payment.outcome is Outcome.PAID:
            back = till.wanted(payment.transaction_id, dice.randint(1, payment.amount), payment.amount)
            try:
                till.ledger.shop.reserve(back)
            except (BusyError, UsageError):
                continue
            till.begin_refund(back)
            till.end_refund(back, dice.choice(["refunded", "refunded", "rejected"]))
            till.ledger.shop.tell(payment.transaction_id)
    if dice.random() < 0.1:
        till.clock.wall_s += 86_400 * dice.choice([-1, 0, 1])
        till.reports.close()
    till.ledger.feed()


def recount(tills: list[Till]) -> Counter[tuple[str, str, str]]:
    """Kopecks by till, outcome and provider, of raw rows."""
    found: Counter[tuple[str, str, str]] = Counter()
    for till in tills:
        database = apsw.Connection(str(till.path), flags=apsw.SQLITE_OPEN_READONLY)
        for table in ("attempt", "refund"):
            sql = f"SELECT outcome, coalesce(json_extract(slip, '$.paymentType'), '?'), sum(amount) FROM {table} GROUP BY 1, 2"
            for outcome, provider, amount in database.execute(sql):
                if outcome in ("paid", "refunded", "canceled"):
                    found[till.name, outcome, provider] += amount
        database.close()
    return found


def reported(reports: list[ShopReport]) -> Counter[tuple[str, str, str]]:
    found: Counter[tuple[str, str, str]] = Counter()
    for made in reports:
        for till, by_provider in made.by_till.items():
            for provider, totals in by_provider.items():
                found[till, "paid", provider] += totals.paid
                found[till, "refunded", provider] += totals.refunded
                found[till, "canceled", provider] += totals.canceled
    return +found


def test_fifty_tills_work_at_once_and_reports_are_a_recount(
    tills: list[Till], address: Address, link: LedgerConnection
) -> None:
    """Five of them are offline for a week and catch up in the end."""
    offline, online = tills[:_OFFLINE], tills[_OFFLINE:]

    def live(till: Till) -> None:
        dice = random.Random(till.name)
        if till in offline:
            for _ in range(_WEEK_OF_SALES):
                till.sell(dice.randint(10, 10_000), dice.choice(_ENDS))
        else:
            for _ in range(_TURNS):
                work(till, dice)

    with ThreadPoolExecutor(_WORKERS) as pool:
        list(pool.map(live, tills))
    assert_same(address, online)
    with ThreadPoolExecutor(_OFFLINE) as pool:
        list(pool.map(lambda till: till.ledger.feed(), offline))
    assert_same(address, tills)

    ledger = tills[0].ledger
    with link.transaction() as cursor:
        dates = [date for (date,) in cursor.execute("SELECT DISTINCT date FROM koshelek.day").fetchall()]
    reports = [ledger.report(), *map(ledger.report, dates)]
    assert reported(reports) == recount(tills)
    rows = [row.request_id for made in reports for row in made.rows]
    assert len(rows) == len(set(rows))
    unsettled = {
        payment.request_id for till in tills for payment in till.journal.unfinished() if payment.outcome == "unknown"
    }
    assert {row.request_id for row in reports[0].unknown} == unsettled
    assert_none_overdrawn(tills)
    assert [(till.terminal_id, till.behind) for till in ledger.tills()] == [(till.name, 0) for till in tills]


def test_terminals_of_one_name_in_two_stores_are_two_tills(tmp_path: Path, address: Address) -> None:
    tills = [Till(tmp_path / f"s{number}", "TILL-01", address, f"store-{number}") for number in range(2)]
    for till in tills:
        till.numbers = count(10 * int(till.store[-1]) + 1)
        till.sell(100)
        till.ledger.feed()
    made = tills[0].ledger.report()
    assert {name: totals["SBP"].paid for name, totals in made.by_till.items()} == {
        "store-0/TILL-01": 100,
        "store-1/TILL-01": 100,
    }
    tills[0].journal.database.renew_id()
    tills[0].ledger.feed()
    assert [till.store_id for till in tills[0].ledger.tills()] == ["store-0", "store-1"]
    for till in tills:
        till.close()


# -- Over a network ------------------------------------------------------------------------------------------------


@pytest.fixture
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def networked(ca: trustme.CA, tmp_path: Path) -> Iterator[Postgres]:
    """A server on a port of this machine that speaks TLS."""
    made = started()
    made.listen(ca.issue_cert("localhost"))
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    yield made
    made.remove()


def to(server: Postgres, host: str, ca_file: Path | None) -> Address:
    return Address(host, server.port, "postgres", Secret("owner"), None, ca_file, "T")


def test_over_a_network_the_server_proves_who_it_is(networked: Postgres, tmp_path: Path) -> None:
    owner = LedgerConnection(to(networked, "localhost", tmp_path / "ca.pem"))
    assert owner.prepare() == SCHEMA_VERSION
    with owner.transaction() as cursor:
        found = cursor.execute("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone()
    assert found is not None
    assert found[0]
    assert found[1] in ("TLSv1.2", "TLSv1.3")
    owner.close()


@pytest.mark.parametrize(
    ("host", "ca_file"), [("127.0.0.1", "ca.pem"), ("localhost", "other.pem"), ("localhost", None)]
)
def test_a_server_that_does_not_prove_it_is_not_spoken_to(
    networked: Postgres, tmp_path: Path, host: str, ca_file: str | None
) -> None:
    """Another name, another authority, or none: the password never leaves."""
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    link = LedgerConnection(to(networked, host, tmp_path / ca_file if ca_file else None))
    with pytest.raises(LedgerError, match="cannot be reached"), link.transaction():
        pass


def test_a_password_opens_and_a_wrong_one_is_not_told(networked: Postgres, tmp_path: Path) -> None:
    secret = "a-long-password-of-tills"
    address = to(networked, "localhost", tmp_path / "ca.pem")
    with open_connection(address) as owner:
        owner.execute(f"ALTER ROLE owner PASSWORD '{secret}'")
    (networked.data / "pg_hba.conf").write_text("hostssl all all 127.0.0.1/32 scram-sha-256\nlocal all all trust\n")
    networked.kill()
    networked.start()
    link = LedgerConnection(replace(address, password=Secret(secret)))
    assert link.prepare() == SCHEMA_VERSION
    link.close()
    for wrong in (Secret("some-other-password"), None):
        refused = LedgerConnection(replace(address, password=wrong))
        with pytest.raises(LedgerError, match="cannot be reached"), refused.transaction():
            pass


def test_a_server_without_tls_is_not_spoken_to(networked: Postgres, tmp_path: Path) -> None:
    networked.kill()
    networked.start(ssl="off")
    link = LedgerConnection(to(networked, "localhost", tmp_path / "ca.pem"))
    with pytest.raises(LedgerError, match="SSL"), link.transaction():
        pass
