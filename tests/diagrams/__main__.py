"""`python -m tests.diagrams`: write every diagram into its README."""

from __future__ import annotations

from tests.support.diagrams import DIAGRAMS

for diagram in DIAGRAMS:
    before, after = diagram.place.split(diagram.readme.read_text(encoding="utf-8"), maxsplit=1)
    diagram.readme.write_text(f"{before}{diagram.block()}{after}", encoding="utf-8")
    print(f"{diagram.readme}: {diagram.name}")
