"""The DirectIOEvents of a CAT: how a call goes on, for the cashier's screen. `object` is a text."""

from __future__ import annotations

from enum import IntEnum


class Progress(IntEnum):
    """The numbers of the events, and what their text is."""

    WAITING_FOR_SCAN = 1
    SCANNED = 2
    """The code of the card's check."""
    SENT = 3
    """The host answered a call: checkout, cancel, refund."""
    CUSTOMER_DECIDES = 4
    ENDED = 5
    """Order and outcome: paid, refunded, rejected, canceled, unknown."""
    ENDED_AFTER_CLEAR = 6
    """Order and outcome of what clearOutput gave up. `paid`: the customer was faster; give it back, or keep it."""
