"""`python -m tests.diagrams`: write every diagram into its README."""

from __future__ import annotations

from tests.diagrams.readmes import DIAGRAMS

for diagram in DIAGRAMS:
    text = diagram.readme.read_text(encoding="utf-8")
    block = diagram.block()
    diagram.readme.write_text(diagram.place.sub(lambda _found, block=block: block, text), encoding="utf-8")
    print(f"{diagram.readme}: {diagram.name}")
