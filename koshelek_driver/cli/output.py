"""The output of a verb: lines for people, one JSON document for programs."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TextIO

from rich.console import Console
from rich.panel import Panel
from rich.status import Status
from rich.table import Table
from rich.text import Text

from koshelek_driver.cli.call import current_call
from koshelek_driver.cli.foreign_text import as_json_text, foreign, without_controls
from koshelek_driver.cli.streams import SafeStream
from koshelek_driver.errors import DriverError
from koshelek_driver.pay_api.client import Exchange
from koshelek_driver.pay_api.replies import Answered, Computing, Done, Listed, NoAnswer, NotSent, Refused, Reply
from koshelek_driver.payment.outcome import Outcome, Payment, Refund, SlipState, in_roubles, responsible
from koshelek_driver.printer.job_state import JobState
from koshelek_driver.printer.receipt_printer import PrintResult

EXIT_OF_OUTCOME = {
    Outcome.PAID: 0,
    Outcome.REFUNDED: 0,
    Outcome.REJECTED: 1,
    Outcome.CANCELED: 1,
    Outcome.UNKNOWN: 3,
}
_COLOURS = {
    Outcome.PAID: "green",
    Outcome.REFUNDED: "green",
    Outcome.REJECTED: "red",
    Outcome.CANCELED: "yellow",
    Outcome.UNKNOWN: "magenta",
}
_SLIP_WORDS = {
    SlipState.NONE: "no slip",
    SlipState.QUEUED: "slip not printed yet",
    SlipState.SENT: "slip sent, paper not confirmed",
    SlipState.ASSUMED: "slip sent to a printer that cannot confirm",
    SlipState.PRINTED: "slip printed",
}


class _PeoplesConsole(Console):
    """A console that no text can control: whatever a verb forgot to make visible is made visible here."""

    def render_str(self, text: str, **options: Any) -> Text:
        """Render text for people, without its control characters."""
        return super().render_str(without_controls(text), **options)


class Output:
    """The two streams of a verb.

    Results go to standard output, warnings and errors to standard error. No write of it ever raises.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.console = _PeoplesConsole(quiet=as_json, highlight=False, emoji=False)
        self._errors = _PeoplesConsole(stderr=True, highlight=False, emoji=False)
        self._status: Status | None = None

    @contextmanager
    def progress(self, text: str) -> Iterator[None]:
        """Show a spinner while the block runs; `say_progress` changes its text."""
        if self.as_json:
            yield
            return
        with self.console.status(text) as self._status:
            yield
        self._status = None

    def say_progress(self, text: str) -> None:
        """Change the text of the spinner; does nothing when none is shown."""
        if self._status is not None:
            self._status.update(text)

    def document(self, document: dict[str, Any]) -> None:
        """Print the one JSON document of `--json`; does nothing without that option, or if it is out already."""
        call = current_call()
        if self.as_json and not call.has_document:
            call.has_document = True
            self.line(document)

    def line(self, document: dict[str, Any]) -> None:
        """Print one of many JSON documents, a line each, for verbs whose contract is a stream of them."""
        if self.as_json:
            _write_line(sys.stdout, document)

    def error(self, problem: DriverError) -> None:
        """Show an error and its remedy, with `--json` as a document as well."""
        self.document({"error": type(problem).__name__, "message": problem.what, "remedy": problem.remedy})
        self.event("error", error=type(problem).__name__, message=problem.what, remedy=problem.remedy)
        self._notice("[red]error:[/]", problem.what, problem.remedy)

    def warning(self, what: str, remedy: str) -> None:
        """Show a warning and its remedy on standard error."""
        self.event("warning", message=what, remedy=remedy)
        self._notice("[yellow]warning:[/]", what, remedy)

    def event(self, name: str, **facts: Any) -> None:
        """Write an event as a line of JSON to standard error; does nothing without `--events`."""
        call = current_call()
        if call.has_events:
            at_ms = round((time.monotonic() - call.began_s) * 1000, 1)
            _write_line(sys.stderr, {"event": name, "at_ms": at_ms, **facts})

    def _notice(self, word: str, what: str, remedy: str) -> None:
        if current_call().has_events:
            return
        self._errors.print(f"{word} {foreign(what)}", soft_wrap=True)
        if remedy:
            self._errors.print(f"  [bold]do:[/] {foreign(remedy)}", soft_wrap=True)

    def call(self, exchange: Exchange) -> None:
        """Show one call to the API: its name, duration and reply."""
        name = exchange.request.call.name.lower()
        self.console.print(f"  {name:<9} {exchange.took_ms:8.1f} ms  {foreign(reply_in_words(exchange.reply))}")
        self.say_progress("Waiting for the customer… Ctrl-C cancels")

    def environment(self, name: str) -> None:
        """Say on the screen that no real money moves, as the slip does."""
        if name == "test":
            self.console.print("[black on yellow] TEST / ТЕСТ [/]  the test environment: no real money moves")

    def payment(self, payment: Payment | Refund, tip: str, slip: Iterable[str]) -> None:
        """Show the outcome of a sale or a refund, the tip for the cashier and the slip."""
        outcome = payment.outcome
        again = " (earlier; nothing was charged now)" if payment.repeated else ""
        amount = f"{in_roubles(payment.amount)} RUB"
        colour = _COLOURS[outcome]
        self.console.print(
            f"[bold {colour}]{outcome.value.upper()}[/]  {amount}  order {foreign(payment.order_id)}{again}"
        )
        if tip:
            self.console.print(f"  [bold]{foreign(tip)}[/]", soft_wrap=True)
        if payment.unkept:
            self.warning(f"the journal could not keep this: {payment.unkept}", "free some space, then: recover")
        if payment.verdict.error_code:
            self.console.print(f"  code {foreign(payment.verdict.error_code)}  {foreign(payment.verdict.details)}")
        if payment.button_to_wire_ms is not None:
            self.console.print(f"  from the button to the first byte: {payment.button_to_wire_ms:.1f} ms")
        lines = list(slip)
        if lines:
            self.console.print(Panel.fit("\n".join(map(foreign, lines)), title=_SLIP_WORDS[payment.slip_state]))

    def print_result(self, result: PrintResult) -> None:
        """Show the result of a print job."""
        self.console.print(result.printed)
        if result.problem:
            self.warning(result.problem, result.remedy)

    def payments(self, payments: Iterable[Payment | Refund]) -> None:
        """Show sales and refunds as a table."""
        table = Table()
        for heading in ("order", "kopecks", "outcome", "code", "slip", "operator", "payment transaction"):
            table.add_column(heading, overflow="fold")
        for payment in payments:
            table.add_row(
                foreign(payment.order_id),
                str(payment.amount),
                f"[{_COLOURS[payment.outcome]}]{payment.outcome.value}[/]",
                foreign(payment.verdict.error_code),
                _SLIP_WORDS[payment.slip_state],
                foreign(responsible(payment.outcome, payment.operator, payment.ended_by)),
                foreign(payment.verdict.transaction_id),
            )
        self.console.print(table)


