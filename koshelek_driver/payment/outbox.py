"""Messages to the host that no cashier waits for: fiscal receipts, and checks of payments that must stay unpaid."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from koshelek_driver.errors import UsageError
from koshelek_driver.pay_api import requests
from koshelek_driver.pay_api.ids import is_same_id
from koshelek_driver.pay_api.models import Call
from koshelek_driver.pay_api.replies import Answered, Done, NotSent, Refused, Reply
from koshelek_driver.pay_api.requests import Merchant, Request
from koshelek_driver.payment.clock import Clock
from koshelek_driver.payment.conversation.runner import Caller
from koshelek_driver.payment.fiscal import fiscal_receipt
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.journal.outbox_book import Entry, Kind, State
from koshelek_driver.payment.outcome import Outcome, Payment

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 5.0, 900.0
_TRIES = 300
"""Some three days of retries; then a receipt is parked."""
_LOOKS_S = (300.0, 1800.0, 7200.0, 43_200.0)
"""The pauses between looks at a cancelled payment: half a day in all."""
_ALARM_LOOK_S = 3600.0
_LATEST_S = max(*_LOOKS_S, _LONGEST_PAUSE_S, _ALARM_LOOK_S)
_GIVEN_BACK = ("partial_refunded", "refunded")
_NOT_NOW = ("HTTP_401", "HTTP_403", "HTTP_404", "HTTP_429")
"""Refusals that a technician mends; the entry waits for it."""


class Outbox:
    """Sends each entry until the host has taken it, at growing intervals.

    `paid` are the statuses of the host that mean that money was taken.
    """

    def __init__(
        self, journal: Journal, merchant: Merchant, *, paid: Collection[str], ids: Iterator[str], clock: Clock
    ) -> None:
        self._journal = journal
        self._paid_statuses = frozenset((*paid, "refunding"))
        self._merchant = merchant
        self._ids = ids
        self._clock = clock

    def queue_receipt(self, order_id: str, invoice_json: bytes, taxes: Collection[str]) -> Entry:
        """Store a fiscal receipt for sending; the same receipt again is stored once.

        Raises:
            UsageError: the order is not paid, a field is wrong, or the receipt was sent with other contents.
            JournalError: the journal cannot be written.
        """
        payment = self._paid(order_id)
        invoice = fiscal_receipt(invoice_json, order_id, taxes, self._merchant.version)
        earlier = self._journal.outbox.find(Kind.RECEIPT, order_id, invoice.receipt_id)
        request_id = earlier.request_id if earlier else next(self._ids)
        request = requests.receipt(self._merchant, request_id, payment.verdict.transaction_id, invoice)
        if earlier is None:
            self._journal.outbox.add(
                Kind.RECEIPT,
                invoice.receipt_id,
                order_id,
                payment.verdict.transaction_id,
                request_id=request_id,
                body=request.body,
                at_s=self._clock.unix_s(),
            )
        elif earlier.body != request.body:
            what = f"receipt {invoice.receipt_id} of order {order_id} was sent with other contents"
            raise UsageError(what, "a changed receipt needs a receiptId of its own")
        elif earlier.state is State.PARKED:
            self._move(earlier, State.WAITING, earlier.last, pause_s=0.0, tries=0)
        return self._found(order_id, invoice.receipt_id)

    def send(self, entry: Entry, client: Caller) -> Entry:
        """Try an entry once. May block as long as one call does. Raises JournalError."""
        if entry.kind is Kind.RECEIPT:
            self._send_receipt(entry, client)
        else:
            self._look(entry, client)
        return self._found(entry.order_id, entry.key, entry.kind)

    def send_due(self, client: Caller, goes_on: Callable[[], bool] = lambda: True) -> list[Entry]:
        """Try every entry that is due, once, while `goes_on` returns True. Raises JournalError."""
        now_s = self._clock.unix_s()
        due = self._journal.outbox.due(now_s, now_s + _LATEST_S)
        return [self.send(entry, client) for entry in due if goes_on()]

    def send_all(self, client: Caller) -> list[Entry]:
        """Try every receipt that waits or was parked, due or not, and every check that is due. Raises JournalError.

        A check is never early: its looks are spread over half a day, however often a person asks.
        """
        waiting = [entry for entry in self._journal.outbox.unfinished() if entry.kind is Kind.RECEIPT]
        return [self.send(entry, client) for entry in waiting] + self.send_due(client)

    def _paid(self, order_id: str) -> Payment:
        payment = self._journal.latest(order_id)
        if payment is None:
            raise UsageError(f"the journal has no order {order_id}", "check the number")
        if payment.outcome is not Outcome.PAID or not payment.verdict.transaction_id:
            raise UsageError(f"the host does not know order {order_id} as paid", "send its receipt when it is paid")
        return payment

    def _send_receipt(self, entry: Entry, client: Caller) -> None:
        request = Request(Call.RECEIPT, entry.request_id, entry.body)
        reply = client.call(request).reply
        tries = entry.tries + 1
        if isinstance(reply, Done):
            self._move(entry, State.DONE, "", pause_s=0.0, tries=tries)
        elif isinstance(reply, Refused) and reply.code not in _NOT_NOW:
            self._move(entry, State.REFUSED, reply.code, pause_s=0.0, tries=tries)
        else:
            pause_s = min(_FIRST_PAUSE_S * 2 ** min(entry.tries, 10), _LONGEST_PAUSE_S)
            state = State.PARKED if tries >= _TRIES else State.WAITING
            self._move(entry, state, _in_words(reply), pause_s=pause_s, tries=tries)

    def _look(self, entry: Entry, client: Caller) -> None:
        """Ask for the status of a cancelled payment. If the host cannot say, ask again after the same pause."""
        if not self._journal.outbox.claim(entry, self._clock.unix_s() + _LONGEST_PAUSE_S):
            return
        request = requests.status(self._merchant, next(self._ids), entry.transaction_id)
        reply = client.call(request).reply
        if not isinstance(reply, Answered) or not is_same_id(reply.answer.transaction_id, entry.transaction_id):
            self._move(entry, entry.state, _in_words(reply), pause_s=_LONGEST_PAUSE_S, tries=entry.tries)
            return
        status = reply.answer.status or ""
        if status in self._paid_statuses:
            self._move(entry, State.ALARM, status, pause_s=_ALARM_LOOK_S, tries=entry.tries)
        elif status in _GIVEN_BACK or entry.tries >= len(_LOOKS_S):
            self._move(entry, State.DONE, status, pause_s=0.0, tries=entry.tries)
        else:
            self._move(entry, State.WAITING, status, pause_s=_LOOKS_S[entry.tries], tries=entry.tries + 1)

    def _move(self, entry: Entry, state: State, last: str, *, pause_s: float, tries: int) -> None:
        at_s = self._clock.unix_s()
        self._journal.outbox.update(entry, state, tries=tries, due_s=at_s + pause_s, last=last, at_s=at_s)

    def _found(self, order_id: str, key: str, kind: Kind = Kind.RECEIPT) -> Entry:
        found = self._journal.outbox.find(kind, order_id, key)
        assert found is not None
        return found


def _in_words(reply: Reply) -> str:
    match reply:
        case Refused(code, _) | NotSent(_, code):
            return code
        case _:
            return "no answer"
