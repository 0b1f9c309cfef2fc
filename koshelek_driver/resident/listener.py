"""The HTTPS server of the resident driver, in a thread of its own."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Collection
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import uvicorn

from koshelek_driver.errors import SiteError
from koshelek_driver.resident.acceptor import Door, Limits, listen

_KEEP_ALIVE_S = 5
_CLOSE_TIMEOUT_S = 10.0


def server_context(certificate: Path, key: Path | None) -> ssl.SSLContext:
    """Return a server context for TLS 1.2 or newer with a PEM certificate.

    `key` None: the private key is in the file of the certificate.

    Raises:
        SiteError: a file is missing or damaged, or the key needs a password.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key, password=lambda: "")  # a locked key must not ask the terminal
    except (OSError, ssl.SSLError) as problem:
        what = f"pay_api.postback.certificate: cannot use {certificate}: {problem}"
        raise SiteError(what, "name a PEM certificate and its unlocked key") from problem
    return context


class HttpsListener:
    """An HTTPS server that listens from its construction until `close`.

    Port 0 of the address takes any free port; `port` returns it. The constructor raises SiteError if it cannot listen.
    """

    def __init__(
        self,
        app: Any,
        address: tuple[str, int],
        context: ssl.SSLContext,
        *,
        sources: Collection[str] = (),
        limits: Limits = Limits(),  # noqa: B008 - frozen
    ) -> None:
        """Serve `app`; connections from outside `sources` (networks; empty: any address) are closed at once."""
        door = Door([ip_network(source) for source in sources], limits)
        try:
            self._socket = listen(address, door)
        except OSError as problem:
            what = f"pay_api.postback.listen: cannot listen on {address[0]}:{address[1]}: {problem.strerror}"
            raise SiteError(what, "name a free port and an address of this machine") from problem
        config = uvicorn.Config(
            door.guarded(app),
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_S,
            limit_concurrency=2 * limits.most,  # the door has its own limit; those that it shut may take a moment to go
        )
        config.load()
        config.ssl = context
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="https", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._socket.getsockname()[1])

    def close(self) -> None:
        """Stop listening and wait up to 10 s for the requests under way."""
        self._server.should_exit = True
        self._thread.join(_CLOSE_TIMEOUT_S)
        self._socket.close()

    def _run(self) -> None:
        # This loop calls the socket's own `accept` on every system; Windows has another one by default.
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(self._server.serve([self._socket]))
