"""A room is found by its short name, with the tests that answer for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutants.rooms import NOT_PURE, PURE_ROOMS, ROOT, SLOW, TESTS, modules_of, source_of, suite_of


@pytest.mark.parametrize("name", ["card/verifier", "card/verifier.py", "koshelek_driver/card/verifier.py"])
def test_a_module_is_found_by_each_of_its_names(name: str) -> None:
    assert source_of(name) == Path("koshelek_driver/card/verifier.py")


@pytest.mark.parametrize("name", ["", "/", "no_such_room", "card/no_such_module"])
def test_an_unknown_room_is_named(name: str) -> None:
    with pytest.raises(LookupError, match="there is no room"):
        source_of(name)


@pytest.mark.parametrize(
    ("source", "tests"),
    [
        ("koshelek_driver/card", ["tests/card"]),
        ("firmware_protocol/honeywell.py", ["tests/firmware_protocol/test_honeywell.py"]),
        ("firmware_protocol/errors.py", ["tests/firmware_protocol"]),
        ("koshelek_driver/payment/slips/template.py", list(TESTS["koshelek_driver/payment/slips"])),
    ],
)
def test_a_room_has_its_entry_its_namesakes_or_its_mirrored_folder(source: str, tests: list[str]) -> None:
    assert suite_of(Path(source)) == tests


def test_a_room_without_tests_is_named() -> None:
    with pytest.raises(LookupError, match="has no tests"):
        suite_of(Path("device_profiles/__init__.py"))


def test_every_path_of_the_tables_exists() -> None:
    named = [path for paths in PURE_ROOMS.values() for path in paths]
    for path in [*named, *NOT_PURE, *TESTS, *(test for tests in TESTS.values() for test in tests)]:
        assert (ROOT / path).exists(), path
    for test in SLOW:
        file, name = test.split("::")
        assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_every_pure_room_has_modules_and_tests() -> None:
    for paths in PURE_ROOMS.values():
        for path in paths:
            assert modules_of(Path(path))
            assert suite_of(Path(path))
