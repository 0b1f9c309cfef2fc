"""Watches every test for secrets that get out: in what it prints, logs, raises, or what a program that it starts prints.

A secret is whatever was put into a `Secret` while the test ran. Those shorter than six characters cannot be told from
other numbers; what holds them is printed by the same code that holds the longer ones.
"""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from koshelek_driver.errors import DriverError
from koshelek_driver.secrets import Secret

_SHORTEST = 6
_PUBLIC = frozenset(("sandbox", "sandbox card"))
"""The sandbox's login: `sandbox serve` shows it, by contract."""


class Watch(logging.Handler):
    """What one test knew and what it let out."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.secrets: set[str] = set()
        self.told: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a log record as it would be written."""
        self.told.append(("log", self.format(record)))

    def knows(self, secret: str) -> None:
        """This was put into a Secret."""
        if len(secret) >= _SHORTEST and secret not in _PUBLIC:
            self.secrets.add(secret)

    def hears(self, where: str, text: object) -> None:
        """This got out."""
        self.told.append((where, str(text)))

    def leaks(self) -> list[str]:
        """Where a secret got out, without the secret."""
        return [
            f"a secret of {len(secret)} characters in {where}: {text.replace(secret, '<SECRET>')[:300]}"
            for where, text in self.told
            for secret in self.secrets
            if secret in text
        ]


def install(monkeypatch: pytest.MonkeyPatch, watch: Watch) -> None:
    """Let `watch` see everything while a test runs."""
    _after(monkeypatch, Secret, "__init__", lambda _result, _self, text: watch.knows(text))
    _after(monkeypatch, DriverError, "__init__", lambda _result, _self, *texts: watch.hears("an error", texts))
    _after(monkeypatch, pytest.CaptureFixture, "readouterr", lambda result, _self: watch.hears("output", result))
    _after(
        monkeypatch,
        subprocess.Popen,
        "communicate",
        lambda result, _self, *_more, **_named: watch.hears("a program's output", result),
    )
    root = logging.getLogger()
    monkeypatch.setattr(root, "level", logging.DEBUG)
    monkeypatch.setattr(root, "handlers", [*root.handlers, watch])


def _after(monkeypatch: pytest.MonkeyPatch, owner: type, name: str, see: Callable[..., object]) -> None:
    real = getattr(owner, name)

    def watched(*arguments: Any, **named: Any) -> Any:
        result = real(*arguments, **named)
        see(result, *arguments, **named)
        return result

    monkeypatch.setattr(owner, name, watched)
