"""A TOTP module of another package needs `koshelek_driver.totp` and nothing else of the driver."""

from __future__ import annotations

import ast
import hashlib
import re
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

import koshelek_driver.totp
from koshelek_driver.totp import TOTP_MODULE_GROUP, CardPresentation, Parameters, ResultCode, Secret, TotpModule
from tests.support.paths import DRIVER

CARD_GUIDE = (DRIVER / "card" / "README.md").read_text(encoding="utf-8")
OWN_GUIDE = (DRIVER / "totp" / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", CARD_GUIDE, re.DOTALL)


def test_every_name_is_there_and_explained() -> None:
    for name in koshelek_driver.totp.__all__:
        assert getattr(koshelek_driver.totp, name)
        assert f"`{name}`" in OWN_GUIDE
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = koshelek_driver.totp.Nothing


def test_importing_the_interface_imports_nothing_of_the_driver() -> None:
    script = "import sys, koshelek_driver.totp; print(*(name for name in sys.modules if name.startswith('koshelek')))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["koshelek_driver", "koshelek_driver.totp"]


def test_the_group_is_the_one_that_the_guide_names() -> None:
    assert TOTP_MODULE_GROUP == "koshelek_driver.totp_modules"
    assert f'[project.entry-points."{TOTP_MODULE_GROUP}"]' in CARD_GUIDE


def test_the_examples_import_from_the_interface_only() -> None:
    imported = [
        node.module
        for example in EXAMPLES
        for node in ast.walk(ast.parse(example))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("koshelek_driver")
    ]
    assert set(imported) <= {"koshelek_driver", "koshelek_driver.totp"}


def test_the_module_of_the_guide_works() -> None:
    (example,) = (text for text in EXAMPLES if "class AcmeTotp" in text)
    seen: dict[str, Any] = {}
    exec(example, seen)
    module: TotpModule = seen["AcmeTotp"]()
    with pytest.raises(ValueError, match="retailer_key is empty"):
        module.init(parameters(""))
    module.init(parameters("00ff"))
    right, wrong, plain = (CardPresentation("CM", Secret("4601"), None, each) for each in (RIGHT, Secret("0"), None))
    assert module.barcode_verify("CM4601", right).result_code == ResultCode.TOTP_VALID
    paying = replace(right, card_session=Secret("A1B2C3"))
    assert module.barcode_verify("CM4601", paying).result_code == ResultCode.CARDSESSION_AVAILABLE
    assert module.barcode_verify("CM4601", wrong).result_code == ResultCode.TOTP_INVALID
    assert module.barcode_verify("CM4601", plain).result_code == ResultCode.LOYALTY_ONLY
    assert module.get_token(RIGHT).reveal() == "till-" + RIGHT.reveal()
    assert module.get_token(None).reveal() == "till-"


def parameters(key: str) -> Parameters:
    return Parameters(
        retailer_key=Secret(key),
        hash_function="HmacSHA256",
        interval_s=30,
        password_length=3,
        window_steps=1,
        fingerprint="till-",
        store="store-1",
        terminal="TILL-01",
        unix_s=lambda: 1795280400.0,
    )


RIGHT = Secret(hashlib.sha256(b"00ff:4601").hexdigest()[:6])
