"""The DirectIOEvents of a CAT: the progress of a call, for the cashier's screen. `object` is a text."""

from __future__ import annotations

from enum import IntEnum


class Progress(IntEnum):
    """The EventNumbers of the DirectIOEvents, and the contents of their texts."""

    WAITING_FOR_SCAN = 1
    SCANNED = 2
    """Text: the result code of the card's verification."""
    SENT = 3
    """The host has responded. Text: the call, such as checkout, cancel or refund."""
    CUSTOMER_DECIDES = 4
    """The host was polled, and the customer has not decided yet."""
    ENDED = 5
    """Text: order and outcome, which is paid, refunded, rejected, canceled or unknown."""
    ENDED_AFTER_CLEAR = 6
    """Text: order and outcome of a call that clearOutput cancelled. `paid`: the customer was faster than the cancel."""
