"""The journal: what this till did with money. `Journal` is the way in; `chain` says whether it was tampered with."""

from __future__ import annotations

from koshelek_driver.payment.journal.journal import Journal, Sent

__all__ = ["Journal", "Sent"]
