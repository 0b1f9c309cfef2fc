"""The resident driver: one till that stays open as long as the machine runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from koshelek_driver.config.site import Site
from koshelek_driver.errors import BusyError
from koshelek_driver.resident.listener import HttpsListener, server_context
from koshelek_driver.resident.postback import PostbackSettings, postback_app
from koshelek_driver.till.terminal import Terminal


class Resident:
    """A till with its background work and its receiver of postbacks, running from construction until `close`.

    Raises:
        SiteError: the receiver cannot listen, or its certificate cannot be used.
        JournalError: the journal cannot be opened.
        BusyError: another resident driver of this till is running.
    """

    def __init__(self, site: Site) -> None:
        self.postback_url = ""
        """The address for postbacks; empty when none are received."""
        with ExitStack() as opened:
            opened.enter_context(_only_one(Path(f"{site.journal}.running")))
            self.terminal = terminal = opened.enter_context(Terminal(site))
            """The open till."""
            terminal.warm_up()
            terminal.start_caretaker()
            if site.pay_api.postback.enabled:
                listener = opened.enter_context(closing(_listen(site, terminal)))
                self.postback_url = f"https://{site.pay_api.postback.listen.rpartition(':')[0]}:{listener.port}/"
            self._opened = opened.pop_all()

    def close(self) -> None:
        """Stop listening and close the till.

        An unfinished conversation with the host is resumed at the next start.
        """
        self._opened.close()


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Hold the lock of the one resident driver of a till.

    A second file names its process, for the error of another one.
    """
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


def _listen(site: Site, terminal: Terminal) -> HttpsListener:
    postback = site.pay_api.postback
    host, _, port = postback.listen.rpartition(":")
    key = site.base / postback.key if postback.key else None
    context = server_context(site.base / postback.certificate, key)
    receiver = PostbackSettings(
        login=site.secret(postback.login, "pay_api.postback.login"),
        password=site.secret(postback.password, "pay_api.postback.password"),
        sources=postback.sources,
        handle=terminal.hear_postback,
    )
    return HttpsListener(postback_app(receiver), (host.strip("[]"), int(port)), context, sources=postback.sources)
