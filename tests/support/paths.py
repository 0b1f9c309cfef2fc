"""Folders of this project that tests read."""

from pathlib import Path

TESTS = Path(__file__).parents[1]
ROOT = TESTS.parent
DATA = TESTS / "data"
DRIVER = ROOT / "koshelek_driver"
