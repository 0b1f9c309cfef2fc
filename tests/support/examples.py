"""The programs that the READMEs show: each is a file of `tests/examples/`, and a test compares it with what is shown.

A README names the file in a comment just before the block: `<!-- example: sell.py -->`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.paths import ROOT, TESTS

FOLDER = TESTS / "examples"
PYTHON = "```python\n"
_SHOWN = re.compile(r"<!-- example: (\S+) -->\n```python\n(.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Shown:
    """One program as a README shows it."""

    readme: Path
    name: str
    text: str


def readmes() -> list[Path]:
    """Return every README of this project; folders of virtual environments are not searched."""
    folders = (ROOT / name for name in ("koshelek_driver", "firmware_protocol", "device_profiles", "tests"))
    return [ROOT / "README.md", *(path for folder in folders for path in sorted(folder.rglob("README.md")))]


def shown_in(readme: Path) -> Iterator[Shown]:
    """Give the programs of a README in their order."""
    for name, text in _SHOWN.findall(readme.read_text(encoding="utf-8")):
        yield Shown(readme, name, text)


def program(name: str) -> str:
    """Return the text of an example."""
    return (FOLDER / name).read_text(encoding="utf-8")


def write_into_readmes(name: str) -> None:
    """Replace what the READMEs show of an example by the text of its file."""
    for readme in readmes():
        old = readme.read_text(encoding="utf-8")
        new = _SHOWN.sub(lambda found: found[0].replace(found[2], program(name)) if found[1] == name else found[0], old)
        if new != old:
            readme.write_text(new, encoding="utf-8")


def run(name: str, seen: dict[str, Any] | None = None) -> dict[str, Any]:
    """Run an example as its own program and return its global names.

    `seen` may be a dictionary that another thread watches; names in it are there before the program begins, so that a
    test can give its own `input` or `print`.
    """
    names = {} if seen is None else seen
    names["__name__"] = "__main__"
    exec(compile(program(name), str(FOLDER / name), "exec"), names)
    return names
