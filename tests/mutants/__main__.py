"""Run a sample of the mutants of a room and list those that no test noticed: `python -m tests.mutants ROOM`."""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.mutants.operators import edits
from tests.mutants.rooms import NOT_PURE, PURE_ROOMS, ROOT, SLOW, modules_of, source_of, suite_of
from tests.mutants.trial import LEAST_S, SLOWEST, BaselineFailedError, Copy, Mutant, Verdict, judge_all

BASELINE_FAILED = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = _parser().parse_args(arguments)
    room, _, line = options.room.partition(":")
    try:
        sources = [source_of(part) for part in PURE_ROOMS.get(room, (room,))]
        tests = sorted({test for source in sources for test in suite_of(source)})
    except LookupError as unknown:
        print(unknown, file=sys.stderr)
        return BASELINE_FAILED
    paths = [path for source in sources for path in modules_of(source)]
    if room in PURE_ROOMS:
        paths = [path for path in paths if path.as_posix() not in NOT_PURE]
    every = [mutant for path in paths for mutant in _mutants(path) if line in ("", str(mutant.line))]
    chosen = _sample(every, options.sample, options.seed)
    try:
        results = _run(chosen, options.tests or tests, options.workers)
    except BaselineFailedError as failed:
        print(f"the tests of {options.room} fail without any mutant:\n{failed}", file=sys.stderr)
        return BASELINE_FAILED
    show = _show_json if options.json else _show
    show(options.room, len(every), results)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("room", metavar="ROOM", help="firmware_protocol, payment/refund_limits, card/verifier:87 ...")
    parser.add_argument("--sample", type=int, default=60, metavar="N", help="how many mutants; 0 for all (default: 60)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="another seed is another sample")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of text")
    parser.add_argument("--workers", type=int, choices=(1, 2), default=2, help="runs at a time (default: 2)")
    parser.add_argument("--tests", action="append", metavar="PATH", help="these tests instead of the room's own")
    return parser


def _mutants(path: Path) -> list[Mutant]:
    source = (ROOT / path).read_text(encoding="utf-8")
    return [Mutant(path, source, edit) for edit in edits(source)]


def _sample(every: list[Mutant], size: int, seed: int) -> list[Mutant]:
    if size <= 0 or size >= len(every):
        return every
    numbers = sorted(random.Random(seed).sample(range(len(every)), size))
    return [every[number] for number in numbers]


def _run(mutants: list[Mutant], tests: Sequence[str], workers: int) -> list[tuple[Mutant, Verdict]]:
    options = [f"--deselect={test}" for test in SLOW]
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copies = [Copy(ROOT, Path(folder, str(number)), tests, options) for number in range(workers)]
        # Every copy has its own baseline, for it also writes the bytecode of all that stays as it is.
        took_s = max(copy.baseline() for copy in copies)
        print(f"{' '.join(tests)}: {took_s:.1f} s without a mutant", file=sys.stderr)
        return judge_all(copies, mutants, max(LEAST_S, SLOWEST * took_s), _progress)


def _progress(mutant: Mutant, verdict: Verdict) -> None:
    print(f"{verdict:8} {mutant.path}:{mutant.line} {mutant.edit.operator}", file=sys.stderr, flush=True)


def _show(room: str, total: int, results: Sequence[tuple[Mutant, Verdict]]) -> None:
    for wanted in (Verdict.TIMEOUT, Verdict.SURVIVED):
        for mutant, verdict in results:
            if verdict is wanted:
                before, after = mutant.edit.lines(mutant.source)
                print(f"{verdict}: {mutant.path}:{mutant.line} ({mutant.edit.operator})")
                print(f"  - {before}\n  + {after}")
    counts = Counter(verdict for _, verdict in results)
    numbers = ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict)
    print(f"{room}: {len(results)} of {total} mutants: {numbers}")


def _show_json(room: str, total: int, results: Sequence[tuple[Mutant, Verdict]]) -> None:
    mutants = []
    for mutant, verdict in results:
        before, after = mutant.edit.lines(mutant.source)
        place = {"path": mutant.path.as_posix(), "line": mutant.line}
        mutants.append(
            {**place, "operator": mutant.edit.operator, "before": before, "after": after, "verdict": verdict}
        )
    counts = Counter(verdict for _, verdict in results)
    summary = {"room": room, "total": total} | {str(verdict): counts[verdict] for verdict in Verdict}
    print(json.dumps(summary | {"mutants": mutants}, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    sys.exit(main())
