"""The property DailyLog: a business day as text, one payment, refund or cancel per line.

The standard leaves the fields to the device. Here they are: number of the line, TransactionType, time (yyyymmddHHMMSS,
UTC), amount as currency, order, transaction of the payment, transaction of the refund, provider, SBP operation, control
value. The text is ASCII; fields are separated by commas, lines end with CR LF. Requests of unknown outcome come first,
with type 0.
"""

from __future__ import annotations

from datetime import UTC, datetime

from koshelek_driver.accounting.report import Report, Row
from koshelek_driver.cat.currency import to_currency
from koshelek_driver.upos.cat_codes import TransactionType

_TYPES = {"payment": TransactionType.SALES, "refund": TransactionType.REFUND, "cancel": TransactionType.VOID}
_NOT_SETTLED = 0
_END = "\r\n"


def daily_log(report: Report) -> str:
    """Return the text of a day's report."""
    return "".join(_line(number, row) + _END for number, row in enumerate((*report.unknown, *report.rows), 1))


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
    """Replace commas, line ends and characters outside ASCII. An order id may contain any of them."""
    return "".join(char if " " <= char <= "~" and char != "," else "?" for char in text)
