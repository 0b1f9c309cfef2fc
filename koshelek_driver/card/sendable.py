"""Checks of what a TOTP module hands over for the wire.

They come before a payment is stored: a request that can never be sent would stay unknown for ever.
"""

from __future__ import annotations

import re

from koshelek_driver.card.totp import Answer
from koshelek_driver.errors import TotpModuleError
from koshelek_driver.secrets import Secret

_LONGEST_TOKEN = 4096
_TOKEN = re.compile(rf"[!-~]{{0,{_LONGEST_TOKEN}}}")
"""Visible ASCII, as the value of a header may have it (RFC 9110, 5.5)."""
_LONGEST_TEXT = 256
"""Characters. The API allows 32 for a session, and no card has more digits than that."""


def checked_token(token: object) -> Secret:
    """Return a token that can be a header.

    Raises:
        TotpModuleError: it is no Secret, longer than 4096 characters, or has others than visible ASCII.
    """
    text = _revealed(token)
    if not isinstance(token, Secret) or text is None or not _TOKEN.fullmatch(text):
        what = f"the TOTP module's token is not {_LONGEST_TOKEN} characters of visible ASCII at most"
        raise TotpModuleError(what, "check get_token of the module")
    return token


def checked_answer(answer: object) -> Answer:
    """Return an answer whose code is a text and whose card fields can be sent.

    Raises:
        TotpModuleError: it is no Answer; or a field has control characters, is longer than 256 characters or no text.
    """
    if not isinstance(answer, Answer) or not isinstance(answer.result_code, str):
        raise TotpModuleError("the TOTP module's answer has no result code", "check barcode_verify of the module")
    for name in ("card_number", "card_session"):
        value = getattr(answer, name)
        if value is not None and not _is_sendable(value):
            what = f"the TOTP module's {name} cannot be sent"
            raise TotpModuleError(what, f"give {_LONGEST_TEXT} visible characters at most")
    return answer


def _is_sendable(value: object) -> bool:
    text = _revealed(value)
    return text is not None and len(text) <= _LONGEST_TEXT and text.isprintable()


def _revealed(value: object) -> str | None:
    """Return the text of a secret, None for anything else: the code of others need not keep to its types."""
    text: object = value.reveal() if isinstance(value, Secret) else None
    return text if isinstance(text, str) else None
