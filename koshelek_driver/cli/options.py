"""Options that many verbs share, and their values."""

from __future__ import annotations

import getpass
import sys
import warnings
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from koshelek_driver.cli.call import current_call
from koshelek_driver.errors import UsageError
from koshelek_driver.secrets import Secret

_SITE_HELP = "The till's file (default: $KOSHELEK_SITE, then ./site.toml)."
_LABEL_HELP = "The label that the scanner read; - reads it from standard input, unseen by other users of this machine."
LabelOption = Annotated[str | None, typer.Option("--label", help=_LABEL_HELP)]
WaitOption = Annotated[float, typer.Option("--wait", help="Seconds to wait for a scan.")]
SiteOption = Annotated[Path | None, typer.Option("--site", help=_SITE_HELP)]
EventsOption = Annotated[
    bool, typer.Option("--events", help="Progress as JSON lines on standard error, and nothing else there.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
OperatorOption = Annotated[
    str, typer.Option("--operator", help="The person at the till, kept with everything that this does.")
]
SupervisorOption = Annotated[
    bool,
    typer.Option("--supervisor", help="Ask for the supervisor's secret: unseen, or the first line of standard input."),
]
_LONGEST_SECRET = 1024


def label_text(given: str | None) -> str | None:
    """Return the label of a command line; `-` reads one line from standard input. Raises UsageError."""
    return current_call().read_line() if given == "-" else given


def supervisor_secret(*, wanted: bool) -> Secret | None:
    """Return the supervisor's secret from the terminal, without echo, or from the first line of standard input.

    None if it is not wanted. It is never an argument: other users of the machine can read those. Raises UsageError.
    """
    if not wanted:
        return None
    try:
        text = _typed_secret() if sys.stdin.isatty() else sys.stdin.readline(_LONGEST_SECRET)
    except (EOFError, OSError, UnicodeError, getpass.GetPassWarning):
        raise UsageError("--supervisor: the secret cannot be read", "give it on standard input, in UTF-8") from None
    if not text.strip("\ufeff \t\r\n"):
        raise UsageError("--supervisor: no secret was given", "type it when asked, or give it on standard input")
    return Secret(text.strip("\ufeff \t\r\n"))


def _typed_secret() -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)  # a terminal that would show what is typed
        return getpass.getpass("Supervisor: ")


def read_file(file: Path | None, option: str = "--invoice") -> bytes | None:
    """Return the bytes of an option's file, None if no file is given. Raises UsageError."""
    try:
        return None if file is None else file.read_bytes()
    except OSError as problem:
        raise UsageError(f"{option} {file}: {problem.strerror}", "name a readable file") from problem


def read_day(option: str, text: str) -> date | None:
    """Return the day of an option, None if it is empty. Raises UsageError."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as problem:
        raise UsageError(f"{option} {text}", "write a day as 2026-11-22") from problem
