"""JSON requests to the retailer's own server, for a TOTP module: every failure is a TotpModuleError."""

from __future__ import annotations

import ssl
import threading
from dataclasses import dataclass

from koshelek_driver.errors import TotpModuleError
from koshelek_driver.network import http
from koshelek_driver.network.http import JsonClient, NoResponseError, NotSentError
from koshelek_driver.secrets import Secret

_MAX_RESPONSE = 1 << 16
_KEEP_IDLE_S = 5.0
"""Short, because a request that meets a connection closed by the server is not repeated."""


@dataclass(frozen=True, slots=True)
class JsonServer:
    """The address of the server and our credentials.

    `login` and `password` None: by client certificate, or without credentials.
    """

    url: str
    context: ssl.SSLContext
    deadline_s: float
    login: Secret | None = None
    password: Secret | None = None


class JsonPoster:
    """Posts JSON over one connection that stays open. Any thread may call.

    Redirects are not followed and proxies of the environment are not used.
    """

    def __init__(self, server: JsonServer) -> None:
        self._server = server
        self._client: JsonClient | None = None
        self._making = threading.Lock()

    def post(self, path: str, body: bytes) -> bytes:
        """Return the body of HTTP 200.

        Blocks for the deadline at most; connecting and responding may each take half of it.

        Raises:
            TotpModuleError: anything else came; the message names neither body nor response, which hold secrets.
        """
        try:
            response = self._connection().send("POST", path, body)
        except ValueError as problem:
            raise _failure(f"cannot be reached: {problem}", "check network, url and certificates") from problem
        except (NotSentError, NoResponseError) as problem:
            raise self._translated(problem) from problem
        if response.head.status != 200:
            raise _failure(f"answered HTTP {response.head.status}", "ask the administrator of that server")
        return response.body

    def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            self._client.close()

    def _connection(self) -> JsonClient:
        """Make the client at its first use: a till that checks no card does not load the HTTP library."""
        with self._making:
            if self._client is None:
                self._client = _client(self._server)
            return self._client

    def _translated(self, problem: NotSentError | NoResponseError) -> TotpModuleError:
        if problem.is_timeout:
            return _failure(f"did not answer in {self._server.deadline_s:g} s", "check network and server")
        if isinstance(problem, NoResponseError) and problem.is_too_long:
            return _failure(f"sent an answer that did not end in {_MAX_RESPONSE} bytes and its time", "call support")
        return _failure(f"cannot be reached: {problem.reason}", "check network, url and certificates")


def _client(server: JsonServer) -> JsonClient:
    """Raises ValueError for a malformed URL."""
    return JsonClient(
        http.JsonServer(
            base_url=http.BaseUrl.parse(server.url),
            context=server.context,
            connect_timeout_s=server.deadline_s / 2,
            response_timeout_s=server.deadline_s / 2,
            total_timeout_s=server.deadline_s,
            max_response_bytes=_MAX_RESPONSE,
            keep_idle_s=_KEEP_IDLE_S,
            login=server.login,
            password=server.password,
        )
    )


def _failure(what: str, remedy: str) -> TotpModuleError:
    return TotpModuleError(f"the TOTP server {what}", remedy)
