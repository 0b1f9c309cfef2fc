"""Pictures that are kept beside the tests."""

from __future__ import annotations

import os
from pathlib import Path

from PIL import Image, ImageChops

_TOLERANCE = 0.08
"""Letters may differ by a few dots from one version of the drawing library to the next; a line more or less is more."""


def same_as_stored(picture: Image.Image, file: Path) -> None:
    """`KOSHELEK_DRAW=1` draws anew what is stored: look at every picture before you keep it."""
    shown = picture.point(lambda level: 255 if level > 128 else 0).convert("1")
    if os.environ.get("KOSHELEK_DRAW"):
        shown.save(file, optimize=True)
    with Image.open(file) as stored:
        kept = stored.convert("1")
    assert shown.size == kept.size
    different = ImageChops.logical_xor(shown, kept).convert("L").histogram()[255]
    inked = kept.convert("L").histogram()[0]
    assert different <= _TOLERANCE * inked
