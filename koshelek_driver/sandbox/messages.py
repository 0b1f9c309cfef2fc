"""An HTTP request and reply as values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from koshelek_driver.sandbox.scripts import Wire


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What came in. Header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class HttpReply:
    """What goes out, and what becomes of it on the way."""

    status: int
    body: bytes = b""
    content_type: str = "application/json; charset=utf-8"
    wire: Wire = Wire.NORMAL
    delay_s: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)


def json_reply(status: int, payload: Any, **more: Any) -> HttpReply:
    """A reply whose body is JSON."""
    return HttpReply(status, json.dumps(payload, ensure_ascii=False).encode(), **more)


def refusal(code: str, details: str, status: int = 422) -> HttpReply:
    """The API's error object."""
    return json_reply(status, {"code": code, "details": details})
