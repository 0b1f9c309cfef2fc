"""Pins: the public keys that a server may have, regardless of who signed its certificate."""

from __future__ import annotations

import base64
import hashlib
import ssl
from collections.abc import Collection

_VERSION_TAG = 0xA0
_LONG_LENGTH = 0x80


def pin_of(certificate: bytes) -> str:
    """Return the pin of a certificate (DER), in curl's notation.

    It is `sha256/` and the Base64 of the SHA-256 of the public key (SubjectPublicKeyInfo), so a new certificate for the
    same key has the same pin.
    """
    return f"sha256/{base64.b64encode(hashlib.sha256(_public_key(certificate)).digest()).decode()}"


def pinned(pins: Collection[str]) -> type[ssl.SSLSocket]:
    """Return a TLS socket class whose handshake fails with ssl.SSLError for any other key."""

    class Pinned(ssl.SSLSocket):
        def do_handshake(self, block: bool = False) -> None:
            super().do_handshake(block)
            came = pin_of(self.getpeercert(binary_form=True) or b"")
            if came not in pins:
                raise ssl.SSLError(f"the host has the key {came}, which is not in pay_api.pins")

    return Pinned


def _public_key(certificate: bytes) -> bytes:
    """Return SubjectPublicKeyInfo: the sixth field of a certificate's body after its version (RFC 5280, 4.1)."""
    at = _content(certificate, _content(certificate, 0))
    parts_before = 6 if certificate[at] == _VERSION_TAG else 5
    for _ in range(parts_before):
        at = _end(certificate, at)
    return certificate[at : _end(certificate, at)]


def _content(der: bytes, at: int) -> int:
    """Return the offset of the content of the DER element at `at`."""
    first = der[at + 1]
    return at + 2 + (first - _LONG_LENGTH if first >= _LONG_LENGTH else 0)


def _end(der: bytes, at: int) -> int:
    """Return the offset behind the DER element at `at`."""
    begin = _content(der, at)
    length = int.from_bytes(der[at + 2 : begin]) if begin > at + 2 else der[at + 1]
    return begin + length
