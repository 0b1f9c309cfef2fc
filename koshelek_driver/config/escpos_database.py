"""The database of printers that ships with python-escpos.

The JSON file is read directly. The package is not imported, so it need not work on this machine.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from koshelek_driver.errors import ProfileError, nearest

_FONT_A_DOTS = 12
_RUSSIAN = {"CP866": "cp866", "CP1251": "cp1251"}


def entry(name: str) -> dict[str, Any]:
    """Return the database's entry of a printer, in the keys of our profiles.

    The keys are `columns` and `dots` of font A, `cutter`, and `code_pages` with the numbers of its Russian code pages
    (left out if it has none).

    Raises:
        ProfileError: python-escpos is not installed, or its database has no printer of this name.
    """
    known = _profiles()
    if name not in known:
        raise ProfileError(f"python-escpos knows no printer '{name}'", nearest(name, list(known)))
    printer = known[name]
    columns, dots = printer["fonts"]["0"]["columns"], printer["media"]["width"].get("pixels")
    # Reversed: where several numbers select one encoding, the first one counts.
    numbers = {codec: int(number) for number, codec in reversed(printer.get("codePages", {}).items())}
    pages = {ours: numbers[theirs] for theirs, ours in _RUSSIAN.items() if theirs in numbers}
    found = {
        "columns": columns,
        "dots": dots if isinstance(dots, int) else columns * _FONT_A_DOTS,  # "Unknown" or missing for some
        "cutter": _cutter(printer["features"]),
    }
    return {**found, "code_pages": pages} if pages else found


def _cutter(features: dict[str, bool]) -> str:
    if features.get("paperPartCut"):
        return "partial"
    return "full" if features.get("paperFullCut") else "none"


def _profiles() -> dict[str, Any]:
    spec = find_spec("escpos")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        file = Path(folder) / "capabilities.json"
        if file.exists():
            return dict(msgspec.json.decode(file.read_bytes())["profiles"])
    raise ProfileError("python-escpos is not installed", "pip install 'koshelek-driver[escpos]' brings its database")
