"""The command line of a till at a sandbox."""

from __future__ import annotations

import pytest

from tests.support.shell import Shell
from tests.support.tills import Till


@pytest.fixture
def shell(till: Till, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Command lines run in this process, with the site file of `till`."""
    return Shell(till, capsys)
