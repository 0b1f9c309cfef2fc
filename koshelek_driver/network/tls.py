"""TLS settings of all clients: version 1.2 or newer, and the server is always verified."""

from __future__ import annotations

import ssl
import sys
from collections.abc import Collection
from pathlib import Path

from koshelek_driver.errors import SiteError
from koshelek_driver.network.pins import pinned


def tls_context(
    ca_file: Path | None,
    key: str,
    certificate: Path | None = None,
    private_key: Path | None = None,
    *,
    pins: Collection[str] = (),
) -> ssl.SSLContext:
    """Return a TLS context for a client.

    `ca_file` None means the system's certificates. `certificate` and `private_key` (PEM) are the client's own. With
    `pins` the server's key must also be one of them, see `pins.py`. Reads files, which takes some tens of milliseconds.

    Raises:
        SiteError: a file cannot be used; the message names the setting, `key`.ca_file or `key`.client_certificate.
    """
    try:
        context = _verifying_context(ca_file)
    except (OSError, ssl.SSLError) as problem:
        raise SiteError(
            f"{key}.ca_file: cannot use {ca_file}: {problem}", "name a file of PEM certificates"
        ) from problem
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if pins:
        context.sslsocket_class = pinned(pins)
    if certificate is not None:
        _load_own(context, key, certificate, private_key)
    return context


def _verifying_context(ca_file: Path | None) -> ssl.SSLContext:
    """Make what ssl.create_default_context makes, which also obeys SSLKEYLOGFILE.

    That variable of the environment has the keys of every connection written to a file, and with them the password.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if sys.version_info >= (3, 13):
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    if ca_file is None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    else:
        context.load_verify_locations(cafile=str(ca_file))
    return context


def _load_own(context: ssl.SSLContext, key: str, certificate: Path, private_key: Path | None) -> None:
    try:
        context.load_cert_chain(certificate, private_key, password=lambda: "")  # a locked key must not ask the terminal
    except (OSError, ssl.SSLError) as problem:
        what = f"{key}.client_certificate: cannot use {certificate}: {problem}"
        raise SiteError(what, "name a PEM certificate and its unlocked key") from problem
