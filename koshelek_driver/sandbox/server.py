"""The Pay API sandbox as a whole: its own certificate authority, its credentials, its port, its folder."""

from __future__ import annotations

import secrets
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import trustme

from koshelek_driver.sandbox.host import Host, HostSettings
from koshelek_driver.sandbox.postback import PostbackSender, PostbackTarget
from koshelek_driver.sandbox.wallet import Issuer
from koshelek_driver.sandbox.wire import HttpsServer

LOGIN = "sandbox"
STORE = "ac99f4c8-1a8e-4b60-8aeb-fe20220f1b99"


@dataclass(frozen=True)
class SandboxFiles:
    """What a till needs to call the sandbox, in one folder."""

    folder: Path

    @property
    def ca(self) -> Path:
        """The certificate authority, PEM."""
        return self.folder / "ca.pem"

    @property
    def password(self) -> Path:
        """The password of HTTP Basic."""
        return self.folder / "password.txt"

    @property
    def login(self) -> Path:
        """The login of HTTP Basic."""
        return self.folder / "login.txt"

    @property
    def retailer_key(self) -> Path:
        """The key of one-time passwords, hexadecimal."""
        return self.folder / "retailer.key"

    @property
    def site(self) -> Path:
        """A site file that is ready for `koshelek-driver pay`."""
        return self.folder / "site.toml"


class PayApiSandbox:
    """Listens from the moment it is made until `close`. Port 0 takes any free port.

    `postback` makes the target of postbacks from the password of this sandbox.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        issuer: Issuer | None = None,
        postback: Callable[[str], PostbackTarget] | None = None,
        version: str = "1.2.1",
        polled_methods: bool = False,
        pace: float = 1.0,
        now: Callable[[], float] = time.time,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.files = SandboxFiles(folder.resolve())
        self.issuer = issuer or Issuer()
        self.password = _keep(self.files.password, secrets.token_urlsafe(18))
        _keep(self.files.login, LOGIN)
        _write_secret(self.files.retailer_key, self.issuer.retailer_key)
        settings = HostSettings(
            LOGIN, self.password, version=version, issuer=self.issuer, polled_methods=polled_methods, pace=pace
        )
        self.host = Host(settings, now)
        self._server = HttpsServer(self.host.handle, self._tls_context(), port, now)
        self.postbacks = PostbackSender(self.host, postback(self.password)) if postback else None

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""
        return self._server.port

    @property
    def base_url(self) -> str:
        """The base URL of the API."""
        return f"https://127.0.0.1:{self.port}/partner"

    @property
    def admin_url(self) -> str:
        """`GET ledger`, `GET outcomes` and `POST next` below this, with the API's own login."""
        return f"{self.base_url}/admin"

    def close(self) -> None:
        """Stop listening."""
        if self.postbacks is not None:
            self.postbacks.close()
        self._server.close()

    def _tls_context(self) -> ssl.SSLContext:
        authority = trustme.CA(organization_name="koshelek-driver sandbox")
        authority.cert_pem.write_to_path(self.files.ca)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
        return context


def _keep(path: Path, new: str) -> str:
    """The secret in this file, made if there is none."""
    if not path.exists():
        _write_secret(path, new)
    return path.read_text().strip()


def _write_secret(path: Path, secret: str) -> None:
    path.touch(mode=0o600)
    path.write_text(secret + "\n")
