"""What all benchmarks share: a summary of times, a table for people, JSON for machines."""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table


def summary(times_ms: list[float]) -> dict[str, float]:
    """Median, 99th percentile and maximum of some times in milliseconds."""
    ordered = sorted(times_ms)
    at_99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return {"p50_ms": round(statistics.median(ordered), 3), "p99_ms": round(at_99, 3), "max_ms": round(ordered[-1], 3)}


def timed(work: Callable[[], object], runs: int) -> list[float]:
    """Milliseconds of each of some runs."""
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return times


def options(about: str | None) -> argparse.ArgumentParser:
    """A command line with `--json FILE`."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--json", type=Path)
    return parser


def show(title: str, result: dict[str, Any], json_file: Path | None) -> None:
    """Print `result["figures"]` as a table and all of it as JSON."""
    table = Table("what", "p50 ms", "p99 ms", "max ms", title=title)
    for name, figure in result["figures"].items():
        table.add_row(name, *(f"{value:.3f}" for value in figure.values()))
    console = Console()
    console.print(table)
    console.print_json(data=result)
    if json_file:
        json_file.write_text(json.dumps(result, indent=1), encoding="utf-8")
