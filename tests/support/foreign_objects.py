"""JSON objects as a host may send them: the API's names with values of any type."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

NAMES = (
    "requestId",
    "transactionId",
    "status",
    "slip",
    "refTransactionId",
    "refStatus",
    "errorCode",
    "code",
    "details",
    "availabilityInfoId",
    "computationComplete",
    "paymentTypeAvailabilityInfoList",
    "pollingTimeout",
    "timeout",
    "kzo",
    "orderId",
    "totalAmount",
    "новое",
)
_PLAIN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["r-1", "accepted", "rejected", "NaN", "null", "12345"])
)


def foreign_objects() -> st.SearchStrategy[dict[str, Any]]:
    """Return objects with some of the API's names, nested a little."""
    values = st.recursive(
        _PLAIN,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
        max_leaves=10,
    )
    return st.dictionaries(st.sampled_from(NAMES), values, max_size=8)
