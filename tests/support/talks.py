"""A conversation with replies that are written down before, on a clock that only waits move."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from koshelek_driver.pay_api.models import Call
from koshelek_driver.pay_api.replies import Reply
from koshelek_driver.pay_api.requests import Merchant, Request
from koshelek_driver.payment.conversation.effects import Conversation, RefundEffect, SaleEffect, Send, Turn, Wait
from koshelek_driver.payment.outcome import Verdict

Effect = SaleEffect | RefundEffect

MERCHANT = Merchant("SHOP", "TILL-01", "1.2.1", ("SBP",), "Оплата", qr_key="qr")


@dataclass
class Talk:
    """The verdict, and every effect with the second at which it was asked for."""

    verdict: Verdict
    effects: list[tuple[float, Effect]] = field(default_factory=list)

    @property
    def only(self) -> list[Effect]:
        """The effects without their times."""
        return [effect for _, effect in self.effects]

    @property
    def waits(self) -> list[tuple[float, Wait]]:
        """Every wait with its length."""
        return [(effect.until_s - at_s, effect) for at_s, effect in self.effects if isinstance(effect, Wait)]

    @property
    def sent(self) -> list[tuple[float, Request]]:
        """Every request with its second."""
        return [(at_s, effect.request) for at_s, effect in self.effects if isinstance(effect, Send)]

    @property
    def calls(self) -> list[Call]:
        """The calls of the API in their order."""
        return [request.call for _, request in self.sent]


def talk(conversation: Conversation[Any], replies: Iterable[Reply], *, cancel_at_s: float = float("inf")) -> Talk:
    """Run a conversation that began at second 0; a request takes no time, and a wait is not cut short."""
    left, now_s, effects = iter(replies), 0.0, list[tuple[float, Effect]]()
    try:
        effect = next(conversation)
        while True:
            effects.append((now_s, effect))
            now_s = effect.until_s if isinstance(effect, Wait) else now_s
            reply = next(left) if isinstance(effect, Send) else None
            effect = conversation.send(Turn(now_s, reply, cancel=now_s >= cancel_at_s))
    except StopIteration as end:
        return Talk(end.value, effects)
