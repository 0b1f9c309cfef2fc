"""An HTTPS server on a loopback port that plays the wire faults of scripts."""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable
from email.utils import formatdate

import h11

from koshelek_driver.sandbox.messages import HttpReply, HttpRequest
from koshelek_driver.sandbox.scripts import Wire
from koshelek_driver.sandbox.sockets import hang_up

App = Callable[[HttpRequest], HttpReply]

_IDLE_S = 75.0
_CLOSE_AFTER_S = 0.05
_MAX_BODY = 1 << 20
_READ_SIZE = 65536
_PROXY_PAGE = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


class HttpsServer(socketserver.ThreadingTCPServer):
    """An HTTPS server for `app`, running from construction until `close`. Port 0 takes any free port.

    `connections` counts the TLS connections so far. `now` returns Unix seconds for the Date header.
    """

    daemon_threads = True
    allow_reuse_address = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, app: App, context: ssl.SSLContext, port: int, now: Callable[[], float] = time.time) -> None:
        self._context = context
        self.app = app
        self.now = now
        self.stopping = threading.Event()
        self.connections = 0
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Connection)
        threading.Thread(target=self.serve_forever, args=(0.05,), name="pay-api-sandbox", daemon=True).start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.server_address[1])

    def close(self) -> None:
        """Stop serving and close every connection."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        for connection in list(self._open):
            hang_up(connection)

    def finish_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        """Serve one connection in its own thread: the TLS handshake, then requests."""
        assert isinstance(request, socket.socket)
        request.settimeout(_IDLE_S)
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            tls = self._context.wrap_socket(request, server_side=True)
        except (OSError, ssl.SSLError):
            return
        self._open.add(tls)
        self.connections += 1
        try:
            _Connection(tls, client_address, self)
        finally:
            self._open.discard(tls)
            tls.close()


class _Connection(socketserver.BaseRequestHandler):
    server: HttpsServer
    request: ssl.SSLSocket

    def handle(self) -> None:
        http = h11.Connection(h11.SERVER)
        try:
            while (request := self._read(http)) is not None:
                if not self._answer(http, request):
                    return
                http.start_next_cycle()
        except (OSError, h11.ProtocolError):
            return

    def _read(self, http: h11.Connection) -> HttpRequest | None:
        head: h11.Request | None = None
        body = bytearray()
        while True:
            event = http.next_event()
            match event:
                case h11.NEED_DATA:
                    http.receive_data(self.request.recv(_READ_SIZE))
                case h11.Request():
                    head = event
                case h11.Data():
                    body += event.data
                    if len(body) > _MAX_BODY:
                        return None
                case h11.EndOfMessage() if head is not None:
                    return _request(head, bytes(body))
                case _:
                    return None

    def _answer(self, http: h11.Connection, request: HttpRequest) -> bool:
        """Send the reply with its wire fault; return False if the connection has to be closed."""
        reply = self.server.app(request)
        self.server.stopping.wait(reply.delay_s)
        if reply.wire in (Wire.DROPPED_REQUEST, Wire.LOST_ANSWER):
            hang_up(self.request)
            return False
        reply = _broken(reply)
        sent = self._send(http, request, reply)
        if reply.wire is Wire.CLOSED_IDLE:
            self.server.stopping.wait(_CLOSE_AFTER_S)
        return sent and reply.wire is not Wire.CLOSED_IDLE

    def _send(self, http: h11.Connection, request: HttpRequest, reply: HttpReply) -> bool:
        headers = [
            ("Content-Type", reply.content_type),
            ("Content-Length", str(len(reply.body))),
            ("Date", formatdate(self.server.now(), usegmt=True)),
            *reply.headers.items(),
        ]
        head = http.send(h11.Response(status_code=reply.status, headers=headers)) or b""
        if request.method == "HEAD":
            self.request.sendall(head + (http.send(h11.EndOfMessage()) or b""))
            return True
        if reply.wire is Wire.HALF_BODY:
            self.request.sendall(head + reply.body[: len(reply.body) // 2])
            return False
        whole = (http.send(h11.Data(reply.body)) or b"") + (http.send(h11.EndOfMessage()) or b"")
        self.request.sendall(head + whole)
        return http.our_state is h11.DONE


def _request(head: h11.Request, body: bytes) -> HttpRequest:
    headers = {name.decode("ascii"): value.decode("latin-1") for name, value in head.headers}
    return HttpRequest(head.method.decode("ascii"), head.target.decode("ascii"), headers, body)


_BROKEN_REPLIES = {
    Wire.SERVER_ERROR: (502, _PROXY_PAGE, "text/html"),
    Wire.EMPTY_BODY: (200, b"", "application/json"),
    Wire.NOT_JSON: (200, b"OK, accepted", "text/plain"),
}


def _broken(reply: HttpReply) -> HttpReply:
    """Replace the true reply by a broken one, if its wire fault requires that."""
    if reply.wire not in _BROKEN_REPLIES:
        return reply
    status, body, content_type = _BROKEN_REPLIES[reply.wire]
    return HttpReply(status, body, content_type, reply.wire)
