"""Replies as they may be stored and shown: without the secrets of the request, and of a bounded size."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import msgspec

from koshelek_driver.pay_api.masking import LONGEST_KEPT, SentSecrets
from koshelek_driver.pay_api.models import Slip, TransactionAnswer
from koshelek_driver.pay_api.replies import Answered, Listed, NoAnswer, NotSent, Refused, Reply

_LONGEST_CODE = 100
_LONGEST_DETAILS = 1000
_LONGEST_FIELD = 256
_IDS = ("requestId", "transactionId", "refTransactionId")
"""Fields that are never masked: the till compares them."""
_DECIDING = (*_IDS, "status", "refStatus")
_KNOWN_OF_SLIP = frozenset(Slip.__struct_encode_fields__)


def bounded_reply(reply: Reply, secrets: SentSecrets) -> Reply:
    """Return a reply whose texts have no secrets and whose objects have 16 kB at most."""
    match reply:
        case Answered(answer, raw):
            return Answered(_answer(answer, secrets), _bounded(masked_answer(raw, secrets)))
        case Refused(code, details):
            return Refused(_text(code, secrets, _LONGEST_CODE), _text(details, secrets))
        case NoAnswer(reason):
            return replace(reply, reason=_text(reason, secrets))
        case NotSent(details):
            return replace(reply, details=_text(details, secrets))
        case Listed(answer):
            providers = tuple(
                msgspec.structs.replace(
                    each,
                    payment_type=_text(each.payment_type, secrets, _LONGEST_CODE),
                    message=None if each.message is None else _text(each.message, secrets),
                )
                for each in answer.payment_type_availability_info_list
            )
            return Listed(msgspec.structs.replace(answer, payment_type_availability_info_list=providers))
        case _:
            return reply


def masked_answer(raw: dict[str, Any], secrets: SentSecrets) -> dict[str, Any]:
    """Return a whole answer without secrets; its ids stay as they are."""
    return {**secrets.mask_value(raw), **{name: raw[name] for name in _IDS if name in raw}}


def _answer(answer: TransactionAnswer, secrets: SentSecrets) -> TransactionAnswer:
    code = answer.error_code
    return msgspec.structs.replace(
        answer,
        slip=_slip(answer.slip, secrets),
        error_code=None if code is None else _text(code, secrets, _LONGEST_CODE),
    )


def _slip(slip: dict[str, Any] | None, secrets: SentSecrets) -> dict[str, Any] | None:
    """Return a slip without secrets; of one above 16 kB only the known fields, each cut."""
    if slip is None:
        return None
    masked: dict[str, Any] = secrets.mask_value(slip)
    if len(msgspec.json.encode(masked)) <= LONGEST_KEPT:
        return masked
    return {name: _cut(value) for name, value in masked.items() if name in _KNOWN_OF_SLIP}


def _bounded(masked: dict[str, Any]) -> dict[str, Any]:
    """Return an answer; of one above 16 kB only what decides, with its size and SHA-256."""
    encoded = msgspec.json.encode(masked)
    if len(encoded) <= LONGEST_KEPT:
        return masked
    left_out = {"bytes": len(encoded), "sha256": hashlib.sha256(encoded).hexdigest()}
    return {**{name: _cut(masked[name]) for name in _DECIDING if name in masked}, "leftOut": left_out}


def _text(text: str, secrets: SentSecrets, longest: int = _LONGEST_DETAILS) -> str:
    masked = secrets.mask_text(text)
    return masked if len(masked) <= longest else f"{masked[:longest]}…"


def _cut(value: Any) -> Any:
    """Return a plain value, cut; anything that is nested is left out."""
    if isinstance(value, str):
        return value[:_LONGEST_FIELD]
    return value if isinstance(value, int | float | bool) and len(str(value)) <= _LONGEST_FIELD else None
