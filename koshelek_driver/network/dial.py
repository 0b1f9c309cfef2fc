"""Open TCP connections without waiting for a stalled resolver or a dead address."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, zip_longest

import httpcore

Lookup = Callable[[str, int], Sequence[str]]
Connect = Callable[[str], httpcore.NetworkStream]
"""Connects to one address. Blocks, and raises httpcore.ConnectError or ConnectTimeout."""
_NEXT_ADDRESS_S = 0.25
"""After this time the next address is tried in parallel (RFC 8305, 8: Connection Attempt Delay)."""
_MOST_ADDRESSES = 8
"""Addresses of one name that are tried; a resolver may give hundreds, and each costs a quarter of a second."""
_KNOWN_NAME_WAIT_S = 0.05
"""The wait for a new answer of the resolver when an earlier answer is known."""


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, best first, both families in turn (RFC 8305, 4).

    Blocks for as long as the system's resolver does. Raises OSError.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    families = {family: [str(at[0]) for each, *_, at in found if each is family] for family, *_ in found}
    mixed = chain.from_iterable(zip_longest(*families.values()))
    return list(dict.fromkeys(address for address in mixed if address))


class Addresses:
    """A cache of host names. The last good answer is used again when the resolver stalls or fails."""

    def __init__(self, lookup: Lookup = resolve) -> None:
        self._lookup = lookup
        self._known: dict[tuple[str, int], Sequence[str]] = {}
        self._queries: dict[tuple[str, int], _Query] = {}
        self._lock = threading.Lock()

    def of(self, host: str, port: int, timeout_s: float | None) -> Sequence[str]:
        """Return the addresses of a host.

        Blocks `timeout_s` at most, and 50 ms at most for a name that was found before. A query that stalls is not
        repeated: the next call waits for the same query, so queries never pile up.

        Raises:
            httpcore.ConnectError: the name cannot be resolved.
            httpcore.ConnectTimeout: it was not resolved in time.
        """
        key = (host, port)
        query = self._ask(key)
        if query.ended.wait(_KNOWN_NAME_WAIT_S if self._known.get(key) else timeout_s):
            self._known[key] = query.addresses or self._known.get(key, ())
        if self._known.get(key):
            return self._known[key]
        if query.problem is None:
            raise httpcore.ConnectTimeout(f"the name {host} was not found in time")
        raise httpcore.ConnectError(f"the name {host} is not known: {query.problem}") from query.problem

    def _ask(self, key: tuple[str, int]) -> _Query:
        """Return the query that is still running, or start one; store the result of one that ended too late."""
        with self._lock:
            earlier = self._queries.get(key)
            if earlier is not None and not earlier.ended.is_set():
                return earlier
            if earlier is not None and earlier.addresses:
                self._known[key] = earlier.addresses
            query = self._queries[key] = _Query(lambda: self._lookup(*key))
            return query


class _Query:
    """One query to the resolver, on its own thread because it has no timeout."""

    def __init__(self, ask: Callable[[], Sequence[str]]) -> None:
        self.addresses: Sequence[str] = ()
        self.problem: Exception | None = None
        self.ended = threading.Event()
        self._ask = ask
        threading.Thread(target=self._run, name="resolver", daemon=True).start()

    def _run(self) -> None:
        try:
            self.addresses = self._ask()
        except (OSError, UnicodeError) as problem:
            self.problem = problem
        self.ended.set()


def first_open(addresses: Sequence[str], connect: Connect) -> httpcore.NetworkStream:
    """Return the first connection that opens; addresses are started in turn and run in parallel.

    Raises the error of the address that failed last.
    """
    if len(addresses) == 1:
        return connect(addresses[0])
    return _Race(connect).run(addresses)


class _Race:
    """Parallel connection attempts (Happy Eyeballs, RFC 8305); all but the first to open are closed."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._ends: queue.SimpleQueue[httpcore.NetworkStream | Exception] = queue.SimpleQueue()
        self._is_over = False
        self._deciding = threading.Lock()

    def run(self, addresses: Iterable[str]) -> httpcore.NetworkStream:
        running, waiting = 0, list(addresses)
        end: httpcore.NetworkStream | Exception | None = None
        while running or waiting:
            if waiting:
                threading.Thread(target=self._try, args=(waiting.pop(0),), name="connect", daemon=True).start()
                running += 1
            end = self._next_end(_NEXT_ADDRESS_S if waiting else None)
            if isinstance(end, httpcore.NetworkStream):
                self._close_losers()
                return end
            running -= end is not None
        assert isinstance(end, Exception)
        raise end

    def _next_end(self, timeout_s: float | None) -> httpcore.NetworkStream | Exception | None:
        try:
            return self._ends.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def _try(self, address: str) -> None:
        end: httpcore.NetworkStream | Exception
        try:
            end = self._connect(address)
        except Exception as problem:  # noqa: BLE001 - it is raised where the race was called
            end = problem
        with self._deciding:
            if not self._is_over:
                self._ends.put(end)
                return
        _close(end)

    def _close_losers(self) -> None:
        with self._deciding:
            self._is_over = True
        while not self._ends.empty():
            _close(self._ends.get())


def _close(end: httpcore.NetworkStream | Exception) -> None:
    if isinstance(end, httpcore.NetworkStream):
        end.close()


class Dialer(httpcore.NetworkBackend):
    """The backend by which the HTTP library opens connections."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolve the host and connect to it; each step blocks `timeout` at most."""
        options = list(socket_options or ())
        found = self._addresses.of(host, port, timeout)[:_MOST_ADDRESSES]
        return first_open(
            found, lambda address: self._sockets.connect_tcp(address, port, timeout, local_address, options)
        )
