"""HTTP requests and replies as values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from koshelek_driver.sandbox.scripts import Wire


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as received. Header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class HttpReply:
    """A reply, with the delay before it and the fault that strikes it on the wire."""

    status: int
    body: bytes = b""
    content_type: str = "application/json; charset=utf-8"
    wire: Wire = Wire.NORMAL
    delay_s: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)


def json_reply(status: int, payload: Any, **more: Any) -> HttpReply:
    """Return a reply with a JSON body."""
    return HttpReply(status, json.dumps(payload, ensure_ascii=False).encode(), **more)


def refusal(code: str, details: str, status: int = 422) -> HttpReply:
    """Return a reply with the error object of the API."""
    return json_reply(status, {"code": code, "details": details})
