"""Faults planted in copies of the conversations: a proof that does not find each of them proves nothing.

A plant is a small edit of the source of `sale.py` or `refund.py` that breaks one rule. The edited copy is executed
beside the real module; no file is changed.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from koshelek_driver.payment.conversation import refund, sale

NO_AFTER_ALL = "nothing is a no once a request may have arrived"
FINAL = "a final state is never left"
GAP = "two questions for the status are 250 ms apart"
ENDS = "every conversation ends within a bound of turns"
STORED = "the host's id is stored before it is used"
ABOUT_CANCEL = "every repeat of a cancel has the same requestId"


@dataclass(frozen=True, slots=True)
class Plant:
    """One fault: `old` stands once in the source, `new` takes its place, and `rule` must be found broken."""

    name: str
    module: ModuleType
    old: str
    new: str
    rule: str
    cancel_undecided: bool = True

    def grown(self) -> ModuleType:
        """Return a copy of the module with the fault.

        Raises:
            LookupError: the source has changed, and the plant must be written anew.
        """
        source = Path(str(self.module.__file__)).read_text(encoding="utf-8")
        if source.count(self.old) != 1:
            raise LookupError(f"plant {self.name!r}: {self.old!r} stands {source.count(self.old)} times in the source")
        copy = ModuleType(f"{self.module.__name__}_planted")
        sys.modules[copy.__name__] = copy  # dataclasses look their module up by its name
        exec(compile(source.replace(self.old, self.new), copy.__name__, "exec"), vars(copy))
        return copy


SALE_PLANTS = (
    Plant(
        "the window is not looked at",
        sale,
        "return self._turn.now_s + pause_s - self._began_s > window_s",
        "return False",
        "no checkout leaves after its window",
    ),
    Plant(
        "the window is not looked at behind the pause",
        sale,
        "            pause_s = 0.0\n",
        "            return True\n",
        "no checkout leaves after its window",
    ),
    Plant(
        "the checkout has a new id each time",
        sale,
        "Send(self._checkout)",
        "Send(replace(self._checkout, request_id=next(self._ids)))",
        "a checkout is repeated as the same bytes and requestId",
    ),
    Plant(
        "a known sale is charged again",
        sale,
        "if not self._transaction_id:",
        "if True:",
        "no checkout follows an answer",
    ),
    Plant(
        "the cashier's cancel before the charge is not heard",
        sale,
        "if self._turn.cancel and not self._maybe_arrived:",
        "if False:",
        "no first checkout leaves after the cashier's cancel",
    ),
    Plant(
        "the last failure is a no",
        sale,
        "return self._unknown() if self._maybe_arrived else verdict",
        "return verdict",
        NO_AFTER_ALL,
    ),
    Plant(
        "no answer is as good as not sent",
        sale,
        "        self._maybe_arrived = True\n        return True\n",
        "        return True\n",
        NO_AFTER_ALL,
    ),
    Plant(
        "a resumed sale is taken for a new one",
        sale,
        "self._maybe_arrived = start.first_sent_s is not None",
        "self._maybe_arrived = False",
        NO_AFTER_ALL,
    ),
    Plant(
        "the decision timeout is a cancel",
        sale,
        "return verdict or self._unknown()",
        'return verdict or Verdict(Outcome.CANCELED, self._transaction_id, "DECISION_TIMEOUT")',
        NO_AFTER_ALL,
    ),
    Plant(
        "an answer about another payment counts",
        sale,
        "return reply if is_same_id(reply.answer.transaction_id, self._transaction_id) else None",
        "return reply",
        "nothing is paid without the host's word",
    ),
    Plant(
        "the answer with the slip decides anew",
        sale,
        "return Verdict(outcome, self._transaction_id, answer.error_code",
        "outcome = self._rules.final_statuses.get(answer.status or '', outcome)\n"
        "        return Verdict(outcome, self._transaction_id, answer.error_code",
        FINAL,
    ),
    Plant(
        "a payment that is being given back was not paid",
        sale,
        'frozenset(("refunding", "partial_refunded", "refunded"))',
        "frozenset[str]()",
        FINAL,
    ),
    Plant(
        "the host's id is not stored",
        sale,
        "yield from self._do(KeepTransaction(self._transaction_id))",
        "pass",
        STORED,
    ),
    Plant(
        "the cancel is not stored",
        sale,
        "yield from self._do(KeepCancel(request.request_id))",
        "pass",
        "a cancel is stored before it is sent",
    ),
    Plant(
        "a resumed sale makes a new cancel",
        sale,
        "self._cancel_request_id or next(self._ids)",
        "next(self._ids)",
        ABOUT_CANCEL,
    ),
    Plant(
        "each repeat of a cancel has a new id",
        sale,
        "reply = (yield from self._do(Send(request))).reply\n            if",
        "reply = (yield from self._do(Send(replace(request, request_id=next(self._ids))))).reply\n            if",
        ABOUT_CANCEL,
    ),
    Plant(
        "a paid sale is cancelled",
        sale,
        "if verdict is None and (self._turn.cancel or self._rules.cancel_undecided):",
        "if self._turn.cancel or self._rules.cancel_undecided:",
        "no cancel follows a final status",
    ),
    Plant(
        "an undecided sale is cancelled against the settings",
        sale,
        "(self._turn.cancel or self._rules.cancel_undecided)",
        "True",
        "nobody but a person cancels where the settings say so",
        cancel_undecided=False,
    ),
    Plant(
        "the cashier's cancel is not sent",
        sale,
        "(self._turn.cancel or self._rules.cancel_undecided)",
        "self._rules.cancel_undecided",
        "a cancel that is wanted is sent",
        cancel_undecided=False,
    ),
    Plant("news is asked for at once", sale, "_FASTEST_POLL_S = 0.25", "_FASTEST_POLL_S = 0.125", GAP),
    Plant(
        "polls are counted from the asking",
        sale,
        "            reply = yield from self._ask_status()\n            verdict = (",
        "            asked_s = self._turn.now_s\n            reply = yield from self._ask_status()\n"
        "            self._turn = replace(self._turn, now_s=asked_s)\n            verdict = (",
        GAP,
    ),
    Plant(
        "the slip is asked for without a pause",
        sale,
        "Wait(self._turn.now_s + self._rules.first_poll_s, heed_cancel=False)",
        "Wait(self._turn.now_s, heed_cancel=False)",
        GAP,
    ),
    Plant(
        "a status is asked for ever",
        sale,
        "if verdict is not None or self._turn.now_s >= deadline_s:",
        "if verdict is not None:",
        ENDS,
    ),
    Plant(
        "a host that asks for a long pause gets it",
        sale,
        "latest_s = max(deadline_s, answered_s + _FASTEST_POLL_S)",
        'latest_s = float("inf")',
        "every wait is bounded",
    ),
    Plant(
        "silence is an answer",
        sale,
        "        if not isinstance(reply, Answered):\n            return None\n        return reply if",
        "        return reply if",
        "a conversation raises nothing",
    ),
)

REFUND_PLANTS = (
    Plant(
        "a refund has a new id each time",
        refund,
        "Send(self._request)",
        "Send(Request(self._request.call, next(self._ids), self._request.body, self._request.token))",
        "a refund is repeated as the same bytes and requestId",
    ),
    Plant(
        "the last failure is a no",
        refund,
        "return None if self._maybe_arrived else verdict",
        "return verdict",
        NO_AFTER_ALL,
    ),
    Plant(
        "a host that is not trusted any more says no",
        refund,
        'return reply.code == "HOST_NOT_TRUSTED" and not self._maybe_arrived',
        'return reply.code == "HOST_NOT_TRUSTED"',
        NO_AFTER_ALL,
    ),
    Plant(
        "a proxy's refusal of a repeat is a no",
        refund,
        'return not reply.code.startswith("HTTP_") and reply.code not in _OURS_IS_RUNNING',
        "return reply.code not in _OURS_IS_RUNNING",
        NO_AFTER_ALL,
    ),
    Plant(
        "our own running refund is a no",
        refund,
        'return not reply.code.startswith("HTTP_") and reply.code not in _OURS_IS_RUNNING',
        'return not reply.code.startswith("HTTP_")',
        NO_AFTER_ALL,
    ),
    Plant(
        "a resumed refund is taken for a new one",
        refund,
        "self._maybe_arrived = start.maybe_arrived",
        "self._maybe_arrived = False",
        NO_AFTER_ALL,
    ),
    Plant(
        "a refund that is not decided is a no",
        refund,
        "return verdict or self._unknown()",
        'return verdict or self._rejected("REFUND_TIMEOUT")',
        NO_AFTER_ALL,
    ),
    Plant(
        "an answer about another payment counts",
        refund,
        "return reply if not told or any(is_same_id(told, one) for one in known) else None",
        "return reply",
        "nothing is given back without the host's word",
    ),
    Plant(
        "the status of another refund counts",
        refund,
        'return reply if is_same_id(told or "", self._refund_transaction_id) else None',
        "return reply",
        "nothing is given back without the host's word",
    ),
    Plant(
        "a refund that is new is done",
        refund,
        '_ENDS = {"accepted"',
        '_ENDS = {"new": Outcome.REFUNDED, "accepted"',
        "nothing is given back without the host's word",
    ),
    Plant(
        "the refund's id is not stored",
        refund,
        "yield from self._do(KeepRefundTransaction(self._refund_transaction_id))",
        "pass",
        STORED,
    ),
    Plant(
        "polls have no pause",
        refund,
        "due_s = self._turn.now_s + requested_pause_s(self._turn.reply, self._rules.poll_interval_s)",
        "due_s = self._turn.now_s",
        GAP,
    ),
    Plant(
        "a status is asked for ever",
        refund,
        "while verdict is None and due_s <= deadline_s:",
        "while verdict is None:",
        ENDS,
    ),
    Plant(
        "a refund with an answer is sent again",
        refund,
        "            if ours is not None:\n                return (yield from self._learned(ours))\n",
        "            if ours is not None and attempt:\n                return (yield from self._learned(ours))\n",
        "no refund follows an answer",
    ),
)
PLANTS = (*SALE_PLANTS, *REFUND_PLANTS)
