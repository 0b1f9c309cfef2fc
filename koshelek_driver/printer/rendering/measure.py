"""Distances in units of MapMode to dots and back.

Rounded to the nearest whole number, a half upwards.
"""

from __future__ import annotations

from koshelek_driver.upos.printer_codes import MapMode

_AN_INCH = {MapMode.TWIPS: 1440, MapMode.ENGLISH: 1000, MapMode.METRIC: 2540}
"""Units an inch, from the names of the standard: a twip is a twentieth of a point, METRIC counts 1/100 mm."""


def to_dots(units: int, mode: MapMode, per_inch: int) -> int:
    """Convert units to dots; `per_inch`: dots an inch."""
    return units if mode is MapMode.DOTS else _nearest(units * per_inch, _AN_INCH[mode])


def to_units(dots: int, mode: MapMode, per_inch: int) -> int:
    """Convert dots to units."""
    return dots if mode is MapMode.DOTS else _nearest(dots * _AN_INCH[mode], per_inch)


def _nearest(dividend: int, divisor: int) -> int:
    return (2 * dividend + divisor) // (2 * divisor)
