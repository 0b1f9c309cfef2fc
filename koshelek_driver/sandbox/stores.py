"""The Store API of the simulated host.

`add` is implemented as published; `get` and `update` are not published, so they are guesses.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from jsonschema import Draft202012Validator

from koshelek_driver.sandbox.messages import HttpReply, HttpRequest, json_reply, refusal

PATH = "/api/v1/configuration/brand/store"
_UUID = {"type": "string", "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"}
_TEXT = {"type": "string", "minLength": 1}
_STORE = {
    "type": "object",
    "required": ["storeNumber", "legalId", "city", "address", "phone", "zip"],
    "properties": {
        "storeNumber": _TEXT,
        "legalId": _UUID,
        "city": _TEXT,
        "address": _TEXT,
        "phone": _TEXT,
        "zip": _TEXT,
        "countryCode": {"type": "string", "pattern": "^[A-Z]{2}$"},
        "countrySubDivisionCode": {"type": "string"},
        "mcc": {"type": "string"},
        "paymentMethods": {"type": "array", "items": {"enum": ["SBP", "DOLYAME"]}},
        "sbpMerchantId": {"type": "string"},
        "status": {"enum": ["ACTIVE", "INACTIVE"]},
    },
}
_ADD = Draft202012Validator(
    {
        "type": "object",
        "required": ["brandId", "stores"],
        "properties": {"brandId": _UUID, "stores": {"type": "array", "minItems": 1, "items": _STORE}},
    }
)


@dataclass
class Stores:
    """The stores of every brand.

    `calls` are method and path of `get` and `update`. They can be changed, since the true ones are not published.
    """

    calls: dict[str, tuple[str, str]] = field(default_factory=lambda: {"get": ("GET", PATH), "update": ("PUT", PATH)})
    brands: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def handle(self, request: HttpRequest, path: str) -> HttpReply | None:
        """Process a call of the Store API; return None for any other call."""
        target = urlsplit(path)
        try:
            if (request.method, target.path) == ("POST", PATH) and self.calls["get"] != ("POST", PATH):
                return self._add(json.loads(request.body))
            if (request.method, target.path) == self.calls["update"]:
                return self._update(json.loads(request.body))
            if (request.method, target.path) == self.calls["get"]:
                query = {name: values[0] for name, values in parse_qs(target.query).items()}
                return self._get(json.loads(request.body) if request.body else query)
        except (ValueError, TypeError, KeyError, AttributeError) as problem:
            return refusal("BAD_REQUEST", str(problem), 400)
        return None

    def _add(self, body: dict[str, Any]) -> HttpReply:
        problems = [f"{error.json_path}: {error.message}" for error in _ADD.iter_errors(body)]
        if problems:
            return refusal("CONTRACT_VIOLATION", "; ".join(problems), 400)
        brand = self.brands.setdefault(body["brandId"], {})
        taken = [store["storeNumber"] for store in body["stores"] if store["storeNumber"] in brand]
        if taken:
            return refusal("STORE_ALREADY_EXISTS", ", ".join(taken))
        for store in body["stores"]:
            brand[store["storeNumber"]] = {"status": "ACTIVE", **store, "storeId": str(uuid.uuid4())}
        return json_reply(
            200, {"brandId": body["brandId"], "stores": [brand[s["storeNumber"]] for s in body["stores"]]}
        )

    def _get(self, query: dict[str, Any]) -> HttpReply:
        brand = self.brands.get(query["brandId"], {})
        wanted = [query["storeNumber"]] if "storeNumber" in query else list(brand)
        return json_reply(200, {"brandId": query["brandId"], "stores": [brand[n] for n in wanted if n in brand]})

    def _update(self, body: dict[str, Any]) -> HttpReply:
        brand = self.brands.get(body["brandId"], {})
        missing = [store["storeNumber"] for store in body["stores"] if store["storeNumber"] not in brand]
        if missing:
            return refusal("STORE_IS_NOT_FOUND", ", ".join(missing))
        for store in body["stores"]:
            brand[store["storeNumber"]].update(store)
        return json_reply(
            200, {"brandId": body["brandId"], "stores": [brand[s["storeNumber"]] for s in body["stores"]]}
        )
