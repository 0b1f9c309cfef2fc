"""Options that many verbs share, and their values."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from koshelek_driver.errors import UsageError

_SITE_HELP = "The till's file (default: $KOSHELEK_SITE, then ./site.toml)."
_LABEL_HELP = "The label that the scanner read; - reads it from standard input, unseen by other users of this machine."
LabelOption = Annotated[str | None, typer.Option("--label", help=_LABEL_HELP)]
WaitOption = Annotated[float, typer.Option("--wait", help="Seconds to wait for a scan.")]
SiteOption = Annotated[Path | None, typer.Option("--site", help=_SITE_HELP)]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
OperatorOption = Annotated[
    str, typer.Option("--operator", help="The person at the till, kept with everything that this does.")
]


def label_text(given: str | None) -> str | None:
    """Return the label of a command line; `-` reads one line from standard input."""
    return sys.stdin.readline().rstrip("\r\n") if given == "-" else given


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
