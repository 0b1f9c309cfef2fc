"""The types, words and JSON of each column: everything that comes out of the file is looked at first.

A damaged file can hold anything. A value that does not fit is never handed on: a reader raises, a rebuild leaves it
out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Annotated, Any, Literal, TypeGuard, TypeVar

import msgspec
from msgspec import Meta

from koshelek_driver.errors import JournalError
from koshelek_driver.pay_api.models import CheckoutInvoice, Item
from koshelek_driver.payment.journal.outbox_states import Kind, State
from koshelek_driver.payment.outcome import Outcome, SlipState

T = TypeVar("T")
Row = dict[str, Any]
Number = Annotated[int, Meta(ge=1)]
Kopecks = Annotated[int, Meta(ge=0, le=1 << 53)]
Seconds = Annotated[float, Meta(ge=-2e9, le=2e11)]
"""Unix time: a date that every calendar function takes."""
FOREIGN = (ValueError, TypeError, LookupError, OverflowError, RecursionError, msgspec.MsgspecError)
"""Exceptions of decoders and converters; UnicodeError is a ValueError."""
_SALT_BYTES = 32
_VALUE = re.compile(r"Invalid enum value .*(?= - at)|Invalid enum value .*", re.DOTALL)


class _Money(msgspec.Struct, kw_only=True):
    """The columns that payments and refunds have in common."""

    number: Number
    order_id: str
    request_id: str
    amount: Kopecks
    created_s: Seconds
    token: str | None = None
    transaction_id: str = ""
    outcome: Outcome | None = None
    error_code: str = ""
    details: str = ""
    closed_s: Seconds | None = None
    slip: str | None = None
    answer: str | None = None
    slip_state: SlipState = SlipState.NONE
    button_to_wire_ms: float | None = None
    ended: Number | None = None
    operator: str = ""
    ended_by: str = ""


class _Attempt(_Money, kw_only=True):
    card_digest: bytes = b""
    body: bytes | None = None
    cancel_request_id: str = ""
    invoice: str | None = None
    cancel_wanted: Literal[0, 1] = 0
    begun_steady_s: float | None = None
    boot_id: str | None = None


class _Refund(_Money, kw_only=True):
    transaction_id: str
    body: bytes = b""
    token: str = ""
    items: str = "[]"
    ref_transaction_id: str = ""
    paid: Kopecks | None = None


class _Event(msgspec.Struct, kw_only=True):
    number: Number
    at_s: Seconds
    kind: str
    request_id: str
    data: str
    link: bytes


class _Outbox(msgspec.Struct, kw_only=True):
    number: Number
    kind: Kind
    key: str
    order_id: str
    transaction_id: str
    request_id: str
    body: bytes
    tries: Annotated[int, Meta(ge=0)] = 0
    due_s: Seconds
    state: State
    last: str = ""


class _UsedPassword(msgspec.Struct, kw_only=True):
    number: Number
    digest: bytes
    used_s: Seconds


class _WrongPassword(msgspec.Struct, kw_only=True):
    number: Number
    card: bytes
    count: Annotated[int, Meta(ge=0, le=1 << 31)]
    last_s: Seconds


TABLES: dict[str, type[msgspec.Struct]] = {
    "event": _Event,
    "attempt": _Attempt,
    "refund": _Refund,
    "outbox": _Outbox,
    "used_password": _UsedPassword,
    "wrong_password": _WrongPassword,
}
"""The tables with numbered rows. A field with a default may be missing without harm to the money of its row."""
_JSON: dict[str, dict[str, Any]] = {
    "attempt": {"slip": dict[str, Any], "answer": dict[str, Any], "invoice": dict[str, Any]},
    "refund": {"slip": dict[str, Any], "answer": dict[str, Any], "items": tuple[Item, ...]},
    "event": {"data": dict[str, Any]},
}
"""Columns with JSON and its type. An invoice is stored as the API has it and looked at when it is needed."""
_FACTS: dict[str, Any] = {
    "intent": msgspec.defstruct("Intent", [("amount", Kopecks)]),
    "refund intent": msgspec.defstruct("RefundIntent", [("amount", Kopecks)]),
    "end": msgspec.defstruct("End", [("outcome", Outcome)]),
    "answer": msgspec.defstruct("Answer", [("body", str)]),
    "postback": msgspec.defstruct("Postback", [("body", str)]),
}
"""The facts of an event that are read again, by its kind."""


def convert(value: Any, kind: Any) -> Any:
    """Return a value of the database as that type; nothing but a whole number becomes another type.

    Raises:
        ValueError: it is none.
    """
    return msgspec.convert(value, kind, builtin_types=(bytes,))


def read(reader: Callable[[Any], T], row: Any) -> T:
    """Return the value that `reader` makes of a row.

    Raises:
        JournalError: the row is damaged.
    """
    try:
        return reader(row)
    except FOREIGN as problem:
        raise damaged(problem) from problem


def read_all(reader: Callable[[Any], T], rows: Iterable[Any]) -> list[T]:
    """Return the values that `reader` makes of rows. Raises JournalError for a damaged one."""
    try:
        return [reader(row) for row in rows]
    except FOREIGN as problem:
        raise damaged(problem) from problem


def damaged(problem: Exception) -> JournalError:
    """Return the error for a row that does not read."""
    return JournalError(f"a row of the journal is damaged: {reason(problem)}", "stop, and run: journal rebuild")


def reason(problem: Exception) -> str:
    """Return the text of a problem without the value: damage may have put a secret there."""
    return _VALUE.sub("an unknown word", str(problem))


def object_of(text: str | None) -> dict[str, Any] | None:
    """Return the JSON object in a column; None for NULL. Raises ValueError or RecursionError."""
    found: dict[str, Any] | None = None if text is None else msgspec.json.decode(text, type=dict[str, Any])
    return found


def check_object(text: str | None) -> str | None:
    """Return the text of a column if it is a JSON object or NULL. Raises as `object_of`."""
    object_of(text)
    return text


def check_items(text: str) -> str:
    """Return the text of a column if it is a JSON list of the API's items. Raises as `object_of`."""
    msgspec.json.decode(text, type=tuple[Item, ...])
    return text


