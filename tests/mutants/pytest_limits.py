"""A plugin of pytest for runs on a mutant: the same examples every time, and no more memory than a test needs."""

from __future__ import annotations

import resource

from hypothesis import Phase, settings

MEMORY_BYTES = 2 << 30
"""A mutant that never ends may fill the memory before its time is up."""

resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))

# A mutant is judged by the first failing example: to shrink it, or to store it for the next mutant, would be waste.
settings.register_profile(
    "mutants", deadline=None, derandomize=True, database=None, phases=(Phase.explicit, Phase.generate)
)
