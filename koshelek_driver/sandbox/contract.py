"""The wire contract of the Pay API: validation of every request and response.

`pay-api.openapi.json` describes v1.2.1, backward compatible with v1.0.0. Field names, types, enumerations and limits
are facts of the published API; the descriptions are ours. Request bodies are closed (`additionalProperties: false`):
everything that the driver sends must validate. Response bodies are open: a newer server may add fields and values.
`x-since` names the API version that introduced a field; a driver set to an older version does not send it.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

VERSIONS = ("0.9.0", "1.0.0", "1.1.0", "1.2.0", "1.2.1")
LATEST = VERSIONS[-1]
_URI = "urn:pay-api"

REQUEST_SCHEMAS = {
    "/api/v1/merchant/availability-info/task": "AvailabilityRequest",
    "/api/v1/merchant/checkout": "CheckoutRequest",
    "/api/v1/merchant/transaction/status": "StatusRequest",
    "/api/v1/merchant/transaction/receipt": "ReceiptRequest",
    "/api/v1/merchant/transaction/cancel": "CancelRequest",
    "/api/v1/merchant/transaction/refund": "RefundRequest",
}


class Contract:
    """The contract of a server of one API version; fields that are newer are refused."""

    def __init__(self, version: str = LATEST) -> None:
        self._document = _without_newer_fields(_document(), _number(version))
        resource = Resource.from_contents(self._document, default_specification=DRAFT202012)
        self._registry: Registry[Any] = Registry().with_resource(_URI, resource)

    def request_problems(self, path: str, body: Any) -> list[str]:
        """List the violations in the decoded body of a request; empty for a valid one."""
        return self._problems(f"#/components/schemas/{REQUEST_SCHEMAS[path]}", body)

    def response_problems(self, path: str, http_status: int, body: Any) -> list[str]:
        """List the violations in the decoded body of a response to `path`; empty for a valid one."""
        if http_status == 422:
            pointer = "#/components/responses/Error/content/application~1json/schema"
        else:
            route = path.replace("/", "~1")
            pointer = f"#/paths/{route}/post/responses/{http_status}/content/application~1json/schema"
        return self._problems(pointer, body)

    def _problems(self, pointer: str, body: Any) -> list[str]:
        validator = Draft202012Validator({"$ref": _URI + pointer}, registry=self._registry)
        return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(body)]


@cache
def _document() -> Any:
    return json.loads((files(__package__) / "pay-api.openapi.json").read_text(encoding="utf-8"))


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _without_newer_fields(node: Any, version: tuple[int, ...]) -> Any:
    """Copy the document without the properties that the API introduced after `version`."""
    if isinstance(node, list):
        return [_without_newer_fields(inner, version) for inner in node]
    if not isinstance(node, dict):
        return node
    kept = {key: _without_newer_fields(value, version) for key, value in node.items()}
    if isinstance(kept.get("properties"), dict):
        kept["properties"] = {name: schema for name, schema in kept["properties"].items() if _since(schema) <= version}
    return kept


def _since(schema: Any) -> tuple[int, ...]:
    """Return the API version that introduced a property, following its reference."""
    reference = schema.get("$ref", "")
    target = _document()["components"]["schemas"][reference.rpartition("/")[2]] if reference else schema
    return _number(target.get("x-since", "0"))
