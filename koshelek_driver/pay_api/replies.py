"""The results of a call. "No answer" and "the answer is no" are different types: money depends on it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from koshelek_driver.foreign_json import ForeignJsonError, parse_json_object, read_fields
from koshelek_driver.pay_api.ids import is_same_id
from koshelek_driver.pay_api.models import (
    Call,
    ErrorAnswer,
    MethodsAnswer,
    TransactionAnswer,
    read_methods,
    read_transaction,
)
from koshelek_driver.pay_api.requests import Request


@dataclass(frozen=True, slots=True)
class Answered:
    """HTTP 200 with an answer to this request. `raw` is the whole object, including unknown fields."""

    answer: TransactionAnswer
    raw: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Done:
    """HTTP 200 to a call whose response has no content."""


@dataclass(frozen=True, slots=True)
class Listed:
    """HTTP 200 with the list of methods."""

    answer: MethodsAnswer


@dataclass(frozen=True, slots=True)
class Computing:
    """The list of methods is being computed: ask for it by this id after `wait_s` seconds."""

    availability_info_id: str
    wait_s: float


@dataclass(frozen=True, slots=True)
class Refused:
    """The host refused the request. `code` is the API's, or `HTTP_401` and the like."""

    code: str
    details: str = ""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The request may have been carried out, but no usable response came back.

    `wait_s` is the pause that the host asks for, in seconds.
    """

    reason: str
    wait_s: float = 0.0


@dataclass(frozen=True, slots=True)
class NotSent:
    """Not one byte of the request left this machine."""

    details: str
    code: str = "HOST_UNREACHABLE"


Reply = Answered | Done | Listed | Computing | Refused | NoAnswer | NotSent

_SHORTEST_WAIT_S = 0.1
_LONGEST_WAIT_S = 86_400.0
UNDECIDED_CLIENT_ERRORS = frozenset((408, 409, 425, 429))
"""These mean "not now", not "no": the request may be in progress, or must be sent again."""


def parse_reply(request: Request, http_status: int, body: bytes, wait_s: float = 0.0) -> Reply:
    """Parse an HTTP response. Anything that is not clearly a yes or a no is NoAnswer.

    `wait_s` is the pause that the host's Retry-After header asks for, in seconds.
    """
    if http_status in _PARSERS[request.call]:
        return _PARSERS[request.call][http_status](request, body)
    if http_status == 422:
        return _parse_refusal(body)
    if 300 <= http_status < 500 and http_status not in UNDECIDED_CLIENT_ERRORS:
        return Refused(f"HTTP_{http_status}")
    return NoAnswer(f"HTTP {http_status}", wait_s)


def _parse_transaction(request: Request, body: bytes) -> Reply:
    raw = _object(body)
    answer = read_transaction(raw)
    if raw is None or answer is None:
        return NoAnswer("HTTP 200 with a body that is not the answer of this call")
    if not is_same_id(answer.request_id, request.request_id):
        return NoAnswer("HTTP 200 that answers another request")
    return Answered(answer, raw)


def _parse_nothing(_request: Request, _body: bytes) -> Reply:
    """Accept a response that needs no content."""
    return Done()


def _parse_methods(_request: Request, body: bytes) -> Reply:
    raw = _object(body)
    if raw is None:
        return NoAnswer("a body that is not a list of methods")
    answer = read_methods(raw)
    if answer.computation_complete and answer.payment_type_availability_info_list:
        return Listed(answer)
    return _computing(answer, answer.polling_timeout)


def _parse_task(_request: Request, body: bytes) -> Reply:
    raw = _object(body)
    if raw is None:
        return NoAnswer("HTTP 201 with a body that is not a task")
    answer = read_methods(raw)
    return _computing(answer, answer.timeout)


def _computing(answer: MethodsAnswer, wait_ms: float) -> Reply:
    """Both waits are milliseconds; the API's page gives the unit of the second only."""
    if not answer.availability_info_id:
        return NoAnswer("neither a list of methods nor a task")
    wait_s = wait_ms / 1000 if math.isfinite(wait_ms) else _LONGEST_WAIT_S  # "NaN" and "Infinity" as texts are numbers
    return Computing(answer.availability_info_id, min(max(wait_s, _SHORTEST_WAIT_S), _LONGEST_WAIT_S))


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        return parse_json_object(body)
    except ForeignJsonError:
        return None


_PARSERS: dict[Call, dict[int, Callable[[Request, bytes], Reply]]] = {
    Call.CHECKOUT: {200: _parse_transaction},
    Call.STATUS: {200: _parse_transaction},
    Call.CANCEL: {200: _parse_transaction},
    Call.REFUND: {200: _parse_transaction},
    Call.RECEIPT: {200: _parse_nothing},
    Call.METHODS: {200: _parse_methods, 201: _parse_task},
    Call.METHODS_POLL: {200: _parse_methods},
}


def _parse_refusal(body: bytes) -> Reply:
    refusal = read_fields(_object(body) or {}, ErrorAnswer)
    return Refused(refusal.code, refusal.details) if refusal.code else NoAnswer("HTTP 422 without an error code")
