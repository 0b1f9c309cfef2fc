"""The TOTP module as a shared library, compiled from tests/data/passcode.c."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.paths import DATA

_COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
needs_compiler = pytest.mark.skipif(_COMPILER is None, reason="no C compiler on this machine")


def compile_library(folder: Path) -> Path:
    """Compile the module into a folder and return the path of the library."""
    library = folder / "passcode.so"
    assert _COMPILER is not None
    source = DATA / "passcode.c"
    subprocess.run([_COMPILER, "-shared", "-fPIC", "-O1", "-Wall", "-o", library, source], check=True)
    return library
