"""Admission of connections to a listener, before a byte of theirs is read.

A stranger without a password must not keep others out: who has not sent the head of a request in time is shut out, and
before that as soon as somebody else needs the place. So no stranger uses up the descriptors of the till.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

Networks = Collection[IPv4Network | IPv6Network]
_log = logging.getLogger(__name__)
_App = Callable[[MutableMapping[str, Any], Any, Any], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a listener.

    `head_s` is the time from the accept to the end of the request's head, TLS included; `whole_s` that of a whole
    connection. `most` and `most_of_one` are open connections, of all and of one address.
    """

    head_s: float = 5.0
    whole_s: float = 30.0
    most: int = 64
    most_of_one: int = 16


def address_of(host: str) -> IPv4Address | IPv6Address:
    """Return an address; that of IPv4 where IPv6 only wraps one. Raises ValueError."""
    found = ip_address(host)
    return getattr(found, "ipv4_mapped", None) or found


def is_from(host: str, networks: Networks) -> bool:
    """Return True if an address is in one of the networks, or if there are none."""
    return not networks or any(address_of(host) in network for network in networks)


class Connection(socket.socket):
    """An accepted connection that tells when it is closed."""

    peer: tuple[str, int] = ("", 0)
    has_head = False
    closed: Callable[[Connection], object] = staticmethod(lambda _connection: None)

    def close(self) -> None:
        """Close the connection and give its place back."""
        self.closed(self)
        super().close()

    def shut(self) -> None:
        """Break the connection off; whoever reads or writes it finds it at its end."""
        with suppress(OSError):
            self.shutdown(socket.SHUT_RDWR)


@dataclass
class Door:
    """The open connections of one listener. Everything runs in the thread of its event loop."""

    sources: Networks = ()
    limits: Limits = field(default_factory=Limits)
    open: dict[tuple[str, int], Connection] = field(default_factory=dict)

    def admit(self, connection: Connection) -> bool:
        """Take a connection in, perhaps in place of one that has not asked for anything yet; False if it must go."""
        host = connection.peer[0]
        if not is_from(host, self.sources):
            _log.warning("a connection from an address outside the sources was closed")
            return False
        same = [each for each in self.open.values() if each.peer[0] == host]
        if not (
            self._has_room(same, self.limits.most_of_one) and self._has_room([*self.open.values()], self.limits.most)
        ):
            return False
        self.open[connection.peer] = connection
        connection.closed = self._forget
        loop = asyncio.get_running_loop()
        loop.call_later(self.limits.head_s, self._shut_without_head, connection)
        loop.call_later(self.limits.whole_s, self._shut, connection)
        return True

    def guarded(self, app: _App) -> _App:
        """Return an ASGI application that tells the door of each request, and ends its connection with the answer."""

        async def guarded(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
            connection = self.open.get(tuple(scope.get("client") or ()))
            if connection is not None:
                connection.has_head = True

            async def send_last(message: MutableMapping[str, Any]) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
                await send(message)

            await app(scope, receive, send_last)

        return guarded

    def _has_room(self, connections: list[Connection], most: int) -> bool:
        """Return True if one more may come; the oldest that has not asked for anything yet makes room."""
        if len(connections) < most:
            return True
        idle = next((each for each in connections if not each.has_head), None)
        if idle is None:
            return False
        self._shut(idle)
        return True

    def _shut_without_head(self, connection: Connection) -> None:
        if not connection.has_head:
            self._shut(connection)

    def _shut(self, connection: Connection) -> None:
        if self.open.get(connection.peer) is connection:
            connection.shut()
            self._forget(connection)

    def _forget(self, connection: Connection) -> None:
        if self.open.get(connection.peer) is connection:
            del self.open[connection.peer]


class ListeningSocket(socket.socket):
    """A listening socket whose `accept` returns admitted connections only."""

    door: Door

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept the next connection. Raises ConnectionAbortedError for one that is not admitted."""
        accepted, address = super().accept()
        connection = Connection(accepted.family, accepted.type, accepted.proto, fileno=accepted.detach())
        connection.peer = (str(address[0]), int(address[1]))
        if not self.door.admit(connection):
            connection.close()
            raise ConnectionAbortedError
        return connection, address


def listen(address: tuple[str, int], door: Door) -> ListeningSocket:
    """Return a socket that listens at an address and asks the door. Raises OSError."""
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    plain = socket.create_server(address, family=family)
    listening = ListeningSocket(plain.family, plain.type, plain.proto, fileno=plain.detach())
    listening.door = door
    return listening
