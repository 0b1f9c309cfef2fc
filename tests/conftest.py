"""Fixtures for every test: a till at a sandbox on a real port, and the watch for leaks of secrets, threads and claims."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from koshelek_driver.sandbox.server import PayApiSandbox

pytest.register_assert_rewrite("tests.support")  # before its first import, so that a failed assert shows its values

from tests.support import leaks  # noqa: E402 - see above
from tests.support.profiles import forget_profiles, use_profiles_in  # noqa: E402
from tests.support.tills import Till  # noqa: E402
from tests.support.totp_library import compile_library  # noqa: E402

settings.register_profile("default", deadline=None)
settings.register_profile("thorough", deadline=None, max_examples=800)
settings.load_profile("default")


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    """A till at a sandbox of its own; whatever it sent kept the wire contract."""
    host = PayApiSandbox(tmp_path / "till", pace=0.2)
    made = Till(host, host.files.site)
    made.rewrite()
    yield made
    host.close()
    assert host.host.violations == []


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The TOTP module as a shared library, compiled once."""
    return compile_library(tmp_path_factory.mktemp("library"))


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder for scanner profiles; no other ones are known during the test."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    use_profiles_in(folder, monkeypatch)
    forget_profiles()
    yield folder / "scanners"
    monkeypatch.undo()
    forget_profiles()


_WATCH = pytest.StashKey[leaks.Watch]()


@pytest.fixture(autouse=True)
def nothing_secret_gets_out(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever was a Secret in this test was not printed, logged or raised; see `leaks`. The end of it is below."""
    watch = request.node.stash[_WATCH] = leaks.Watch()
    with pytest.MonkeyPatch.context() as monkeypatch:
        leaks.install(monkeypatch, watch)
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """After a test, look through all that pytest captured of it, too."""
    report: pytest.TestReport = yield  # type: ignore[assignment]
    watch = item.stash.get(_WATCH, None)
    if call.when == "teardown" and watch is not None and item.get_closest_marker("shows_secrets") is None:
        for title, text in report.sections:
            watch.hears(title, text)
        found = watch.leaks()
        if found and report.passed:
            report.outcome = "failed"
            report.longrepr = "\n".join(found)
    return report  # type: ignore[return-value]


@pytest.fixture(autouse=True)
def claims(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of claims for one test, and one of the user's state."""
    folder = tmp_path / "claims"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("KOSHELEK_CLAIMS", str(folder))
    return folder


@pytest.fixture(autouse=True)
def no_thread_is_left_behind() -> Iterator[None]:
    """Every thread that a test started ends soon after it."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 10
    while (left := set(threading.enumerate()) - before) and time.monotonic() < deadline:
        for thread in left:
            if thread.ident is not None:
                thread.join(0.05)
    assert not left, f"left running: {[thread.name for thread in left]}"
