"""What can come of a call. "No answer" and "the answer is no" are different types: money depends on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from koshelek_driver.pay_api.models import ErrorAnswer, TransactionAnswer
from koshelek_driver.pay_api.requests import Request


@dataclass(frozen=True, slots=True)
class Answered:
    """HTTP 200 with an answer to this request. `raw` is the whole object, with fields that no version has yet."""

    answer: TransactionAnswer
    raw: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """The host understood and said no. `code` is the API's, or `HTTP_401` and the like."""

    code: str
    details: str = ""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The request may have been carried out; nothing usable came back."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """Not one byte of the request left this machine."""

    details: str
    code: str = "HOST_UNREACHABLE"


Reply = Answered | Refused | NoAnswer | NotSent

_UNDECIDED_CLIENT_ERRORS = frozenset((408, 409, 425, 429))
"""These say "not now", not "no": the request may be under way, or is to be sent again."""


def read(request: Request, http_status: int, body: bytes) -> Reply:
    """Make a reply of an HTTP answer. Anything that is not clearly a yes or a no is NoAnswer."""
    if http_status == 200:
        return _read_answer(request, body)
    if http_status == 422:
        return _read_refusal(body)
    if 300 <= http_status < 500 and http_status not in _UNDECIDED_CLIENT_ERRORS:
        return Refused(f"HTTP_{http_status}")
    return NoAnswer(f"HTTP {http_status}")


def _read_answer(request: Request, body: bytes) -> Reply:
    try:
        raw = msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"))
        answer = msgspec.convert(raw, TransactionAnswer, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return NoAnswer("HTTP 200 with a body that is not the answer of this call")
    if answer.request_id != request.request_id:
        return NoAnswer("HTTP 200 that answers another request")
    return Answered(answer, raw)


def _read_refusal(body: bytes) -> Reply:
    try:
        refusal = msgspec.json.decode(body, type=ErrorAnswer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return NoAnswer("HTTP 422 without an error code")
    return Refused(refusal.code, refusal.details or "")
