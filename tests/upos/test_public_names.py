"""The names that a program or a device service imports from `koshelek_driver.upos`."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from koshelek_driver import upos
from tests.support.paths import ROOT

READMES = sorted(path for path in ROOT.rglob("README.md") if not any(part.startswith(".") for part in path.parts))
SHOWN = re.compile(r"from (koshelek_driver\.upos[\w.]*) import (\([^)]*\)|[^\n`;]+)")
IMPORTS = [
    (str(path.relative_to(ROOT)), name)
    for path in READMES
    for _module, names in SHOWN.findall(path.read_text(encoding="utf-8"))
    for name in re.findall(r"\w+", names)
]


@pytest.mark.parametrize("name", upos.__all__)
def test_every_public_name_is_that_of_its_module(name: str) -> None:
    value = getattr(upos, name)
    assert value is getattr(upos, name)
    assert name in {"FOREVER", "DEVICE_SERVICE_GROUP", "constants"} or value.__module__.startswith(upos.__name__)


def test_a_type_checker_sees_the_same_names() -> None:
    tree = ast.parse(Path(upos.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert seen == set(upos.__all__)
    assert sorted(upos.__all__) == sorted(set(upos.__all__))


def test_the_readmes_show_imports() -> None:
    assert {"koshelek_driver/upos/README.md", "koshelek_driver/printer/README.md"} <= {path for path, _ in IMPORTS}


@pytest.mark.parametrize(("path", "name"), sorted(set(IMPORTS)))
def test_every_import_that_a_readme_shows_can_be_written_from_the_package(path: str, name: str) -> None:
    assert hasattr(upos, name), f"{path} shows {name}"


def test_the_constants_of_the_standard_are_imported_by_their_own_names() -> None:
    assert upos.JPOS_E_TIMEOUT is upos.ErrorCode.E_TIMEOUT.value
    assert upos.SCAN_SDT_EAN13 == upos.ScanDataType.EAN13
    assert upos.SCAN_SDT_Codabar == upos.ScanDataType.CODABAR
    for name in ("JPOS_E_TIMEOT", "timeout"):
        with pytest.raises(AttributeError, match=f"koshelek_driver.upos.*{name}"):
            getattr(upos, name)


def test_importing_the_package_loads_none_of_its_modules() -> None:
    code = "import sys, koshelek_driver.upos; print(*(name for name in sys.modules if 'koshelek' in name))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert loaded.stdout.split() == ["koshelek_driver", "koshelek_driver.upos"]
