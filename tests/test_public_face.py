"""The public face: every name resolves, nothing heavy is imported before it is used, and every error is there."""

from __future__ import annotations

import subprocess
import sys

import pytest

import koshelek_driver
from koshelek_driver import errors


@pytest.mark.parametrize("name", koshelek_driver.__all__)
def test_every_public_name_resolves(name: str) -> None:
    assert getattr(koshelek_driver, name) is not None
    assert name in dir(koshelek_driver)


def test_every_error_of_the_driver_is_public() -> None:
    found = {name for name, each in vars(errors).items() if isinstance(each, type) and issubclass(each, Exception)}
    assert found <= set(koshelek_driver.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Termnal'"):
        koshelek_driver.Termnal  # noqa: B018


def test_an_import_brings_nothing_heavy() -> None:
    script = "import sys, koshelek_driver; print([name for name in sys.modules if 'koshelek_driver.' in name])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
