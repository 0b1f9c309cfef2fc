"""Pins: which public keys a server may have, whoever signed its certificate."""

from __future__ import annotations

import base64
import hashlib
import ssl
from collections.abc import Collection

_VERSION_TAG = 0xA0
_LONG_LENGTH = 0x80


def pin_of(certificate: bytes) -> str:
    """The pin of a certificate, DER: `sha256/` and base64 of the SHA-256 of its public key (SubjectPublicKeyInfo).

    That is how curl writes it. A new certificate for the same key keeps its pin.
    """
    return f"sha256/{base64.b64encode(hashlib.sha256(_public_key(certificate)).digest()).decode()}"


def pinned(pins: Collection[str]) -> type[ssl.SSLSocket]:
    """A TLS socket whose handshake fails with ssl.SSLError unless the server's key is one of these."""

    class Pinned(ssl.SSLSocket):
        def do_handshake(self, block: bool = False) -> None:
            super().do_handshake(block)
            came = pin_of(self.getpeercert(binary_form=True) or b"")
            if came not in pins:
                raise ssl.SSLError(f"the host has the key {came}, which is not in pay_api.pins")

    return Pinned


def _public_key(certificate: bytes) -> bytes:
    """SubjectPublicKeyInfo, whole: the sixth part of a certificate's body behind its version (RFC 5280, 4.1)."""
    at = _content(certificate, _content(certificate, 0))
    parts_before = 6 if certificate[at] == _VERSION_TAG else 5
    for _ in range(parts_before):
        at = _end(certificate, at)
    return certificate[at : _end(certificate, at)]


def _content(der: bytes, at: int) -> int:
    """Where the content of the DER element at `at` begins."""
    first = der[at + 1]
    return at + 2 + (first - _LONG_LENGTH if first >= _LONG_LENGTH else 0)


def _end(der: bytes, at: int) -> int:
    """Where the next element begins."""
    begin = _content(der, at)
    length = int.from_bytes(der[at + 2 : begin]) if begin > at + 2 else der[at + 1]
    return begin + length
