"""JSON to a server of the retailer's own, within a deadline: HTTPS, HTTP Basic or a client certificate."""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from koshelek_driver.errors import TotpModuleError
from koshelek_driver.secrets import Secret

if TYPE_CHECKING:
    import httpx

_MAX_ANSWER = 1 << 16


@dataclass(frozen=True, slots=True)
class JsonServer:
    """Where the server is and how it knows us. `login` and `password` None: by client certificate, or not at all."""

    url: str
    context: ssl.SSLContext
    deadline_s: float
    login: Secret | None = None
    password: Secret | None = None


class JsonPoster:
    """One kept connection. Redirects are not followed and proxies of the environment are not used."""

    def __init__(self, server: JsonServer) -> None:
        self._server = server
        self._http: httpx.Client | None = None

    def post(self, path: str, body: bytes) -> bytes:
        """The body of HTTP 200. Connecting and answering may each take half the deadline.

        Raises TotpModuleError for everything else; it names neither body nor answer, which hold secrets.
        """
        import httpx

        try:
            with self._client().stream("POST", self._server.url + path, content=body) as answer:
                if answer.status_code != 200:
                    raise _failure(f"answered HTTP {answer.status_code}", "ask the administrator of that server")
                return self._read(answer)
        except httpx.TimeoutException as problem:
            raise _failure(f"did not answer in {self._server.deadline_s:g} s", "check network and server") from problem
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            raise _failure(f"cannot be reached: {problem}", "check network, url and certificates") from problem

    def close(self) -> None:
        """Close the connection."""
        if self._http is not None:
            self._http.close()

    def _client(self) -> httpx.Client:
        if self._http is None:
            self._http = self._made()
        return self._http

    def _made(self) -> httpx.Client:
        import httpx

        server = self._server
        login, password = server.login, server.password
        return httpx.Client(
            auth=httpx.BasicAuth(login.reveal(), password.reveal()) if login and password else None,
            headers={"Content-Type": "application/json"},
            verify=server.context,
            timeout=server.deadline_s / 2,
            follow_redirects=False,
            trust_env=False,
        )

    def _read(self, answer: httpx.Response) -> bytes:
        give_up = time.monotonic() + self._server.deadline_s / 2
        body = bytearray()
        for piece in answer.iter_bytes():
            body += piece
            if len(body) > _MAX_ANSWER or time.monotonic() > give_up:
                raise _failure(f"sent an answer that did not end in {_MAX_ANSWER} bytes and its time", "call support")
        return bytes(body)


def _failure(what: str, remedy: str) -> TotpModuleError:
    return TotpModuleError(f"the TOTP server {what}", remedy)
