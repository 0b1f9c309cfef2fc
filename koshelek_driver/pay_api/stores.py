"""Store API: a chain registers its shops. It is for an administrator, not for tills; no money moves.

The call that adds stores is published (version 1.0.0), so its content is checked before it is sent. The other two are
not published: their methods, paths and fields are settings. No call has a requestId, so none is sent a second time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Protocol
from urllib.parse import quote, urlencode

import msgspec

from koshelek_driver.errors import UsageError, nearest
from koshelek_driver.foreign_json import ForeignJsonError, parse_json
from koshelek_driver.pay_api.client import RawResponse
from koshelek_driver.pay_api.replies import UNDECIDED_CLIENT_ERRORS, NoAnswer, NotSent

_UUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_Id = Annotated[str, msgspec.Meta(pattern=_UUID)]
_Text = Annotated[str, msgspec.Meta(min_length=1)]


class NewStore(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A shop as in the published API. `store_number` is the chain's own; country codes are ISO 3166."""

    store_number: _Text
    legal_id: _Id
    city: _Text
    address: _Text
    phone: _Text
    zip_code: _Text = msgspec.field(name="zip")
    country_code: Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")] | None = None
    country_sub_division_code: Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}-[A-Z0-9]{1,3}$")] | None = None
    mcc: Annotated[str, msgspec.Meta(pattern="^[0-9]{4}$")] | None = None
    payment_methods: tuple[str, ...] = ()
    sbp_merchant_id: str | None = None
    status: Literal["ACTIVE", "INACTIVE"] = "ACTIVE"


class _NewStores(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True, kw_only=True):
    brand_id: _Id
    stores: Annotated[tuple[NewStore, ...], msgspec.Meta(min_length=1)]


@dataclass(frozen=True, slots=True)
class StoreCall:
    """The settings of one call.

    `{name}` in `path` is replaced by that value of the file; a GET sends the other values as its query. `required` are
    the names that the file must have, `store_required` those of each store in it.
    """

    method: str
    path: str
    required: tuple[str, ...] = ()
    store_required: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoreRules:
    """Settings of all calls: the chain's id, its providers, and store fields beyond the published ones."""

    brand_id: str = ""
    payment_types: Collection[str] = ()
    more_fields: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class StoreRequest:
    """One call, ready to be sent."""

    method: str
    path: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class StoreAnswer:
    """The host's response; `answer` is its JSON, or its text if it is not JSON."""

    http_status: int
    answer: Any

    @property
    def is_done(self) -> bool:
        """True for a 2xx status."""
        return 200 <= self.http_status < 300


class Asks(Protocol):
    """The part of the API's client that this module needs."""

    def ask(self, method: str, path: str, body: bytes) -> RawResponse | NoAnswer | NotSent:
        """Send a request once. Never raises."""
        ...


def adding(call: StoreCall, file: bytes, rules: StoreRules) -> StoreRequest:
    """Build the call that adds stores.

    `file` is JSON: an object with `brandId` and `stores`, or a list of stores.

    Raises:
        UsageError: the file is not valid; the message names the part.
    """
    given = _read(file, rules)
    known = {**given, "stores": [_without(store, rules.more_fields) for store in _stores(given)]}
    try:
        checked = msgspec.convert(known, _NewStores)
    except msgspec.ValidationError as problem:
        raise UsageError(f"stores: {problem}", "give the fields of the Store API's add call") from problem
    _check_stores(checked.stores, rules)
    return _request(call, given)


def asking(call: StoreCall, file: bytes, rules: StoreRules) -> StoreRequest:
    """Build an unpublished call: the file is sent as it is if it has the required names.

    Raises:
        UsageError: a required name is missing.
    """
    given = _read(file, rules)
    _require("the file", given, call.required)
    for number, store in enumerate(_stores(given), 1):
        _require(f"store {number}", store, call.store_required)
    return _request(call, given)


def send(client: Asks, request: StoreRequest) -> StoreAnswer | NoAnswer | NotSent:
    """Send the request once. A response that is neither yes nor no becomes NoAnswer."""
    reply = client.ask(request.method, request.path, request.body)
    if not isinstance(reply, RawResponse):
        return reply
    if reply.status >= 500 or reply.status in UNDECIDED_CLIENT_ERRORS:
        return NoAnswer(f"HTTP {reply.status}")
    return StoreAnswer(reply.status, _decoded(reply.body))


def _read(file: bytes, rules: StoreRules) -> dict[str, Any]:
    try:
        given = parse_json(file)
    except ForeignJsonError as problem:
        raise UsageError(f"the file is not JSON in UTF-8: {problem}", "mend that place") from problem
    whole = {"stores": given} if isinstance(given, list) else given
    if not isinstance(whole, dict):
        raise UsageError("the file is neither an object nor a list of stores", "write {…} or […]")
    return {"brandId": rules.brand_id, **whole} if rules.brand_id else whole


def _stores(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    stores = given.get("stores", [])
    if not isinstance(stores, list) or not all(isinstance(store, dict) for store in stores):
        raise UsageError("stores is no list of objects", "write [{…}, {…}]")
    return stores


def _without(store: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in store.items() if name not in names}


def _check_stores(stores: tuple[NewStore, ...], rules: StoreRules) -> None:
    numbers: set[str] = set()
    for store in stores:
        if store.store_number in numbers:
            raise UsageError(f"stores: storeNumber {store.store_number} is there twice", "each store once")
        numbers.add(store.store_number)
        for name in store.payment_methods:
            if name not in rules.payment_types:
                what = f"stores: paymentMethods of {store.store_number}: {name}"
                raise UsageError(what, nearest(name, rules.payment_types))


def _require(what: str, given: Mapping[str, Any], names: Collection[str]) -> None:
    missing = [name for name in names if given.get(name) in (None, "", [])]
    if missing:
        raise UsageError(f"{what} has no {', '.join(missing)}", "add it; [store_api] says which names a call needs")


def _request(call: StoreCall, given: dict[str, Any]) -> StoreRequest:
    path, rest = call.path, dict(given)
    for name in [name for name in given if f"{{{name}}}" in path]:
        path = path.replace(f"{{{name}}}", quote(str(rest.pop(name)), safe=""))
    if call.method != "GET":
        return StoreRequest(call.method, path, msgspec.json.encode(rest))
    return StoreRequest("GET", f"{path}?{urlencode(rest, doseq=True)}" if rest else path, b"")


def _decoded(body: bytes) -> Any:
    try:
        return parse_json(body) if body else None
    except ForeignJsonError:
        return body.decode("utf-8", "replace")
