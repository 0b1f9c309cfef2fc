"""DailyLog: the business day as text, one payment, refund or cancel a line.

The standard leaves the fields to the device. Here: number of the line, TransactionType, when (yyyymmddHHMMSS, UTC),
amount as currency, order, the payment's transaction, the refund's, provider, SBP operation, control value; ASCII,
commas between them, CR LF behind each line. Of what is not settled the type is 0, and it comes first.
"""

from __future__ import annotations

from datetime import UTC, datetime

from koshelek_driver.accounting.report import Report, Row
from koshelek_driver.cat.currency import to_currency
from koshelek_driver.upos.cat_codes import TransactionType

_TYPES = {"payment": TransactionType.SALES, "refund": TransactionType.REFUND, "cancel": TransactionType.VOID}
_NOT_SETTLED = 0
_END = "\r\n"


def daily_log(of: Report) -> str:
    """The whole day."""
    return "".join(_line(number, row) + _END for number, row in enumerate((*of.unknown, *of.rows), 1))


def _line(number: int, row: Row) -> str:
    parts = (
        number,
        int(_TYPES.get(row.kind, _NOT_SETTLED)),
        f"{datetime.fromtimestamp(row.at_s, UTC):%Y%m%d%H%M%S}",
        to_currency(row.amount),
        row.order_id,
        row.payment_transaction_id,
        row.refund_transaction_id,
        row.payment_type,
        row.qrc_id,
        row.kzo,
    )
    return ",".join(_field(str(part)) for part in parts)


def _field(text: str) -> str:
    """No comma, no line end, ASCII: an order may be called anything."""
    return "".join(char if " " <= char <= "~" and char != "," else "?" for char in text)
