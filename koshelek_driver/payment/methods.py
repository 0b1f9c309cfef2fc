"""Ask which providers a customer may use: one request, and on servers older than 1.2.0 some polls for its response."""

from __future__ import annotations

from dataclasses import dataclass

from koshelek_driver.card.totp import ResultCode, Verification
from koshelek_driver.errors import TotpModuleError
from koshelek_driver.pay_api import requests
from koshelek_driver.pay_api.models import Provider
from koshelek_driver.pay_api.replies import Computing, Listed, NoAnswer, NotSent, Refused, Reply
from koshelek_driver.payment.conversation.runner import Caller
from koshelek_driver.payment.order import Order
from koshelek_driver.payment.parts import PaymentParts
from koshelek_driver.payment.shown_card import ShownCard


@dataclass(frozen=True, slots=True)
class Methods:
    """The providers of a customer for an order.

    `default`: start the wallet payment without asking. If there are no providers, `error_code` says why.
    """

    verification: Verification
    default: bool = False
    providers: tuple[Provider, ...] = ()
    error_code: str = ""
    details: str = ""

    @property
    def can_pay(self) -> bool:
        """True if there is a provider that the customer may use."""
        return any(provider.available for provider in self.providers)


class MethodsQuery:
    """Asks the host for the providers. It stores nothing and charges nothing."""

    def __init__(self, parts: PaymentParts, cards: ShownCard, client: Caller, longest_s: float) -> None:
        self._parts = parts
        self._cards = cards
        self._client = client
        self._longest_s = longest_s

    def ask(self, order: Order, verification: Verification) -> Methods:
        """Return the providers. Blocks `longest_s` and one call at most; a failure is in `error_code`."""
        card = verification.presentation
        if not verification.can_pay or card is None or card.card_session is None:
            return Methods(verification, error_code=verification.result_code, details=verification.details)
        try:
            token = self._cards.token(card)
        except TotpModuleError as problem:
            return Methods(verification, error_code=ResultCode.MODULE_UNREACHABLE, details=problem.what)
        request = requests.methods(
            self._parts.merchant,
            next(self._parts.ids),
            order.invoice,
            card_number=card.card_number,
            card_session=card.card_session,
            token=token,
        )
        return _read(verification, self._listed(request))

    def _listed(self, request: requests.Request) -> Reply:
        give_up_s = self._parts.clock.now_s() + self._longest_s
        reply = self._client.call(request).reply
        while isinstance(reply, Computing):
            due_s = self._parts.clock.now_s() + reply.wait_s
            if due_s > give_up_s:
                return NoAnswer(f"the host did not finish the list in {self._longest_s:g} s")
            self._parts.clock.wait(due_s, None)
            reply = self._client.call(requests.methods_poll(request.request_id, reply.availability_info_id)).reply
        return reply


def _read(verification: Verification, reply: Reply) -> Methods:
    match reply:
        case Listed(answer):
            providers = answer.payment_type_availability_info_list
            return Methods(verification, answer.koshelek_pay_is_default, providers)
        case Refused(code, details) | NotSent(details, code):
            return Methods(verification, error_code=code, details=details)
        case NoAnswer(reason):
            return Methods(verification, error_code="HOST_UNREACHABLE", details=reason)
        case _:
            return Methods(verification, error_code="HOST_UNREACHABLE", details="an answer to another question")
