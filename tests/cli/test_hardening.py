"""A process that holds secrets leaves no core dump."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import ctypes, resource
_, most = resource.getrlimit(resource.RLIMIT_CORE)
resource.setrlimit(resource.RLIMIT_CORE, (most, most))
from koshelek_driver.cli.call import Call
Call().moves_money(None)
print(resource.getrlimit(resource.RLIMIT_CORE)[0], ctypes.CDLL(None).prctl(3), most)  # PR_GET_DUMPABLE
"""


@pytest.mark.skipif(sys.platform != "linux", reason="prctl of Linux")
def test_a_verb_that_moves_money_forbids_core_dumps() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60)
    soft, dumpable, _most = done.stdout.split()
    assert (soft, dumpable) == ("0", "0")
