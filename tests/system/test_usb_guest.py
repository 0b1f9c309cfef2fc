"""Scanners on a real Linux USB stack: the tests of `usb/`, run in a guest of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import guest


@pytest.mark.system
@pytest.mark.timeout(guest.LONGEST_S + 60)
@pytest.mark.skipif(bool(guest.missing()), reason=f"no guest: {guest.missing()}")
def test_usb_scanners_on_a_real_kernel(tmp_path: Path) -> None:
    code, log = guest.run(tmp_path)
    print(log)
    assert code == 0, log
    assert "skipped" not in log
