"""The one way to compare ids: those of the API are UUIDs, which are read in any case (RFC 9562, 4).

An id that is sent, stored or printed stays as it came.
"""

from __future__ import annotations


def is_same_id(one: str, other: str) -> bool:
    """Return True if two ids name the same thing. An empty id names nothing."""
    return bool(one) and id_key(one) == id_key(other)


def id_key(text: str) -> str:
    """Return the form of an id by which it is looked up among others."""
    return text.lower()


def spellings(text: str) -> tuple[str, str, str]:
    """Return the forms in which an index of a database may have an id: as it came, in small letters, in capitals."""
    return text, text.lower(), text.upper()
