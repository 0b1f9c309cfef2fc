"""Identifiers of the API, compared as the RFC reads them: capitals and small letters are the same."""

from __future__ import annotations


def same_id(one: str, other: str) -> bool:
    """Return True if two identifiers are the same, whatever the case of their letters (RFC 9562, section 4)."""
    return one.lower() == other.lower()
