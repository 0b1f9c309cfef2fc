"""What a README shows is a program that runs: the file, the README and the test of the room agree."""

from __future__ import annotations

import os

import pytest

from tests.support.examples import FOLDER, PYTHON, program, readmes, shown_in, write_into_readmes
from tests.support.modules import modules_of_tests

NAMES = sorted(path.name for path in FOLDER.glob("*.py"))
SHOWN = [shown for readme in readmes() for shown in shown_in(readme)]


@pytest.mark.parametrize("name", NAMES)
def test_a_readme_shows_exactly_the_file(name: str) -> None:
    """`KOSHELEK_DRAW=1` writes the file's text into the README."""
    if os.environ.get("KOSHELEK_DRAW"):
        write_into_readmes(name)
    shown = [each.text for readme in readmes() for each in shown_in(readme) if each.name == name]
    assert shown == [program(name)]


def test_every_program_that_is_shown_is_a_file() -> None:
    assert sorted(shown.name for shown in SHOWN) == NAMES
    for readme in readmes():
        blocks = readme.read_text(encoding="utf-8").count(PYTHON)
        assert blocks == len(list(shown_in(readme))), f"{readme}: a program without its <!-- example: NAME.py -->"


@pytest.mark.parametrize("name", NAMES)
def test_every_example_is_run_by_a_test(name: str) -> None:
    assert any(f'run("{name}"' in module.path.read_text(encoding="utf-8") for module in modules_of_tests())
