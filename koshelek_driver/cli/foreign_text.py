"""Foreign text on the screen: its control characters become visible, so that nobody else paints there.

A host, a settlement file, a TOTP module, a ledger and the number of an order are foreign. Escapes of a terminal could
paint PAID, and bidirectional controls could turn the digits of an amount round.
"""

from __future__ import annotations

import json
import re
from typing import Any

from rich.markup import escape

_CONTROLS = "\\x00-\\x1f\\x7f-\\x9f"
_UNSEEN = (
    "\\xad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb"
    "\\ud800-\\udfff\\U000e0000-\\U000e007f"
)
"""Bidirectional controls, characters without width, line separators, half characters, tags (Unicode 15, Cf and Zl)."""
_ANY = re.compile(f"[{_CONTROLS}{_UNSEEN}]")
_ANY_BUT_BREAKS = re.compile(f"(?![\\n\\t])[{_CONTROLS}{_UNSEEN}]")
_NOT_IN_JSON = re.compile(f"[\\x7f-\\x9f{_UNSEEN}]")


def visible(text: str) -> str:
    """Return text of one line with its control characters in visible form, as x1b behind a backslash, or <202E>."""
    return _ANY.sub(_shown, text)


def foreign(text: str) -> str:
    """Return foreign text of one line for rich: visible, and no markup."""
    return escape(visible(text))


def without_controls(text: str) -> str:
    """Return text of our own with foreign parts, whose line breaks are meant, with all other controls visible."""
    return _ANY_BUT_BREAKS.sub(_shown, text)


def as_json_text(document: dict[str, Any]) -> str:
    """Return a document as one line of JSON, safe for a terminal and for every encoder of UTF-8.

    Characters that a terminal obeys are written as JSON's escapes: the document means the same.
    """
    return _NOT_IN_JSON.sub(_escaped, json.dumps(document, ensure_ascii=False))


def _shown(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0xA0 else f"<{code:04X}>"


def _escaped(found: re.Match[str]) -> str:
    return json.dumps(found[0])[1:-1]
