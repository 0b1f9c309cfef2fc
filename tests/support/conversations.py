"""Rules, requests, replies, a client and a clock for conversations with a host that follows a script."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

import msgspec

from koshelek_driver.pay_api.client import Exchange
from koshelek_driver.pay_api.models import Call, TransactionAnswer
from koshelek_driver.pay_api.replies import Answered, NotSent, Reply
from koshelek_driver.pay_api.requests import Request
from koshelek_driver.payment.clock import Wakeup
from koshelek_driver.payment.conversation.effects import Rules
from koshelek_driver.payment.outcome import Outcome
from koshelek_driver.secrets import Secret

RULES = Rules(
    first_poll_s=0.25,
    poll_interval_s=0.25,
    decision_timeout_s=30.0,
    settle_timeout_s=10.0,
    connect_timeout_s=3.0,
    resend_attempts=3,
    resend_pause_s=0.5,
    resend_window_s=60.0,
    final_statuses={"accepted": Outcome.PAID, "rejected": Outcome.REJECTED, "canceled": Outcome.CANCELED},
)
CHECKOUT = Request(Call.CHECKOUT, "checkout-1", b"the charge", Secret("token"))
SLIP = {"id": "slip-1"}
REFUND_SLIP = {"id": "slip-1", "refundTransactionId": "ref-1"}


def ids() -> Iterator[str]:
    """Return request ids in a fixed order: id-0, id-1 and so on."""
    return (f"id-{number}" for number in count())


def answered(request: Request, status: str | None, **more: object) -> Answered:
    """Return a response of the host about transaction t-1; `more` are fields of the response."""
    answer = TransactionAnswer(request_id=request.request_id, transaction_id="t-1", status=status)
    whole = msgspec.structs.replace(answer, **more)
    return Answered(whole, {"status": status, **more})


def scripted(*statuses: str | None, took_s: float = 0.0) -> Callable[[Request, float], tuple[Reply, float]]:
    """Return a host that answers a checkout with `new`, then with these statuses in turn, the last one for ever."""
    left = list(statuses)

    def answer(request: Request, _now_s: float) -> tuple[Reply, float]:
        if request.call is Call.CHECKOUT:
            return answered(request, "new"), took_s
        status = left.pop(0) if len(left) > 1 else left[0]
        return answered(request, status, slip=SLIP if status == "accepted" else None), took_s

    return answer


def refund_answered(
    request: Request, ref_status: str | None, *, error_code: str = "", ref: str | None = "ref-1", slip: bool = True
) -> Answered:
    """Return a response of the host about a refund of transaction t-1."""
    has_slip = slip and ref_status == "accepted"
    answer = TransactionAnswer(
        request_id=request.request_id,
        transaction_id="t-1",
        status="refunding",
        refund_transaction_id=ref,
        ref_status=ref_status,
        error_code=error_code or None,
        slip=REFUND_SLIP if has_slip else None,
    )
    return Answered(answer, {"refStatus": ref_status})


@dataclass
class FakeClock:
    """A clock that moves only while a wait lasts."""

    steady_s: float = 1000.0
    wall_s: float = 1_800_000_000.0
    boot: str = "boot-1"

    def boot_id(self) -> str:
        return self.boot

    def now_s(self) -> float:
        return self.steady_s

    def unix_s(self) -> float:
        return self.wall_s

    def wait(self, until_s: float, wake: Wakeup | None) -> None:
        if wake is None or not wake.is_set():
            self.pass_by(max(0.0, until_s - self.steady_s))

    def pass_by(self, seconds: float) -> None:
        self.steady_s += seconds
        self.wall_s += seconds


@dataclass
class FakeClient:
    """A Pay API client without a socket: `answer` gives each reply and the seconds that it takes.

    `on_the_way` is called while a request is on its way, so that a test can check the journal at that moment.
    """

    clock: FakeClock
    answer: Callable[[Request, float], tuple[Reply, float]]
    on_the_way: Callable[[Request], None] = lambda _request: None
    requests: list[Request] = field(default_factory=list)

    def call(self, request: Request) -> Exchange:
        self.requests.append(request)
        self.on_the_way(request)
        started_s = self.clock.now_s()
        reply, took_s = self.answer(request, started_s)
        self.clock.pass_by(took_s)
        first_byte_s = None if isinstance(reply, NotSent) else started_s + 0.002
        return Exchange(request, reply, started_s, first_byte_s, self.clock.now_s())
