"""What the README of the device model shows is true."""

from __future__ import annotations

import queue
import re
import sys
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from koshelek_driver.config.sections import Labels
from koshelek_driver.sandbox.scanner import VirtualScanner
from koshelek_driver.scanner.device import Scanner
from koshelek_driver.scanner.label import Label
from koshelek_driver.upos.members import Method
from tests.support.examples import run
from tests.support.paths import DRIVER
from tests.support.tills import Till
from tests.support.upos_devices import HandledScanner

README = (DRIVER / "upos" / "README.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(\w+)` \| `([\w/]+)` \| `(\w+)` \| (?:`(\w+)`|–) \| `(\w+)` \|$", README, re.MULTILINE)


def test_the_table_of_members_is_complete() -> None:
    assert {row[0] for row in ROWS} == set(Scanner._members)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row[0]))
def test_every_spelling_of_a_member_reaches_it(row: tuple[str, ...]) -> None:
    standard, java, opos, net, ours = row
    member = Scanner._members[standard]
    assert member.attribute == ours
    expected_java = standard if isinstance(member, Method) else f"{'get/set' if member.writable else 'get'}{standard}"
    assert java == expected_java
    device = HandledScanner()
    for spelling in (standard, opos, *([net] if net else [])):
        assert device._members.find(spelling) is member


def test_the_example_scans(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    virtual = VirtualScanner()
    till.rewrite(
        devices=f'[devices.scanner1]\ncategory = "Scanner"\nprofile = "generic-serial"\nport = "{virtual.port}"\n'
    )
    monkeypatch.setenv("KOSHELEK_SITE", str(till.site))
    printed: queue.Queue[Any] = queue.Queue()
    scanned: list[Any] = []

    def wait(_prompt: str) -> None:
        virtual.send(b"]C0not this\r]Q1this\r")
        scanned.append(printed.get(timeout=10))

    run("read_labels.py", {"print": printed.put, "input": wait})["scanner"].close()
    assert scanned == [b"this"]
    virtual.close()


class AcmeLibrary(ModuleType):
    """The library of a maker of scanners."""

    on_frame: Callable[[bytes], object]

    def start(self, on_frame: Callable[[bytes], object]) -> AcmeLibrary:
        self.on_frame = on_frame
        return self

    def stop(self) -> None: ...


def test_the_example_of_a_device_service_scans(monkeypatch: pytest.MonkeyPatch) -> None:
    acme = AcmeLibrary("acme")
    monkeypatch.setitem(sys.modules, "acme", acme)
    service = run("acme_scanner.py")["AcmeScanner"]
    heard: list[Label] = []
    made = service("scanner1", SimpleNamespace(settings={"serial": "A-1"}))
    made.enable(SimpleNamespace(data=heard.append))
    acme.on_frame(b"]Q1label")
    made.disable()
    assert (made.claim_key, [label.scan_data_label for label in heard]) == ("acme:A-1", [b"label"])


def test_the_switches_shown_are_all_there_are_with_their_defaults() -> None:
    block = re.search(r"\[devices\.scanner1\.labels\]\n(.*?)```", README, re.DOTALL)
    assert block
    shown = dict(re.findall(r"^(\w+) = \"?(\w+)", block[1], re.MULTILINE))
    defaults = Labels()
    assert shown == {name: str(getattr(defaults, name)).lower() for name in Labels.__struct_fields__}
