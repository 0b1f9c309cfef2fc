"""Walk every conversation with the host that a small alphabet allows: `python -m tests.proof [--quick] [--plant]`.

Exits with 1 when a rule is broken, or with `--plant` when a planted fault is not found.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace

from koshelek_driver.payment.conversation import sale
from tests.proof.alphabet import REFUND, SALE
from tests.proof.plants import PLANTS, Plant
from tests.proof.refund_law import RefundLaw
from tests.proof.sale_law import SMALL, SMALLEST, SaleLaw
from tests.proof.walk import Found, Law, Walk


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a part of the alphabet, in seconds")
    parser.add_argument("--plant", action="store_true", help="plant faults in copies of the code and find each of them")
    options = parser.parse_args(arguments)
    return find_plants() if options.plant else prove(quick=options.quick)


def laws(*, quick: bool) -> Iterator[tuple[str, Law]]:
    """Give the conversations to prove, with their names."""
    rules = SMALLEST if quick else SMALL
    sales, refunds = (SALE.quick(), REFUND.quick()) if quick else (SALE, REFUND)
    yield "sale", SaleLaw(rules, sales)
    yield "sale that only a person cancels", SaleLaw(replace(rules, cancel_undecided=False), sales)
    yield "refund", RefundLaw(rules, refunds)


def prove(*, quick: bool) -> int:
    """Walk all of them, print the counts, and return 1 if a rule is broken."""
    broken = 0
    for name, law in laws(quick=quick):
        found = Walk(law).go()
        broken += len(found.broken)
        _show(name, found)
    print("every rule holds in every state" if not broken else f"{broken} rules are broken")
    return 1 if broken else 0


def _show(name: str, found: Found) -> None:
    ends = ", ".join(f"{count:,} {outcome.value}" for outcome, count in sorted(found.ends.items()))
    print(
        f"{name}: {found.states:,} states, {found.transitions:,} transitions, {found.runs} beginnings and resumptions"
    )
    print(f"    longest run: {found.longest_run} turns; ends: {ends}")
    for rule, seen in found.broken.items():
        print(f"    BROKEN {seen.times} times: {rule}")
        print("".join(f"        {step}\n" for step in seen.story), end="")


def find_plants() -> int:
    """Plant each fault, and return 1 if one is not found."""
    missed = [plant.name for plant in PLANTS if not is_found(plant)]
    print(f"{len(PLANTS) - len(missed)} of {len(PLANTS)} planted faults are found")
    return 1 if missed else 0


def is_found(plant: Plant) -> bool:
    """Return True if a walk finds the rule broken that the fault breaks: the quick one, else the whole one."""
    for quick in (True, False):
        found = Walk(law_of(plant, quick=quick)).go(until=plant.rule)
        if plant.rule in found.broken:
            print(f"found after {found.transitions:,} transitions{'' if quick else ' of the whole walk'}: {plant.name}")
            return True
    print(f"NOT FOUND: {plant.name} ({plant.rule})")
    return False


def law_of(plant: Plant, *, quick: bool) -> Law:
    """Return the law with a fault planted in its conversation."""
    module, rules = plant.grown(), replace(SMALLEST if quick else SMALL, cancel_undecided=plant.cancel_undecided)
    if plant.module is sale:
        return SaleLaw(rules, SALE.quick() if quick else SALE, module)
    return RefundLaw(rules, REFUND.quick() if quick else REFUND, module)


if __name__ == "__main__":
    sys.exit(main())
