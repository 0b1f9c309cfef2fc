"""The parse of a label by card templates, for the author of the templates.

Nothing of the customer's is shown.
"""

from __future__ import annotations

from typing import Any

from koshelek_driver.card.grammar import Symbols
from koshelek_driver.card.presentation import CardPresentation, symbols_of
from koshelek_driver.card.reading import read_card
from koshelek_driver.card.template import Template, Templates
from koshelek_driver.card.words import card_kind
from koshelek_driver.scanner.label import Label, parse_text


def payload_report(text: str, templates: list[str], *, typed: bool) -> dict[str, Any]:
    """Parse a label by templates; report its card, or why each template refused it.

    Numbers are masked; sessions and passwords are not shown. The keys are those of `payload test --json`.

    Raises:
        TemplateError: a template is wrong.
    """
    label = parse_text(text, typed=typed)
    chosen = Templates(templates, may_overlap=True)
    found = read_card(label.text, chosen, symbols_of(label.scan_data_type), typed=label.typed)
    return {
        "accepted": found is not None,
        **_fields(None if found is None else found[1]),
        "type": label.scan_data_type.name,
        "refusals": [] if found else [_refusal(Template(template), label) for template in templates],
    }


def _fields(card: CardPresentation | None) -> dict[str, Any]:
    session = card.card_session if card else None
    return {
        "kind": card_kind(card, "en"),
        "prefix": card.prefix if card else None,
        "card_number": card.card_number.masked() if card else None,
        "card_session": "*" * len(session.reveal()) if session else None,
        "password_present": card is not None and card.password is not None,
    }


def _refusal(template: Template, label: Label) -> dict[str, str]:
    symbols = symbols_of(label.scan_data_type) or Symbols.TWO_D
    return {"template": template.text, "why": template.why_not(label.text, symbols)}
