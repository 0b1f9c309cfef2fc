"""Every constant under its name in JavaPOS and OPOS: `constants.JPOS_E_TIMEOUT`, `SCAN_SDT_EAN13`.

They are for programs ported from there. New ones read better with the enums of `codes`; the numbers are the same.
Level 1.15, the categories Scanner, POSPrinter, CAT and ElectronicValueRW. All are `int`.
"""

from __future__ import annotations

from importlib.resources import files

import msgspec

from koshelek_driver.errors import nearest

BY_NAME: dict[str, int] = msgspec.json.decode((files(__package__) / "constants.json").read_bytes(), type=dict[str, int])


def __getattr__(name: str) -> int:
    if name not in BY_NAME:
        raise AttributeError(f"no constant '{name}'; {nearest(name, BY_NAME)}")
    return BY_NAME[name]


def __dir__() -> list[str]:
    return sorted(BY_NAME)
