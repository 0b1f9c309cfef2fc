"""Opening TCP connections without waiting for what is broken: a resolver that stalls, an address that is dead."""

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
"""When an address does not answer, the next one is tried beside it (RFC 8305, 8: Connection Attempt Delay)."""
_PATIENCE_S = 0.05
"""How long a new answer of the resolver is waited for when an earlier one is known."""


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, the two families in turn (RFC 8305, 4), best first; raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    families = {family: [str(at[0]) for each, *_, at in found if each is family] for family, *_ in found}
    mixed = chain.from_iterable(zip_longest(*families.values()))
    return list(dict.fromkeys(address for address in mixed if address))


class Addresses:
    """What names stand for. The last good answer is kept for when the resolver stalls or fails."""

    def __init__(self, lookup: Lookup = resolve) -> None:
        self._lookup = lookup
        self._known: dict[tuple[str, int], Sequence[str]] = {}
        self._asking: dict[tuple[str, int], _Question] = {}
        self._lock = threading.Lock()

    def of(self, host: str, port: int, timeout_s: float | None) -> Sequence[str]:
        """Blocks `timeout_s` at most, and hardly at all for a name that was found before.

        Raises httpcore.ConnectError and ConnectTimeout when nothing is known. A question that stalls is asked once
        and waited for again the next time, so questions never pile up.
        """
        key = (host, port)
        asked = self._ask(key)
        if asked.ended.wait(_PATIENCE_S if self._known.get(key) else timeout_s):
            self._known[key] = asked.addresses or self._known.get(key, ())
        if self._known.get(key):
            return self._known[key]
        if asked.problem is None:
            raise httpcore.ConnectTimeout(f"the name {host} was not found in time")
        raise httpcore.ConnectError(f"the name {host} is not known: {asked.problem}") from asked.problem

    def _ask(self, key: tuple[str, int]) -> _Question:
        """The question that is still open, or a new one; what came late to an earlier call is learnt."""
        with self._lock:
            earlier = self._asking.get(key)
            if earlier is not None and not earlier.ended.is_set():
                return earlier
            if earlier is not None and earlier.addresses:
                self._known[key] = earlier.addresses
            asked = self._asking[key] = _Question(lambda: self._lookup(*key))
            return asked


class _Question:
    """One question to the resolver, on a thread of its own: it cannot be given a deadline."""

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
    """The first connection that opens, addresses tried one after another and side by side. Raises what the last did."""
    if len(addresses) == 1:
        return connect(addresses[0])
    return _Race(connect).run(addresses)


class _Race:
    """Happy eyeballs (RFC 8305). Whoever loses is closed."""

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
    """What the HTTP library opens connections with."""

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
        """Find the host and connect to it, each in `timeout` at most."""
        options = list(socket_options or ())
        found = self._addresses.of(host, port, timeout)
        return first_open(
            found, lambda address: self._sockets.connect_tcp(address, port, timeout, local_address, options)
        )
