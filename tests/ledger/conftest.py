"""One server for all tests of the ledger, and a database of its own for each."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from koshelek_driver.ledger.connection import Address, LedgerConnection
from koshelek_driver.secrets import Secret
from tests.support.postgres import Postgres, programs

psycopg = pytest.importorskip("psycopg", reason="the extra `store` is not installed")
_NUMBERS = count(1)


def started() -> Postgres:
    """A server of one's own, or a skip that says why."""
    found = programs()
    if found is None:
        pytest.skip("no PostgreSQL on this machine: its package brings initdb and postgres")
    made = Postgres(found)
    made.start()
    return made


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    made = started()
    yield made
    made.remove()


def database_on(server: Postgres, name: str) -> Address:
    """A prepared ledger in a new database."""
    with psycopg.connect(
        host=str(server.folder), port=server.port, user="owner", dbname="postgres", autocommit=True
    ) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    address = address_of(server, name)
    link = LedgerConnection(address)
    link.prepare()
    link.close()
    return address


def address_of(server: Postgres, name: str) -> Address:
    return Address(str(server.folder), server.port, name, Secret("owner"), None, None, "TILL")


@pytest.fixture
def address(server: Postgres) -> Address:
    return database_on(server, f"shop_{next(_NUMBERS)}")


@pytest.fixture
def link(address: Address) -> Iterator[LedgerConnection]:
    made = LedgerConnection(address)
    yield made
    made.close()
