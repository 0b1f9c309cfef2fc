"""The Pay API sandbox as a whole: host, HTTPS server, certificate authority, credentials, folder."""

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
    """The files in the folder of a sandbox that a till needs to call it."""

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
    """A Pay API host that listens on 127.0.0.1 from construction until `close`.

    Port 0 takes any free port. `postback` receives the password of this sandbox and returns the target of postbacks.
    `now` returns Unix seconds.
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
        self._now = now
        self.password = _stored_secret(self.files.password, secrets.token_urlsafe(18))
        _stored_secret(self.files.login, LOGIN)
        _write_secret(self.files.retailer_key, self.issuer.retailer_key)
        settings = HostSettings(
            LOGIN, self.password, version=version, issuer=self.issuer, polled_methods=polled_methods, pace=pace
        )
        self.host = Host(settings, now)
        self._server = HttpsServer(self.host.handle, self._tls_context(), port, now)
        self.postbacks = PostbackSender(self.host, postback(self.password)) if postback else None

    @property
    def port(self) -> int:
        """The port on 127.0.0.1."""
        return self._server.port

    @property
    def base_url(self) -> str:
        """The base URL of the API."""
        return f"https://127.0.0.1:{self.port}/partner"

    @property
    def admin_url(self) -> str:
        """The base of `GET ledger`, `GET outcomes` and `POST next`, with the login of the API."""
        return f"{self.base_url}/admin"

    def shift_date_header(self, seconds: float) -> None:
        """Shift the Date header of later responses, which a till compares with its own clock."""
        self._server.now = lambda: self._now() + seconds

    def close(self) -> None:
        """Stop listening and sending postbacks; blocks some seconds at most."""
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


def _stored_secret(path: Path, new: str) -> str:
    """Return the secret in a file; a missing file is created with `new`."""
    if not path.exists():
        _write_secret(path, new)
    return path.read_text().strip()


def _write_secret(path: Path, secret: str) -> None:
    path.touch(mode=0o600)
    path.write_text(secret + "\n")
