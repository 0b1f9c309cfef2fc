"""The simulated Pay API host: authentication, contract, idempotency, and the calls over its ledger."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from koshelek_driver.sandbox.contract import LATEST, REQUEST_SCHEMAS, Contract
from koshelek_driver.sandbox.director import Director
from koshelek_driver.sandbox.ledger import Change, Ledger, Reversal, Transaction, status_body
from koshelek_driver.sandbox.messages import HttpReply, HttpRequest, json_reply, refusal
from koshelek_driver.sandbox.scripts import Script, Wire, outcomes
from koshelek_driver.sandbox.stores import Stores
from koshelek_driver.sandbox.wallet import Issuer

PREFIX = "/api/v1/merchant"
CALLS = {
    "checkout": f"{PREFIX}/checkout",
    "status": f"{PREFIX}/transaction/status",
    "cancel": f"{PREFIX}/transaction/cancel",
    "refund": f"{PREFIX}/transaction/refund",
    "receipt": f"{PREFIX}/transaction/receipt",
    "methods": f"{PREFIX}/availability-info/task",
}
_NAMES = {path: name for name, path in CALLS.items()}
_WITH_TOKEN = frozenset(("checkout", "methods", "refund"))
_PASSWORD_WINDOW_STEPS = 2
_POLL = f"{PREFIX}/availability-info/"


@dataclass(frozen=True)
class HostSettings:
    """Credentials, version and pace of the host, and the issuer that checks one-time passwords.

    `partner` is the first part of every path. `pace` multiplies the delays of scripts. With `polled_methods` a request
    for methods is accepted with 201 and must be polled.
    """

    login: str
    password: str
    partner: str = "partner"
    version: str = LATEST
    issuer: Issuer = field(default_factory=Issuer)
    polled_methods: bool = False
    pace: float = 1.0


@dataclass
class Answered:
    """The stored reply to a request, with the path and digest that identify it."""

    path: str
    digest: bytes
    reply: HttpReply


class Host:
    """The host: requests to replies, from any number of threads. `now` returns Unix seconds."""

    def __init__(self, settings: HostSettings, now: Callable[[], float]) -> None:
        self._settings = settings
        self._now = now
        self._contract = Contract(settings.version)
        self._lock = threading.Lock()
        self._answered: dict[str, Answered] = {}
        self._director = Director()
        self._polls: dict[str, int] = {}
        self.ledger = Ledger(settings.pace)
        self.requests: list[dict[str, Any]] = []
        self.violations: list[str] = []
        self.receipts: list[dict[str, Any]] = []
        self.stores = Stores()

    def handle(self, request: HttpRequest) -> HttpReply:
        """Process one request; blocks only while another thread does the same."""
        with self._lock:
            self.ledger.settle(self._now())
            return self._route(request)

    def take_changes(self) -> list[Change]:
        """Return the status changes since the last call, for postbacks."""
        with self._lock:
            self.ledger.settle(self._now())
            changes, self.ledger.changes = self.ledger.changes, []
            return changes

    def plan(self, wanted: dict[str, Any]) -> None:
        """Script the next requests of one call, see `Director.plan`."""
        with self._lock:
            self._director.plan(wanted, (*CALLS, "stores"))

    def clear_plans(self) -> None:
        """Forget all planned scripts."""
        with self._lock:
            self._director.clear_plans()

    # --- routing

    def _route(self, request: HttpRequest) -> HttpReply:
        base = f"/{self._settings.partner}"
        if request.method == "HEAD" or not request.path.startswith(base):
            return refusal("NOT_FOUND", f"the base URL ends with {base}", 404)
        if not self._is_known(request.headers.get("authorization", "")):
            return HttpReply(401, headers={"WWW-Authenticate": "Basic"})
        return self._route_known(request, request.path.removeprefix(base))

    def _route_known(self, request: HttpRequest, path: str) -> HttpReply:
        if path.startswith("/admin/"):
            return self._admin(request.method, path, request.body)
        if request.method == "GET" and path.startswith(_POLL):
            return self._poll_methods(path.removeprefix(_POLL))
        of_stores = self._of_stores(request, path)
        if of_stores is not None:
            return of_stores
        if path not in REQUEST_SCHEMAS or request.method != "POST":
            return refusal("NOT_FOUND", f"no call {request.method} {path}", 404)
        return self._call(_NAMES[path], path, request)

    def _of_stores(self, request: HttpRequest, path: str) -> HttpReply | None:
        """Process a call of the Store API; a planned wire fault strikes there too."""
        reply = self.stores.handle(request, path)
        if reply is None:
            return None
        script = self._director.script_for("stores", {})
        return replace(reply, wire=script.wire, delay_s=script.delay_s)

    def _is_known(self, authorization: str) -> bool:
        expected = f"{self._settings.login}:{self._settings.password}".encode()
        return authorization == f"Basic {base64.b64encode(expected).decode()}"

    def _call(self, name: str, path: str, request: HttpRequest) -> HttpReply:
        problems, body = self._read(name, path, request)
        if problems:
            self.violations += [f"{name}: {problem}" for problem in problems]
            return refusal("CONTRACT_VIOLATION", "; ".join(problems), 400)
        script = self._director.script_for(name, body)
        wire = self._director.wire_for(name, body, script)
        self.requests.append({"call": name, "requestId": body["requestId"], "wire": wire.value})
        if wire is Wire.DROPPED_REQUEST:
            return HttpReply(0, wire=wire)
        return replace(self._once(name, path, request, body, script), wire=wire, delay_s=script.delay_s)

    def _read(self, name: str, path: str, request: HttpRequest) -> tuple[list[str], dict[str, Any]]:
        try:
            body = json.loads(request.body.decode("utf-8"))
        except ValueError as problem:
            return [f"body is not JSON in UTF-8: {problem}"], {}
        problems = self._contract.request_problems(path, body)
        if not request.headers.get("content-type", "").startswith("application/json"):
            problems.append("Content-Type is not application/json")
        if name in _WITH_TOKEN and not request.headers.get("token"):
            problems.append("no token header")
        return problems, body

    def _once(self, name: str, path: str, request: HttpRequest, body: dict[str, Any], script: Script) -> HttpReply:
        """Repeat the stored reply for a repeated request; another request under its requestId is an error."""
        if name == "status":
            return self._status(body)
        digest = hashlib.sha256(request.body).digest()
        earlier = self._answered.get(body["requestId"])
        if earlier is None:
            reply = self._perform(name, request, body, script)
            self._answered[body["requestId"]] = Answered(path, digest, reply)
            return reply
        if (earlier.path, earlier.digest) != (path, digest):
            self.violations.append(f"{name}: requestId {body['requestId']} used for another request")
            return refusal("REQUEST_ID_REUSED", "this requestId belongs to another request")
        return earlier.reply

    def _perform(self, name: str, request: HttpRequest, body: dict[str, Any], script: Script) -> HttpReply:
        if script.refuse:
            return refusal(script.refuse, "по сценарию песочницы")
        token = request.headers.get("token", "")
        calls: dict[str, Callable[[], HttpReply]] = {
            "checkout": lambda: self._checkout(body, token, script),
            "methods": lambda: self._methods(body, token),
            "cancel": lambda: self._cancel(body),
            "refund": lambda: self._refund(body, token, script),
            "receipt": lambda: self._receipt(body),
        }
        return calls[name]()

    # --- the calls

    def _checkout(self, body: dict[str, Any], token: str, script: Script) -> HttpReply:
        if not self._is_genuine(body, token):
            return refusal("UNKNOWN_SESSION_ID", "сессия или одноразовый пароль не подходят к карте")
        earlier = self.ledger.by_session(body["cardSession"])
        if earlier is not None:
            end = "PAYED" if earlier.was_charged else "EXISTS"
            return refusal(f"TRANSACTION_FOR_SESSION_ID_ALREADY_{end}", "сессия уже использована")
        payment = self.ledger.charge(body, script, self._now())
        answer = {"requestId": body["requestId"], "transactionId": payment.id, "status": payment.status}
        return json_reply(200, answer if payment.slip is None else {**answer, "slip": payment.slip})

    def _status(self, body: dict[str, Any]) -> HttpReply:
        found = self._find(body)
        if found is None:
            unknown = {"transactionId": body.get("transactionId", ""), "status": ""}
            return json_reply(200, {"requestId": body["requestId"], **unknown})
        return json_reply(200, status_body(body["requestId"], *found))

    def _find(self, body: dict[str, Any]) -> tuple[Transaction, Reversal | None] | None:
        if "refTransactionId" in body:
            return self.ledger.reversal(body["refTransactionId"])
        payment = self.ledger.transactions.get(body["transactionId"])
        return None if payment is None else (payment, None)

    def _cancel(self, body: dict[str, Any]) -> HttpReply:
        payment = self.ledger.transactions.get(body["transactionId"])
        if payment is None:
            return refusal("UNKNOWN_TRANSACTION_ID", "нет такой транзакции")
        reversal = self.ledger.cancel(payment, self._now())
        return json_reply(200, status_body(body["requestId"], payment, reversal))

    def _refund(self, body: dict[str, Any], token: str, script: Script) -> HttpReply:
        payment = self.ledger.transactions.get(body["transactionId"])
        if payment is None:
            return refusal("UNKNOWN_TRANSACTION_ID", "нет такой транзакции")
        if not _fingerprint(token.rstrip("0123456789")) and not _fingerprint(token):
            return refusal("UNKNOWN_PARTNER_ID", "в token нет отпечатка кассы")
        reversal = self.ledger.refund(payment, body["refundAmount"], self._now(), declined=script.error_code)
        return json_reply(200, status_body(body["requestId"], payment, reversal))

    def _receipt(self, body: dict[str, Any]) -> HttpReply:
        if body["transactionId"] not in self.ledger.transactions:
            return refusal("UNKNOWN_TRANSACTION_ID", "нет такой транзакции")
        self.receipts.append(body)
        return HttpReply(200)

    def _methods(self, body: dict[str, Any], token: str) -> HttpReply:
        if not self._is_genuine(body, token):
            return refusal("UNKNOWN_SESSION_ID", "сессия или одноразовый пароль не подходят к карте")
        if not self._settings.polled_methods:
            return json_reply(200, _availability())
        task = str(uuid.uuid4())
        self._polls[task] = 1
        location = {"Location": f"/{self._settings.partner}{_POLL}{task}"}
        return json_reply(201, {"availabilityInfoId": task, "timeout": 350}, headers=location)

    def _poll_methods(self, task: str) -> HttpReply:
        if task not in self._polls:
            return refusal("UNKNOWN_TRANSACTION_ID", "нет такого запроса")
        if self._polls[task]:
            self._polls[task] -= 1
            waiting = {"availabilityInfoId": task, "computationComplete": False, "pollingTimeout": 250}
            return json_reply(200, waiting)
        return json_reply(200, {"availabilityInfoId": task, "computationComplete": True, **_availability()})

    def _is_genuine(self, body: dict[str, Any], token: str) -> bool:
        """Return True if the token ends with a password of this card that is valid within two steps of now."""
        issuer = self._settings.issuer
        fingerprint, password = token[: -issuer.password_length], token[-issuer.password_length :]
        card = body["user"]["loyaltyId"]
        return _fingerprint(fingerprint) and issuer.accepts(card, password, self._now(), _PASSWORD_WINDOW_STEPS)

    # --- the calls of an administrator

    def _admin(self, method: str, path: str, body: bytes) -> HttpReply:
        if (method, path) == ("GET", "/admin/ledger"):
            return json_reply(200, self._ledger_document())
        if (method, path) == ("GET", "/admin/outcomes"):
            return json_reply(200, outcomes())
        if (method, path) == ("POST", "/admin/next"):
            return self._plan_next(body)
        return refusal("NOT_FOUND", "GET ledger, GET outcomes, POST next", 404)

    def _plan_next(self, body: bytes) -> HttpReply:
        """Plan as `plan` does; the lock is held here already."""
        try:
            self._director.plan(json.loads(body), (*CALLS, "stores"))
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            return refusal(
                "BAD_REQUEST", f"{problem}; calls: {', '.join(CALLS)}, stores; wires: {', '.join(Wire)}", 400
            )
        return json_reply(200, {})

    def _ledger_document(self) -> dict[str, Any]:
        payments = [
            {
                "orderId": payment.order_id,
                "transactionId": payment.id,
                "requestId": payment.request["requestId"],
                "amount": payment.amount,
                "status": payment.status,
                "refunded": payment.refunded,
                "slip": payment.slip,
            }
            for payment in self.ledger.transactions.values()
        ]
        return {"transactions": payments, "requests": self.requests, "violations": self.violations}


def _availability() -> dict[str, Any]:
    providers = [{"paymentType": name, "available": True} for name in ("SBP", "DOLYAME")]
    return {"koshelekPayIsDefault": True, "paymentTypeAvailabilityInfoList": providers}


def _fingerprint(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return False