def _write_line(stream: TextIO, document: dict[str, Any]) -> None:
    safe = stream if isinstance(stream, SafeStream) else SafeStream(stream)
    safe.write_utf8(as_json_text(document) + "\n")


def reply_in_words(reply: Reply) -> str:
    """Return the reply to an API call in a few words."""
    match reply:
        case Answered(answer):
            return answer.status or "(transaction unknown)"
        case Listed(answer):
            return f"{len(answer.payment_type_availability_info_list)} methods"
        case Refused(code, _):
            return f"refused: {code}"
        case NoAnswer(reason):
            return f"no answer: {reason}"
        case NotSent(reason, _):
            return f"not sent: {reason}"
        case Done() | Computing():
            return "done" if isinstance(reply, Done) else "not ready yet"


def moment(at_s: float, timespec: str = "seconds") -> str:
    """Return a Unix time as ISO 8601 in UTC."""
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec=timespec)


def payment_document(payment: Payment | Refund, tip: str, slip: Iterable[str]) -> dict[str, Any]:
    """Return a sale or a refund as a JSON object; its keys are a contract."""
    own = {"refund_transaction_id": payment.refund_transaction_id} if isinstance(payment, Refund) else {}
    return {
        **own,
        "outcome": payment.outcome.value,
        "order_id": payment.order_id,
        "request_id": payment.request_id,
        "payment_transaction_id": payment.verdict.transaction_id,
        "amount": payment.amount,
        "error_code": payment.verdict.error_code,
        "details": payment.verdict.details,
        "operator_tip": tip,
        "slip": list(slip),
        "slip_state": payment.slip_state.value,
        "button_to_wire_ms": None if payment.button_to_wire_ms is None else round(payment.button_to_wire_ms, 3),
        "repeated": payment.repeated,
        "operator": responsible(payment.outcome, payment.operator, payment.ended_by),
        "ended_by": payment.ended_by,
    }


def record_document(payment: Payment | Refund) -> dict[str, Any]:
    """Return everything that the journal holds of a sale or a refund, as a JSON object."""
    return {
        **payment_document(payment, "", ()),
        "created": moment(payment.created_s),
        "slip": payment.verdict.slip,
        "answer": payment.verdict.answer,
    }


def print_document(result: PrintResult) -> dict[str, Any]:
    """Return the result of a print job as a JSON object."""
    return {
        "printed": result.printed,
        "state": "sent" if result.state is JobState.ASSUMED else result.state.value,  # `printed` says assumed
        "evidence": result.evidence,
        "problem": result.problem,
        "remedy": result.remedy,
    }
