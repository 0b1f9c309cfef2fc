"""Print the branch coverage of the pure rooms by their own tests: `python -m tests.coverage_of_pure_rooms`.

Exits with 1 below 100 % and with 2 when a test fails. The rooms and their tests are in `tests/mutants/rooms.py`, the lines
that do not count in `pyproject.toml`.
"""

from __future__ import annotations

import sys

import coverage
import pytest

from tests.mutants.rooms import NOT_PURE, PURE_ROOMS, ROOT, SLOW, modules_of, source_of, suite_of


def main() -> int:
    """Run the tests, print the table and return the exit code."""
    sources = [source_of(path) for paths in PURE_ROOMS.values() for path in paths]
    modules = [path for source in sources for path in modules_of(source) if path.as_posix() not in NOT_PURE]
    tests = sorted({test for source in sources for test in suite_of(source)})
    measured = coverage.Coverage(data_file=None, include=[str(ROOT / path) for path in modules])
    measured.start()
    failed = pytest.main([*tests, *(f"--deselect={test}" for test in SLOW)])
    measured.stop()
    if failed:
        return 2
    return 0 if measured.report() >= 100 else 1


if __name__ == "__main__":
    sys.exit(main())
