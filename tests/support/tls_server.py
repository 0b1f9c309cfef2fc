"""A TLS server on a real socket that answers in any way a test wants, also in ways that no server should."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import trustme

Answer = Callable[[ssl.SSLSocket, bytes], None]
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@contextmanager
def tls_server(folder: Path, answer: Answer, **tls: object) -> Iterator[tuple[str, list[bytes]]]:
    """Serve one request a connection; give the base URL and the list of the requests that came.

    The certificate of its authority is written to `folder`/ca.pem. `tls` may have `name`, `not_after`, `maximum`.
    """
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    not_after: Any = tls.get("not_after")
    authority.issue_cert(str(tls.get("name", "127.0.0.1")), not_after=not_after).configure_cert(context)
    if "maximum" in tls:
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = tls["maximum"]  # type: ignore[assignment]
        context.set_ciphers("ALL:@SECLEVEL=0")
    listener = socket.create_server(("127.0.0.1", 0))
    seen: list[bytes] = []

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            plain.settimeout(5)
            threads.append(threading.Thread(target=talk, args=(plain,), daemon=True))
            threads[-1].start()

    def talk(plain: socket.socket) -> None:
        with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as connection:
            request = _read_request(connection)
            seen.append(request)
            answer(connection, request)

    threads: list[threading.Thread] = []
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}/partner", seen
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for each in (thread, *threads):
            each.join(5)


def _read_request(connection: ssl.SSLSocket) -> bytes:
    """Read all of one request: unread bytes would turn the end of the connection into a reset."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536) or b"\r\n\r\n"
    head, _, body = data.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    missing = int(length[1]) - len(body) if length else 0
    while missing > 0 and (more := connection.recv(65536)):
        data += more
        missing -= len(more)
    return data
