"""Run the tests of a room on one mutant after the other, in a copy of the tree."""

from __future__ import annotations

import os
import queue
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tests.mutants.operators import Edit

COPIED = ("firmware_protocol", "koshelek_driver", "device_profiles", "tests", "pyproject.toml", "README.md")
SLOWEST = 4
"""A mutant has this many times the time that the tests need without it."""
LEAST_S = 20.0
BASELINE_S = 600.0


class Verdict(StrEnum):
    """The end of a mutant's run."""

    KILLED = "killed"
    SURVIVED = "survived"
    TIMEOUT = "timeout"


@dataclass(frozen=True)
class Mutant:
    """One edit of one module; `path` is relative to the root of the tree."""

    path: Path
    source: str
    edit: Edit

    @property
    def line(self) -> int:
        """The number of the changed line."""
        return self.edit.line(self.source)


class BaselineFailedError(Exception):
    """The tests fail, or run too long, without any mutant. The text is their output."""


class Copy:
    """A copy of the tree in a folder of its own; the tree itself is only read."""

    def __init__(self, root: Path, folder: Path, tests: Sequence[str], options: Sequence[str] = ()) -> None:
        self._folder = folder
        self._command = [
            *(sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"),
            *("-p", "tests.mutants.pytest_limits", "--hypothesis-profile=mutants"),
            *options,
            *tests,
        ]
        for name in COPIED:
            if (root / name).is_dir():
                shutil.copytree(root / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            elif (root / name).exists():
                shutil.copy2(root / name, folder / name)

    def baseline(self) -> float:
        """Run the tests without a mutant and return the seconds that they took.

        Raises:
            BaselineFailedError: they fail.
        """
        started = time.monotonic()
        code, output = self._run(BASELINE_S, write_bytecode=True)
        if code != 0:
            raise BaselineFailedError(output if code is not None else f"no end after {BASELINE_S:g} s\n{output}")
        return time.monotonic() - started

    def judge(self, mutant: Mutant, timeout_s: float) -> Verdict:
        """Run the tests on one mutant; blocks at most for `timeout_s` and the time to end the process."""
        path = self._folder / mutant.path
        # Bytecode is found to be out of date by size and second: a mutant of the same size must not run the original's.
        for stale in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
            stale.unlink()
        path.write_text(mutant.edit.apply(mutant.source), encoding="utf-8")
        try:
            code, _ = self._run(timeout_s, write_bytecode=False)
        finally:
            path.write_text(mutant.source, encoding="utf-8")
        if code is None:
            return Verdict.TIMEOUT
        return Verdict.KILLED if code else Verdict.SURVIVED

    def _run(self, timeout_s: float, *, write_bytecode: bool) -> tuple[int | None, str]:
        """Return the exit code, or None when time was up, and the output."""
        environment = os.environ | {"PYTHONPATH": str(self._folder)}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        if not write_bytecode:
            environment["PYTHONDONTWRITEBYTECODE"] = "1"
        process = subprocess.Popen(
            self._command,
            cwd=self._folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            _end(process)
            return None, ""
        return process.returncode, output.decode(errors="replace")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a run with all that it started: its session has one process group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def judge_all(
    copies: Sequence[Copy], mutants: Sequence[Mutant], timeout_s: float, report: Callable[[Mutant, Verdict], None]
) -> list[tuple[Mutant, Verdict]]:
    """Judge every mutant, as many at a time as there are copies, and return them in their order."""
    free: queue.SimpleQueue[Copy] = queue.SimpleQueue()
    for copy in copies:
        free.put(copy)

    def judge(mutant: Mutant) -> tuple[Mutant, Verdict]:
        copy = free.get()
        try:
            verdict = copy.judge(mutant, timeout_s)
        finally:
            free.put(copy)
        report(mutant, verdict)
        return mutant, verdict

    with ThreadPoolExecutor(max_workers=len(copies)) as pool:
        return list(pool.map(judge, mutants))
