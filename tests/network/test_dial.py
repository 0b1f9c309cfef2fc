"""Names that do not resolve, addresses that are dead: what is broken must not hold up what works."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence

import httpcore
import pytest

from koshelek_driver.network.dial import Addresses, Dialer, first_open, resolve


class Resolver:
    """The network's resolver: answers, stalls until `let_go`, or fails."""

    def __init__(self, answer: Sequence[str] = ("192.0.2.1",)) -> None:
        self.answer = answer
        self.fault: OSError | None = None
        self.asked = 0
        self._may_go = threading.Event()
        self._may_go.set()

    def stall(self) -> None:
        self._may_go.clear()

    def let_go(self) -> None:
        self._may_go.set()

    def __call__(self, _host: str, _port: int) -> Sequence[str]:
        self.asked += 1
        self._may_go.wait(10)
        if self.fault is not None:
            raise self.fault
        return self.answer


@pytest.fixture
def resolver() -> Iterator[Resolver]:
    made = Resolver()
    yield made
    made.let_go()


@pytest.mark.scenario(3)
def test_a_stalled_resolver_is_given_up_in_time_and_asked_no_second_time(resolver: Resolver) -> None:
    addresses = Addresses(resolver)
    resolver.stall()
    for _ in range(3):
        with pytest.raises(httpcore.ConnectTimeout, match="host.example"):
            addresses.of("host.example", 443, 0.01)
    assert resolver.asked == 1
    resolver.let_go()
    assert addresses.of("host.example", 443, 5) == ("192.0.2.1",)


def test_an_answer_that_came_too_late_is_kept_and_the_next_call_asks_anew(resolver: Resolver) -> None:
    addresses = Addresses(resolver)
    resolver.stall()
    with pytest.raises(httpcore.ConnectTimeout):
        addresses.of("host.example", 443, 0.01)
    resolver.let_go()
    addresses._queries["host.example", 443].ended.wait(5)
    resolver.stall()
    assert addresses.of("host.example", 443, 5) == ("192.0.2.1",)
    assert resolver.asked == 2
    resolver.answer = ("192.0.2.2",)
    resolver.let_go()
    addresses._queries["host.example", 443].ended.wait(5)
    assert addresses.of("host.example", 443, 5) == ("192.0.2.2",)


def test_a_name_that_was_found_before_is_not_waited_for(resolver: Resolver) -> None:
    addresses = Addresses(resolver)
    addresses.of("host.example", 443, 5)
    resolver.stall()
    began = time.monotonic()
    assert addresses.of("host.example", 443, 5) == ("192.0.2.1",)
    assert time.monotonic() - began < 2


def test_a_name_that_is_gone_keeps_its_last_address_and_a_new_one_is_taken(resolver: Resolver) -> None:
    addresses = Addresses(resolver)
    addresses.of("host.example", 443, 5)
    resolver.fault = OSError("gone")
    assert addresses.of("host.example", 443, 5) == ("192.0.2.1",)
    resolver.fault, resolver.answer = None, ("192.0.2.2",)
    assert addresses.of("host.example", 443, 5) == ("192.0.2.2",)


def test_a_name_that_nobody_knows_is_said(resolver: Resolver) -> None:
    resolver.fault = OSError("Name or service not known")
    with pytest.raises(httpcore.ConnectError, match=r"host\.example is not known: Name or service not known"):
        Addresses(resolver).of("host.example", 443, 5)


def test_the_two_families_come_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    six, four, stream = socket.AF_INET6, socket.AF_INET, socket.SOCK_STREAM
    found = [
        (six, stream, 6, "", ("2001:db8::1", 443, 0, 0)),
        (six, stream, 6, "", ("2001:db8::2", 443, 0, 0)),
        (four, stream, 6, "", ("192.0.2.1", 443)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    assert resolve("host.example", 443) == ["2001:db8::1", "192.0.2.1", "2001:db8::2"]


class Stream(httpcore.NetworkStream):
    """A connection that remembers whether it was closed."""

    def __init__(self) -> None:
        self.closed = threading.Event()

    def close(self) -> None:
        self.closed.set()


@pytest.mark.scenario(21)
def test_a_dead_address_costs_a_quarter_of_a_second_and_its_late_connection_is_closed() -> None:
    late, good, may_end = Stream(), Stream(), threading.Event()

    def connect(address: str) -> httpcore.NetworkStream:
        if address == "dead":
            may_end.wait(10)
            return late
        return good

    began = time.monotonic()
    assert first_open(["dead", "alive"], connect) is good
    assert 0.2 < time.monotonic() - began < 5
    may_end.set()
    assert late.closed.wait(5)
    assert not good.closed.is_set()


def test_an_address_that_refuses_is_passed_over_at_once() -> None:
    good = Stream()

    def connect(address: str) -> httpcore.NetworkStream:
        if address == "good":
            return good
        raise httpcore.ConnectError(address)

    began = time.monotonic()
    assert first_open(["no", "not", "good"], connect) is good
    assert time.monotonic() - began < 0.2


def test_when_none_opens_the_last_failure_is_told() -> None:
    def connect(address: str) -> httpcore.NetworkStream:
        raise httpcore.ConnectError(address)

    with pytest.raises(httpcore.ConnectError, match="second"):
        first_open(["first", "second"], connect)


def test_a_real_port_behind_a_dead_address_is_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        dialer = Dialer(Addresses(lambda _host, _port: ("127.0.0.2", "127.0.0.1")))
        stream = dialer.connect_tcp("host.example", port, 2.0)
        connection, _ = listener.accept()
        stream.write(b"hello")
        assert connection.recv(5) == b"hello"
        stream.close()
        connection.close()


@pytest.mark.parametrize(("alive", "reached"), [(8, True), (9, False)])
def test_of_a_name_with_hundreds_of_addresses_eight_are_tried(alive: int, *, reached: bool) -> None:
    addresses = [f"127.0.0.{number}" for number in range(1, 250)]
    with socket.create_server((f"127.0.0.{alive}", 0)) as listener:
        dialer = Dialer(Addresses(lambda _host, _port: addresses))
        try:
            dialer.connect_tcp("many.example", listener.getsockname()[1], 1.0).close()
            assert reached
        except httpcore.ConnectError:
            assert not reached
