"""A real PostgreSQL, started by the tests in a folder of their own; they are skipped where there is none."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import trustme

_PLACES = ("/usr/lib/postgresql", "/usr/pgsql", "/opt/homebrew/opt/postgresql", "/usr/local/pgsql")
_SETTINGS = {
    "listen_addresses": "", "fsync": "off", "full_page_writes": "off", "max_connections": "200", "autovacuum": "off",
}  # fmt: skip
"""Processes are killed here, never the machine: what was written is there, synced or not."""
_READY_S = 30.0


def programs() -> Path | None:
    """The folder of `initdb` and `postgres`; None where there is none."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    for place in _PLACES:
        places += sorted(Path(place).glob("**/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").exists() and (place / "postgres").exists()), None)


def _user() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = [each.pw_name for each in pwd.getpwall()]
    return "postgres" if "postgres" in names else "nobody"


class Postgres:
    """A server on a Unix socket in `folder`, and (`tls`) on a port of 127.0.0.1. It can be killed and started again."""

    def __init__(self, bin_folder: Path) -> None:
        self._bin = bin_folder
        self._settings: dict[str, str] = {}
        self.port = 5432
        self._user = _user()
        self.folder = Path(tempfile.mkdtemp(prefix="koshelek-pg-"))  # a socket's path must be short
        if self._user:
            shutil.chown(self.folder, self._user)
        self.folder.chmod(0o755)
        self.data = self.folder / "data"
        self._run("initdb", "-D", str(self.data), "-U", "owner", "-A", "trust", "-E", "UTF8", "--no-sync")

    def listen(self, certificate: trustme.LeafCert) -> None:
        """On a port of this machine too, by TLS; starts anew."""
        self.kill()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        for name, blob in (("server.crt", certificate.cert_chain_pems[0]), ("server.key", certificate.private_key_pem)):
            blob.write_to_path(self.data / name)
            (self.data / name).chmod(0o600)
            shutil.chown(self.data / name, self._user or os.getuid())
        self._settings.update(listen_addresses="localhost", ssl="on")
        self.start()

    def start(self, **settings: str) -> None:
        """Start, and wait until it answers. `settings` are more of its settings."""
        given = {**_SETTINGS, **self._settings, **settings}
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [
                    str(self._bin / "postgres"), "-D", str(self.data), "-k", str(self.folder), "-p", str(self.port),
                    *(word for name, value in given.items() for word in ("-c", f"{name}={value}")),
                ],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True, user=self._user,
            )  # fmt: skip
        deadline = time.monotonic() + _READY_S
        while not self._answers():
            assert self._server.poll() is None, (self.folder / "log").read_text()[-2000:]
            assert time.monotonic() < deadline, "PostgreSQL did not start"
            time.sleep(0.02)

    def kill(self) -> None:
        """Kill (-9) the server and everything of it."""
        children = self._children()
        self._server.kill()
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        self._server.wait()
        with suppress(FileNotFoundError):
            (self.data / "postmaster.pid").unlink()

    def remove(self) -> None:
        """End it, and leave nothing."""
        self._server.send_signal(signal.SIGINT)
        self._server.wait(_READY_S)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _children(self) -> list[int]:
        """By /proc: each process's stat says behind its name (in brackets) its state and its parent."""
        found: list[int] = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(FileNotFoundError, ProcessLookupError):
                _state, parent, *_ = stat.read_text().rpartition(")")[2].split()
                found += [int(stat.parent.name)] if int(parent) == self._server.pid else []
        return found

    def _answers(self) -> bool:
        ready = [str(self._bin / "pg_isready"), "-h", str(self.folder), "-p", str(self.port), "-q"]
        return subprocess.run(ready, check=False).returncode == 0

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._bin / program), *arguments],
            capture_output=True, text=True, check=False, cwd=self.folder, user=self._user,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
