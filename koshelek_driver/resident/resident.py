"""The resident driver: one till, open as long as the machine runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from koshelek_driver.config.site import Site
from koshelek_driver.errors import BusyError
from koshelek_driver.resident.listener import HttpsListener, server_context
from koshelek_driver.resident.postback import Postbacks, postback_app
from koshelek_driver.till.terminal import Terminal


class Resident:
    """Runs from the moment it is made until `close`: the caretaker, and the receiver of postbacks where it is enabled.

    Raises SiteError, JournalError, and BusyError while another one runs for this till.
    """

    def __init__(self, settings: Site) -> None:
        self.postback_url = ""
        """Where postbacks are taken; empty when they are not."""
        with ExitStack() as opened:
            opened.enter_context(_only_one(Path(f"{settings.journal}.running")))
            self.terminal = terminal = opened.enter_context(Terminal(settings))
            """The till itself."""
            terminal.warm_up()
            terminal.start_caretaker()
            if settings.pay_api.postback.enabled:
                listener = opened.enter_context(closing(_listen(settings, terminal)))
                self.postback_url = f"https://{settings.pay_api.postback.listen.rpartition(':')[0]}:{listener.port}/"
            self._opened = opened.pop_all()

    def close(self) -> None:
        """End; what is under way with the host is let go between two calls, and found again by the next start."""
        self._opened.close()


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """One resident driver a till. A file beside the lock says whose it is."""
    lock, pid_file = FileLock(path, timeout=0, mode=0o600), path.with_name(f"{path.name}.pid")
    try:
        lock.acquire()
    except Timeout as problem:
        pid = pid_file.read_text(encoding="ascii") if pid_file.exists() else "unknown"
        what = f"the resident driver of this till runs already, as process {pid}"
        raise BusyError(what, "use that one, or end it first") from problem
    try:
        pid_file.write_text(str(os.getpid()), encoding="ascii")
        yield
    finally:
        pid_file.unlink(missing_ok=True)
        lock.release()


def _listen(settings: Site, terminal: Terminal) -> HttpsListener:
    postback = settings.pay_api.postback
    host, _, port = postback.listen.rpartition(":")
    key = settings.base / postback.key if postback.key else None
    context = server_context(settings.base / postback.certificate, key)
    heard = Postbacks(
        login=settings.secret(postback.login, "pay_api.postback.login"),
        password=settings.secret(postback.password, "pay_api.postback.password"),
        sources=postback.sources,
        hear=terminal.hear_postback,
    )
    return HttpsListener(postback_app(heard), (host.strip("[]"), int(port)), context)
