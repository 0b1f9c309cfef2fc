"""Pins against what OpenSSL itself makes of a certificate."""

from __future__ import annotations

import base64
import hashlib
import ssl

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from koshelek_driver.network.pins import pin_of


@pytest.mark.parametrize("kind", list(trustme.KeyType), ids=lambda kind: kind.name)
def test_the_pin_is_of_the_public_key(kind: trustme.KeyType) -> None:
    pem = trustme.CA(key_type=kind).issue_cert("host.example", key_type=kind).cert_chain_pems[0].bytes()
    key = x509.load_pem_x509_certificate(pem).public_key()
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    expected = base64.b64encode(hashlib.sha256(der).digest()).decode()
    assert pin_of(ssl.PEM_cert_to_DER_cert(pem.decode())) == f"sha256/{expected}"
