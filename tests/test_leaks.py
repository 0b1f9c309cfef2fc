"""The watch for secrets itself: whatever way one gets out, it is found; what is hidden is not."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable

import pytest

from koshelek_driver.errors import CardError
from koshelek_driver.secrets import Secret
from tests.support import leaks

SECRET = "S3SS10N"


def logs(secret: str) -> None:
    try:
        raise ValueError(secret)
    except ValueError:
        logging.getLogger("anybody").debug("failed", exc_info=True)


WAYS: dict[str, Callable[[str], object]] = {
    "log": logs,
    "error": lambda secret: CardError("card", f"scan {secret} again"),
    "program": lambda secret: subprocess.run([sys.executable, "-c", f"print('{secret}')"], check=True, capture_output=True),
}  # fmt: skip


@pytest.mark.shows_secrets
@pytest.mark.parametrize("way", WAYS)
def test_a_secret_that_gets_out_is_found(way: str) -> None:
    watch = leaks.Watch()
    with pytest.MonkeyPatch.context() as monkeypatch:
        leaks.install(monkeypatch, watch)
        secret = Secret(SECRET)
        WAYS[way](f"{secret}")
        assert watch.leaks() == []
        WAYS[way](secret.reveal())
    (found,) = watch.leaks()
    assert SECRET not in found


@pytest.mark.shows_secrets
def test_a_secret_that_is_printed_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    watch = leaks.Watch()
    with pytest.MonkeyPatch.context() as monkeypatch:
        leaks.install(monkeypatch, watch)
        print(Secret(SECRET), Secret(SECRET).masked())
        capsys.readouterr()
        assert watch.leaks() == []
        print(Secret(SECRET).reveal())
        capsys.readouterr()
    assert len(watch.leaks()) == 1
