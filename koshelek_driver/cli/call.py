"""The command line under way, and the one rule of its exit code.

The exit code of a verb that moves money is its outcome's, or 3 once an intent is on disk: whatever becomes of the
display, whichever signal comes, whatever fails in the driver. 3 is for money alone.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from koshelek_driver.cli.hardening import forbid_core_dumps
from koshelek_driver.cli.stop_signals import STOP, Interrupted
from koshelek_driver.errors import DriverError, JournalError, SiteError, UsageError
from koshelek_driver.payment.cancel import CancelToken

if TYPE_CHECKING:
    from koshelek_driver.payment.journal import Journal

EXIT_DONE = 0
EXIT_NO = 1
EXIT_WRONG = 2
EXIT_UNKNOWN = 3
_CONTRACT = (EXIT_DONE, EXIT_NO, EXIT_WRONG, EXIT_UNKNOWN)


class InternalError(DriverError):
    """A fault of the driver itself."""


@dataclass
class Money:
    """The money that a verb moves. Without an order and a transaction it is everything that is open."""

    site: Path | None
    order_id: str = ""
    transaction_id: str = ""
    has_begun: bool = False
    """True once the till was asked to move it: from then on a fault of ours is an unknown outcome."""
    host_was_asked: bool = False
    """True once a call to the host has ended: an intent is on disk."""


@dataclass
class Call:
    """One command line: its document, its money and its exit code."""

    as_json: bool = False
    has_events: bool = False
    """True if standard error is a stream of events, for programs."""
    began_s: float = field(default_factory=time.monotonic)
    has_document: bool = False
    """True once the one document of `--json` is out."""
    code: int | None = None
    """The exit code of the outcome, once it is known and shown."""
    money: Money | None = None
    cancel: CancelToken = field(default_factory=CancelToken)
    """The cashier's cancel: every stop signal, from the beginning of a verb that moves money."""

    def moves_money(self, site: Path | None, *, order_id: str = "", transaction_id: str = "") -> Money:
        """Begin a verb that moves money: from now on a signal is a cancel, and the exit code tells of money.

        Raises:
            UsageError: an id is no text.
        """
        for given in (order_id, transaction_id):
            if any("\ud800" <= letter <= "\udfff" for letter in given):  # bytes that are not in the console's code page
                raise UsageError(f"the id {given!r} is no text", "write it in the console's own encoding")
        self.money = Money(site, order_id, transaction_id)
        self.take_cancels()
        return self.money

    def take_cancels(self) -> None:
        """Make every stop signal a cancel from now on, and keep secrets out of core dumps."""
        forbid_core_dumps()
        STOP.cancel_instead(self.cancel.cancel)

    def read_line(self) -> str:
        """Return one line of standard input; empty if a signal came first, which is then a cancel.

        Raises:
            UsageError: standard input is closed, or is no text.
        """
        try:
            with STOP.interrupting_a_read():
                return sys.stdin.readline().rstrip("\r\n")
        except Interrupted:
            self.cancel.cancel()
            return ""
        except (AttributeError, OSError, ValueError) as problem:  # None where the process has no standard input
            raise UsageError(f"standard input cannot be read: {problem}", "give the label as text") from problem

    def exit_code(self, given: object) -> int:
        """Return the exit code of a verb that ended by itself."""
        if given is None:
            return EXIT_DONE
        return given if isinstance(given, int) and given in _CONTRACT else self.exit_code_of(InternalError(""))

    def exit_code_of(self, problem: DriverError) -> int:
        """Return the exit code of a verb that ended by an error, a signal or a fault of ours."""
        if self.code is not None:
            return self.code
        code = EXIT_WRONG if isinstance(problem, SiteError | UsageError | JournalError) else EXIT_NO
        return EXIT_UNKNOWN if self.money and self._may_have_moved(self.money, problem) else code

    def _may_have_moved(self, money: Money, problem: DriverError) -> bool:
        is_fault = isinstance(problem, InternalError)
        if money.host_was_asked or (is_fault and money.has_begun):
            return True
        if isinstance(problem, SiteError | UsageError):
            return False
        try:
            return _is_open(money)
        except SiteError:
            return False
        except Exception:  # noqa: BLE001 - a journal that cannot say
            return is_fault


def _is_open(money: Money) -> bool:
    """Look into the journal for an outcome that is not known, or for a payment that the verb must not call a no."""
    from koshelek_driver.config import site as sites
    from koshelek_driver.payment.journal import Journal

    file = sites.load(money.site).journal
    if not file.exists():
        return False
    journal = Journal(file)
    try:
        return _has_open(journal, money)
    finally:
        journal.close()


def _has_open(journal: Journal, money: Money) -> bool:
    from koshelek_driver.payment.outcome import Outcome

    if not money.order_id and not money.transaction_id:
        return bool(journal.still_open() or journal.refunds.still_open())
    payment = journal.latest(money.order_id) if money.order_id else journal.by_transaction(money.transaction_id)
    refunds = journal.refunds.of_order(money.order_id) if money.order_id else []
    refunds += journal.refunds.of_payment(money.transaction_id) if money.transaction_id else []
    return any(each is not None and each.outcome is Outcome.UNKNOWN for each in (payment, *refunds))


_calls: list[Call] = [Call()]


def begin_call(*, as_json: bool, has_events: bool = False) -> Call:
    """Begin a command line; `current_call` returns it from now on."""
    _calls[0] = Call(as_json=as_json, has_events=has_events)
    return _calls[0]


def current_call() -> Call:
    """Return the command line under way: a process runs one at a time."""
    return _calls[0]