def check_invoice(text: str | None) -> str | None:
    """Return the text of a column if it is the API's invoice or NULL. Raises as `object_of`."""
    if text is not None:
        msgspec.json.decode(text, type=CheckoutInvoice)
    return text


def is_salt(value: object) -> TypeGuard[bytes]:
    """Return True for the salt that a journal makes itself."""
    return isinstance(value, bytes) and len(value) == _SALT_BYTES


def flaws(table: str, row: Row) -> list[str]:
    """Return the columns of a row whose value does not fit; an empty list for a sound row."""
    kind = TABLES[table]
    try:
        convert(row, kind)
        _check_texts(table, row)
    except FOREIGN:
        return [field.name for field in msgspec.structs.fields(kind) if not _fits(table, field, row)]
    return []


def mended(table: str, row: Row, flawed: Iterable[str]) -> Row | None:
    """Return the row without its flaws; None if money hangs on one of them.

    A flawed outcome becomes an open one: money may have moved.
    """
    fields = {field.name: field for field in msgspec.structs.fields(TABLES[table])}
    if any(fields[name].required for name in flawed):
        return None
    return {**row, **{name: msgspec.to_builtins(fields[name].default, builtin_types=(bytes,)) for name in flawed}}


def _fits(table: str, field: msgspec.structs.FieldInfo, row: Row) -> bool:
    if field.name not in row:
        return not field.required
    with suppress(*FOREIGN):
        convert(row[field.name], field.type)
        _check_texts(table, {"kind": "", **row}, (field.name,))
        return True
    return False


def _check_texts(table: str, row: Row, columns: Iterable[str] | None = None) -> None:
    """Decode the JSON of a row, of some columns or of all. Raises one of FOREIGN."""
    known = _JSON.get(table, {})
    for column in known if columns is None else known.keys() & set(columns):
        value = row.get(column)
        if value is not None:
            msgspec.json.decode(value, type=known[column])
            if column == "data" and row["kind"] in _FACTS:
                msgspec.json.decode(value, type=_FACTS[row["kind"]])
