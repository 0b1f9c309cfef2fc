"""The journal: the till's durable memory of its money. `Journal` is the way in."""

from __future__ import annotations

from koshelek_driver.payment.journal.journal import Journal, SentRequests

__all__ = ["Journal", "SentRequests"]
