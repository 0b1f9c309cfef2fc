"""One server for all tests of the ledger, and a database of its own for each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from koshelek_driver.ledger.connection import Address, LedgerConnection
from tests.support.ledger_databases import database_on, started
from tests.support.postgres import Postgres

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    made = started()
    yield made
    made.remove()


@pytest.fixture
def address(server: Postgres) -> Address:
    return database_on(server, f"shop_{next(_NUMBERS)}")


@pytest.fixture
def link(address: Address) -> Iterator[LedgerConnection]:
    made = LedgerConnection(address)
    yield made
    made.close()
