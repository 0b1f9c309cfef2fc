"""A PostgreSQL server that the tests start, and databases on it that are prepared as ledgers."""

from __future__ import annotations

import pytest

from koshelek_driver.ledger.connection import Address, LedgerConnection
from koshelek_driver.secrets import Secret
from tests.support.postgres import Postgres, programs

psycopg = pytest.importorskip("psycopg", reason="the extra `store` is not installed")


def started() -> Postgres:
    """A server of one's own, or a skip that says why."""
    found = programs()
    if found is None:
        pytest.skip("no PostgreSQL on this machine: its package brings initdb and postgres")
    made = Postgres(found)
    made.start()
    return made


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
