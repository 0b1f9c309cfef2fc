"""The places of the diagrams: the README that each stands in, between two comments."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.support import payment_diagram, rooms_diagram
from tests.support.paths import DRIVER


@dataclass(frozen=True)
class Diagram:
    """A diagram by name, its README, and the function that draws it."""

    name: str
    readme: Path
    draw: Callable[[], str]

    def block(self) -> str:
        """Return the diagram as it stands in the README."""
        return f"<!-- diagram: {self.name} -->\n```mermaid\n{self.draw()}\n```\n<!-- end -->"

    @property
    def place(self) -> re.Pattern[str]:
        """The place between its two comments."""
        return re.compile(rf"<!-- diagram: {self.name} -->.*?<!-- end -->", re.DOTALL)


DIAGRAMS = (
    Diagram("rooms", DRIVER / "README.md", rooms_diagram.mermaid),
    Diagram("payment", DRIVER / "payment" / "README.md", payment_diagram.mermaid),
)
