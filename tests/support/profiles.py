"""Device profiles of a test's own, in place of those that are shipped."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from koshelek_driver.config import profile


def use_profiles_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a folder the package `device_profiles`, which is data, until the test ends.

    Profiles are cached by name, so the caches have to be emptied before and after; see the fixture `shelf`.
    """
    (folder / "scanners").mkdir()
    (folder / "printers").mkdir()
    (folder / "__init__.py").touch()
    spec = spec_from_file_location("device_profiles", folder / "__init__.py", submodule_search_locations=[str(folder)])
    assert spec is not None
    monkeypatch.setitem(sys.modules, "device_profiles", module_from_spec(spec))


def forget_profiles() -> None:
    """Have the profiles read from their files again."""
    profile.scanner.cache_clear()
    profile.printer.cache_clear()
