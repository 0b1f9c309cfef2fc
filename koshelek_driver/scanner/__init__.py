"""The category Scanner: from the bytes of a port to labels.

`Label`, `parse_label` and `DirectIo` are for device services and programs of other packages; they are loaded when
first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from koshelek_driver.scanner.commands import DirectIo
    from koshelek_driver.scanner.label import Label, parse_label

__all__ = ["DirectIo", "Label", "parse_label"]

_HOMES = {"DirectIo": "commands", "Label": "label", "parse_label": "label"}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
