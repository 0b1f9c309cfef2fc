"""The TLS contexts of this program: verified, and silent about their keys."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme

from koshelek_driver.network.http import BaseUrl, JsonClient, JsonServer
from koshelek_driver.network.tls import tls_context
from koshelek_driver.resident.listener import server_context
from tests.support.tls_server import tls_server


def respond(connection: ssl.SSLSocket, _request: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def test_the_keys_of_a_connection_are_not_written_whatever_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = tmp_path / "keys.txt"
    monkeypatch.setenv("SSLKEYLOGFILE", str(keys))
    with tls_server(tmp_path, respond) as (url, _):
        context = tls_context(tmp_path / "ca.pem", "test")
        client = JsonClient(JsonServer(BaseUrl.parse(url), context, 2.0, 2.0, 1000, 5.0))
        assert client.send("POST", "/", b"{}").head.status == 200
        client.close()
    assert not keys.exists()
    assert tls_context(None, "test").keylog_filename is None


def test_the_listener_writes_no_keys_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys.txt"))
    certificate = tmp_path / "server.pem"
    trustme.CA().issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(certificate)
    assert server_context(certificate, None).keylog_filename is None
    assert not (tmp_path / "keys.txt").exists()


@pytest.mark.parametrize("ca", [True, False])
def test_a_client_verifies_as_the_library_s_own_context_does(tmp_path: Path, *, ca: bool) -> None:
    file = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(file)
    own, standard = (
        tls_context(file if ca else None, "test"),
        ssl.create_default_context(cafile=str(file) if ca else None),
    )
    for name in ("verify_mode", "check_hostname", "verify_flags", "options"):
        assert getattr(own, name) == getattr(standard, name), name
    assert own.verify_mode is ssl.CERT_REQUIRED
    assert own.check_hostname
    assert len(own.get_ca_certs()) == len(standard.get_ca_certs())
    assert own.minimum_version is ssl.TLSVersion.TLSv1_2
