"""What a customer showed: one card, for one sale, for a limited time."""

from __future__ import annotations

from dataclasses import dataclass

from koshelek_driver.secrets import Secret


@dataclass(frozen=True, slots=True)
class CardPresentation:
    """A label taken apart. A plain card has neither session nor password."""

    prefix: str
    card_number: Secret
    card_session: Secret | None = None
    password: Secret | None = None
