"""A connection to the ledger's PostgreSQL: every wait bounded, errors of psycopg translated to LedgerError."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from koshelek_driver.errors import LedgerError
from koshelek_driver.ledger.schema import BEGINNING, GRANTS, MIGRATIONS, SCHEMA_VERSION
from koshelek_driver.secrets import Secret

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[Any]
    Cursor = psycopg.Cursor[Any]

_CONNECT_TIMEOUT_S = 3
_RETRY_PAUSE_S = 5.0
"""Pause after a failed connection, in which requests fail at once: no cashier waits again."""
_STATEMENT_MS, _LOCK_MS, _IDLE_MS = 10_000, 3_000, 10_000
"""Timeouts of the server: of a statement, of a lock, of an idle transaction."""
_LONG_STATEMENT_MS = 60_000
_PREPARE_LOCK_KEY = 0x6B6F7368
"""Key of the advisory lock that serializes concurrent `ledger prepare`."""
_REMEDY = "check the server and the network; sales go on without it"


@dataclass(frozen=True, slots=True)
class Address:
    """Address and credentials of the ledger.

    `host` is a name, an address, or the folder of a Unix socket; over a network TLS is required. `ca_file` None: the
    system's certificates. `password` None: the server authenticates the till in another way. `name` is shown in the
    server's list of connections.
    """

    host: str
    port: int
    database: str
    login: Secret
    password: Secret | None
    ca_file: Path | None
    name: str


class LedgerConnection:
    """A connection that is opened when it is needed, and again after a failure.

    Safe to use from any thread; a lock serializes transactions. Every method but `close` raises LedgerError.
    """

    def __init__(
        self,
        address: Address,
        now_s: Callable[[], float] = time.monotonic,
        connect: Callable[[Address], Connection] | None = None,
    ) -> None:
        self._address = address
        self._now_s = now_s
        self._open = connect or open_connection
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._no_retry_before_s = float("-inf")
        self._problem = ""

    def close(self) -> None:
        """Close the connection; the next transaction opens another."""
        with self._lock:
            self._drop()

    @contextmanager
    def transaction(self) -> Iterator[Cursor]:
        """Run a block in one transaction. After an error the commit may or may not be done."""
        with self._transaction_on(self._alive) as cursor:
            yield cursor

    @contextmanager
    def reading(self) -> Iterator[Cursor]:
        """Run a block on one consistent snapshot, read-only, with up to 60 s for a statement."""
        with self.transaction() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute(f"SET LOCAL statement_timeout = {_LONG_STATEMENT_MS}")
            yield cursor

    def prepare(self, role: str = "") -> int:
        """Create or migrate the tables and return the schema version. For the owner of the database.

        `role` is granted the rights of a till; empty: no grants.
        """
        from psycopg import sql

        with self._transaction_on(self._connected) as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_PREPARE_LOCK_KEY,))
            cursor.execute(BEGINNING)
            version = _version(cursor)
            if version > SCHEMA_VERSION:
                raise _other_version(version)
            for migration in MIGRATIONS[version:]:
                cursor.execute(migration)
            cursor.execute("DELETE FROM koshelek.version")
            cursor.execute("INSERT INTO koshelek.version VALUES (%s)", (SCHEMA_VERSION,))
            if role:
                cursor.execute(sql.SQL(GRANTS).format(role=sql.Identifier(role)))
        return SCHEMA_VERSION

    @contextmanager
    def _transaction_on(self, connected: Callable[[], Connection]) -> Iterator[Cursor]:
        """Run a block in a transaction on the connection that `connected` returns."""
        with self._lock, self._translated():
            connection = connected()
            with connection.transaction(), connection.cursor() as cursor:
                yield cursor

    def _alive(self) -> Connection:
        """Return a live connection to a ledger of our version.

        One that broke while it was idle is replaced.
        """
        import psycopg

        if self._connection is not None:
            try:
                self._connection.execute("SELECT 1")
            except psycopg.Error:
                self._drop()
        if self._connection is None:
            version = _version_of(self._connected())
            if version != SCHEMA_VERSION:
                self._drop()
                raise _other_version(version)
        return self._connected()

    def _connected(self) -> Connection:
        if self._connection is None:
            if self._now_s() < self._no_retry_before_s:
                raise LedgerError(f"the shop's ledger cannot be reached: {self._problem}", _REMEDY)
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> Connection:
        import psycopg

        try:
            return self._open(self._address)
        except psycopg.Error as problem:
            self._problem = _in_words(problem)
            self._no_retry_before_s = self._now_s() + _RETRY_PAUSE_S
            raise LedgerError(f"the shop's ledger cannot be reached: {self._problem}", _REMEDY) from problem

    @contextmanager
    def _translated(self) -> Iterator[None]:
        psycopg = _library()
        try:
            yield
        except psycopg.Error as problem:
            self._drop()
            raise LedgerError(f"the shop's ledger: {_in_words(problem)}", _remedy(problem)) from problem

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def open_connection(to: Address) -> Connection:
    """Connect to the ledger, with all timeouts and TLS verification.

    Blocks up to 3 s for each address of the host. Raises psycopg.Error.
    """
    import psycopg

    return psycopg.connect(
        host=to.host,
        port=to.port,
        dbname=to.database,
        user=to.login.reveal(),
        password=None if to.password is None else to.password.reveal(),
        application_name=f"koshelek-driver {to.name}",
        connect_timeout=_CONNECT_TIMEOUT_S,
        tcp_user_timeout=_STATEMENT_MS,
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=2,
        options=f"-c statement_timeout={_STATEMENT_MS} -c lock_timeout={_LOCK_MS}"
        f" -c idle_in_transaction_session_timeout={_IDLE_MS} -c client_encoding=UTF8",
        prepare_threshold=None,
        autocommit=True,
        sslmode="verify-full",  # ignored on a Unix socket, as all TLS settings
        sslrootcert="system" if to.ca_file is None else str(to.ca_file),
        ssl_min_protocol_version="TLSv1.2",
        gssencmode="disable",
    )


def _library() -> Any:
    """Return psycopg, or raise LedgerError that names the extra: the import fails without libpq, too."""
    try:
        import psycopg
    except ImportError as problem:
        what = "the package psycopg is not installed, or its libpq is not there"
        raise LedgerError(what, "pip install 'koshelek-driver[store]' brings it") from problem
    return psycopg


def _version(cursor: Cursor) -> int:
    found = cursor.execute("SELECT max(number) FROM koshelek.version").fetchone()
    return 0 if found is None or found[0] is None else int(found[0])


def _version_of(connection: Connection) -> int:
    """Return the schema version of the ledger behind a connection; 0 if it was never prepared."""
    import psycopg

    try:
        with connection.transaction(), connection.cursor() as cursor:
            return _version(cursor)
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        return 0


def _other_version(version: int) -> LedgerError:
    what = f"the shop's ledger has version {version}, this driver needs {SCHEMA_VERSION}"
    return LedgerError(what, "install a newer driver" if version > SCHEMA_VERSION else "its owner runs: ledger prepare")


def _in_words(problem: Exception) -> str:
    """Return the first line of an error: further ones may show rows."""
    return (str(problem).splitlines() or [type(problem).__name__])[0]


def _remedy(problem: Exception) -> str:
    import psycopg

    if isinstance(problem, psycopg.errors.InsufficientPrivilege):
        return "its owner runs: ledger prepare --role …"
    return _REMEDY
