"""Scans as a technician may see them: complete but for the secrets of the customer."""

from __future__ import annotations

from typing import Any

from koshelek_driver.card.presentation import CardPresentation, symbols_of
from koshelek_driver.card.reading import read_card
from koshelek_driver.card.template import Templates
from koshelek_driver.scanner.label import Label


def scan_document(label: Label, templates: Templates) -> dict[str, Any]:
    """Return one scan as a JSON object.

    `raw_hex` holds the bytes of the scan with `*` in place of secrets, `parsed` the fields of the card or None.
    """
    found = read_card(label.text, templates, symbols_of(label.scan_data_type), typed=label.typed)
    card = None if found is None else found[1]
    return {
        "raw_hex": _hidden(label.scan_data, card).hex(),
        "aim": f"]{label.aim}" if label.aim else "",
        "type": label.scan_data_type.name,
        "parsed": None if card is None else _parsed(card),
    }


def _parsed(card: CardPresentation) -> dict[str, Any]:
    return {
        "prefix": card.prefix,
        "card_number": card.card_number.masked(),
        "card_session_present": card.card_session is not None,
        "password_present": card.password is not None,
    }


def _hidden(data: bytes, card: CardPresentation | None) -> bytes:
    """Replace session, password and all but four digits of the card number by stars."""
    if card is None:
        return data
    number = card.card_number.reveal()
    data = data.replace(number.encode(), b"*" * (len(number) - 4) + number[-4:].encode())
    for secret in (card.card_session, card.password):
        if secret is not None:
            text = secret.reveal()
            for form in (text, text.swapcase()):  # a keyboard scanner under Caps Lock swaps the case
                data = data.replace(form.encode(), b"*" * len(form))
    return data
