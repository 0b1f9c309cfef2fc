"""Every check of a till, each with its remedy.

A check never raises; checks that depend on a failed one are skipped.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Generic, TypeVar

from koshelek_driver.config import site
from koshelek_driver.config.site import Site
from koshelek_driver.diagnostics.rights import exposed_code, exposed_copies, exposed_secrets
from koshelek_driver.errors import DriverError
from koshelek_driver.pay_api.client import PayApiClient
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.journal.outbox_book import Kind, State
from koshelek_driver.payment.outcome import Outcome, Payment, Refund
from koshelek_driver.till.assembly import build_endpoint, build_ledger, check_devices, check_slip
from koshelek_driver.till.card_setup import CardSetup, build_templates

T = TypeVar("T")
_HOST_TIMEOUT_S = 2.0
"""For one step of connecting, so that all checks together end in less than 10 s."""


class Result(StrEnum):
    """Result of a check."""

    PASS = "pass"  # noqa: S105 - a result
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Check:
    """One check. `remedy` is for the technician; empty if nothing is to be done."""

    name: str
    result: Result
    detail: str
    remedy: str = ""


def checks(site_file: Path | None) -> Iterator[Check]:
    """Check a till and yield each result as soon as it is known.

    Blocks less than 10 s in all. No money moves.
    """
    where = site.find(site_file)
    loaded = _try("site file", lambda: site.load(site_file), str(where))
    yield loaded.check
    if loaded.value is None:
        yield from (
            Check(name, Result.SKIP, "needs the site file")
            for name in ("templates", "devices", "slip", "journal", "one-time passwords", "left open", "host", "clock")
        )
        return
    with ExitStack() as opened:
        yield from _checks_of_till(loaded.value, opened)
    yield from _rights(loaded.value)


def _rights(settings: Site) -> Iterator[Check]:
    """Report each file that other users may read or write and should not; nothing where there is none."""
    looked = _try(
        "rights",
        lambda: [*exposed_secrets(settings), *exposed_code(settings), *exposed_copies(settings)],
        "of secrets, site file and journal",
    )
    if looked.value is None:
        yield looked.check
    yield from (Check("rights", Result.WARN, found.what, found.remedy) for found in looked.value or ())


def _checks_of_till(settings: Site, opened: ExitStack) -> Iterator[Check]:
    count = len(settings.totp.templates)
    yield _try("templates", lambda: build_templates(settings), f"{count} templates").check
    yield _try("devices", lambda: check_devices(settings), f"{len(settings.devices)} devices").check
    yield _try("slip", lambda: check_slip(settings), "its templates").check
    journal = _try("journal", lambda: Journal(settings.journal), str(settings.journal))
    yield journal.check
    if journal.value is not None:
        opened.callback(journal.value.close)
        yield _passwords(settings, journal.value, opened)
        yield _left_open(journal.value)
        yield from _ledger(settings, journal.value)
    else:
        yield Check("one-time passwords", Result.SKIP, "needs the journal")
        yield Check("left open", Result.SKIP, "needs the journal")
    client = _try("host", lambda: PayApiClient(build_endpoint(settings), time.monotonic, time.time), settings.base_url)
    if client.value is None:
        yield client.check
        yield Check("clock", Result.SKIP, "needs the host")
        return
    opened.callback(client.value.close)
    yield _host(settings, client.value)
    yield _clock(settings, client.value)


def _passwords(settings: Site, memory: Journal, opened: ExitStack) -> Check:
    made = _try(
        "one-time passwords",
        lambda: CardSetup(settings, memory.cards, memory.salt(), unix_s=time.time, skew_s=lambda: None),
        f"module {settings.totp.module} is ready",
    )
    if made.value is not None:
        opened.callback(made.value.close)
    return made.check


def _left_open(journal: Journal) -> Check:
    """Report unsettled money; a charge after its cancel comes first, since the customer must get it back."""
    entries = journal.outbox.unfinished()
    alarms = [entry for entry in entries if entry.state is State.ALARM]
    if alarms:
        what = f"order {alarms[0].order_id} was paid after it had been cancelled"
        return Check("left open", Result.FAIL, what, f"refund --transaction-id {alarms[0].transaction_id}")
    records: list[Payment | Refund] = [*journal.unfinished(), *journal.refunds.unfinished()]
    unknown = sum(record.outcome is Outcome.UNKNOWN for record in records)
    receipts = sum(entry.kind is Kind.RECEIPT for entry in entries)
    detail = f"{unknown} outcomes unknown, {len(records) - unknown} slips not on paper, {receipts} receipts not sent"
    if unknown or receipts or records:
        return Check("left open", Result.WARN, detail, "recover")
    return Check("left open", Result.PASS, detail)


def _ledger(settings: Site, journal: Journal) -> Iterator[Check]:
    """Report the state of the ledger if the shop has one; blocks some seconds at most."""
    made = _try("ledger", lambda: build_ledger(settings, journal), settings.ledger.host)
    if made.check.result is Result.FAIL:
        yield made.check
    if made.value is not None:
        with closing(made.value) as ledger:
            behind = _try("ledger", ledger.behind, settings.ledger.host)
        late = Check("ledger", Result.WARN, f"{behind.value} events are not in it yet", "ledger feed, or start: run")
        yield late if behind.value else behind.check


def _host(settings: Site, client: PayApiClient) -> Check:
    began = time.monotonic()
    problem = client.warm(min(_HOST_TIMEOUT_S, settings.pay_api.timing.connect_timeout_s))
    if problem is None:
        took_ms = (time.monotonic() - began) * 1000
        return Check("host", Result.PASS, f"{settings.base_url} in {took_ms:.0f} ms, key {client.host_pin()}")
    remedy = (
        "check ca_file and the till's clock" if problem.code == "HOST_NOT_TRUSTED" else "check network and base_url"
    )
    return Check("host", Result.FAIL, f"{settings.base_url}: {problem.details}", remedy)


def _clock(settings: Site, client: PayApiClient) -> Check:
    skew_s = client.host_clock.skew_s()
    if skew_s is None:
        return Check("clock", Result.SKIP, "the host did not say what time it is")
    window_s = settings.totp.window_steps * settings.totp.interval_s
    detail = f"{abs(skew_s):.0f} s {'ahead of' if skew_s > 0 else 'behind'} the host; cards need less than {window_s} s"
    if abs(skew_s) <= window_s / 2:
        return Check("clock", Result.PASS, detail)
    remedy = "set the till's clock, and let it follow a time server"
    return Check("clock", Result.WARN if abs(skew_s) <= window_s else Result.FAIL, detail, remedy)


@dataclass(frozen=True, slots=True)
class _Tried(Generic[T]):
    check: Check
    value: T | None


def _try(name: str, attempt: Callable[[], T], detail: str) -> _Tried[T]:
    try:
        return _Tried(Check(name, Result.PASS, detail), attempt())
    except DriverError as problem:
        return _Tried(Check(name, Result.FAIL, problem.what, problem.remedy), None)
    except Exception as fault:  # noqa: BLE001 - a probe reports and never raises
        return _Tried(Check(name, Result.FAIL, f"{type(fault).__name__}: {fault}", "call support"), None)
