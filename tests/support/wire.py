"""The network between tills and their ledger: it is cut in the middle of anything."""

from __future__ import annotations

import random
import socket
import threading
from contextlib import suppress
from pathlib import Path

_READ = 4096


class Wire:
    """Forwards a Unix socket of PostgreSQL; `cut` breaks what is under way, after a few bytes more, and lets none in."""

    def __init__(self, folder: Path, to: Path) -> None:
        self.folder = folder
        self._to = str(to)
        self._dice = random.Random(1)
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._left: int | None = None
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / ".s.PGSQL.5432"))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Some bytes still get through, in either direction; then nothing until `mend`."""
        self._left = self._dice.randint(0, 3000)

    def mend(self) -> None:
        """Connections that begin from now on are whole."""
        self._left = None

    def close(self) -> None:
        """End it."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for pair in list(self._pairs):
            self._break(pair)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            try:
                if self._left is not None:
                    raise ConnectionRefusedError
                far.connect(self._to)
            except OSError:
                near.close()
                far.close()
                continue
            pair = (near, far)
            self._pairs.add(pair)
            for here, there in (pair, pair[::-1]):
                threading.Thread(target=self._forward, args=(here, there, pair), daemon=True).start()

    def _forward(self, here: socket.socket, there: socket.socket, pair: tuple[socket.socket, socket.socket]) -> None:
        with suppress(OSError):
            while data := here.recv(_READ):
                if self._left is not None:
                    data, self._left = data[: self._left], max(0, self._left - len(data))
                    there.sendall(data)
                    if not self._left:
                        break
                else:
                    there.sendall(data)
        self._break(pair)

    def _break(self, pair: tuple[socket.socket, socket.socket]) -> None:
        self._pairs.discard(pair)
        for end in pair:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
