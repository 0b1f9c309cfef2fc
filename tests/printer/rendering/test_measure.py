"""MapMode against a table worked by hand: an inch is 1440 twips, 1000 thousandths, 2540 hundredths of a millimetre."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koshelek_driver.printer.rendering.measure import to_dots, to_units
from koshelek_driver.upos.printer_codes import MapMode

BY_HAND = [
    # units, mode, dots an inch, dots
    (300, MapMode.DOTS, 203, 300),
    (1440, MapMode.TWIPS, 203, 203),
    (1440, MapMode.TWIPS, 180, 180),
    (720, MapMode.TWIPS, 203, 102),  # 101.5, a half upwards
    (8, MapMode.TWIPS, 180, 1),
    (4, MapMode.TWIPS, 180, 1),  # 0.5
    (3, MapMode.TWIPS, 180, 0),  # 0.375
    (1000, MapMode.ENGLISH, 203, 203),
    (500, MapMode.ENGLISH, 180, 90),
    (333, MapMode.ENGLISH, 203, 68),  # 67.599
    (3, MapMode.ENGLISH, 203, 1),  # 0.609
    (2540, MapMode.METRIC, 203, 203),
    (100, MapMode.METRIC, 203, 8),  # 1 mm: 7.992
    (1000, MapMode.METRIC, 180, 71),  # 1 cm: 70.866
    (7200, MapMode.METRIC, 203, 575),  # 72 mm: 575.433
    (0, MapMode.METRIC, 203, 0),
]
BACK_BY_HAND = [
    # dots, mode, dots an inch, units
    (576, MapMode.DOTS, 203, 576),
    (576, MapMode.TWIPS, 203, 4086),  # 4085.911
    (576, MapMode.ENGLISH, 203, 2837),  # 2837.438
    (576, MapMode.METRIC, 203, 7207),  # 7207.094
    (512, MapMode.METRIC, 180, 7225),  # 7224.889
    (30, MapMode.TWIPS, 180, 240),
    (24, MapMode.ENGLISH, 203, 118),  # 118.227
    (1, MapMode.METRIC, 203, 13),  # 12.512
]


@pytest.mark.parametrize(("units", "mode", "per_inch", "dots"), BY_HAND)
def test_units_are_these_dots(units: int, mode: MapMode, per_inch: int, dots: int) -> None:
    assert to_dots(units, mode, per_inch) == dots


@pytest.mark.parametrize(("dots", "mode", "per_inch", "units"), BACK_BY_HAND)
def test_dots_are_these_units(dots: int, mode: MapMode, per_inch: int, units: int) -> None:
    assert to_units(dots, mode, per_inch) == units


@given(st.integers(0, 100_000), st.sampled_from(MapMode), st.sampled_from([144, 160, 180, 203, 300]))
def test_dots_survive_the_way_there_and_back(dots: int, mode: MapMode, per_inch: int) -> None:
    """Every unit is finer than a dot."""
    assert to_dots(to_units(dots, mode, per_inch), mode, per_inch) == dots
