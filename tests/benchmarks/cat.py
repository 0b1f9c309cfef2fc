"""What the CAT's face costs: `python -m tests.benchmarks.cat [--runs N] [--json FILE]`.

A sale at a wallet that pays at once, called directly and through `authorize_sales` with its JSON in and out, its
properties, its deadline and its events. The difference of the medians is what the face adds to a sale; bar: 0.2 ms. What
it adds before the button's request leaves is less: everything after the answer is counted here too.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from koshelek_driver.cat.device import CAT
from tests.support.measurements import options, show, summary, timed
from tests.support.upos_devices import Entry, HandWallet

ASKED = json.dumps({"orderId": "receipt-1024", "label": "CM4601234567893A1B2C3123"})


def direct(wallet: HandWallet) -> None:
    wallet.pay(wallet.new_order("receipt-1024", 12_345))


def run(runs: int) -> dict[str, Any]:
    wallet: Any = HandWallet()
    reached: list[float] = []
    plain = wallet.pay

    def pay(*given: Any, **named: Any) -> Any:
        reached.append(time.perf_counter())
        return plain(*given, **named)

    with tempfile.TemporaryDirectory() as claims:
        cat = CAT({"wallet": Entry("CAT")}, wallet=wallet)
        cat._claims = Path(claims)
        cat.open("wallet")
        cat.claim(0)
        cat.device_enabled = True
        alone = timed(lambda: direct(wallet), runs)
        wallet.pay = pay
        pressed: list[float] = []

        def sell() -> None:
            cat.additional_security_information = ASKED
            pressed.append(time.perf_counter())
            cat.authorize_sales(1, 1_234_500, 0, 60_000)

        through = timed(sell, runs)
        cat.close()
    before = [(at - button) * 1000 for at, button in zip(reached, pressed, strict=True)]
    added = statistics.median(through) - statistics.median(alone)
    figures = {"engine alone": summary(alone), "through the CAT": summary(through), "button to engine": summary(before)}
    return {"runs": runs, "figures": figures, "added_ms": {"whole call, p50": round(added, 4)}}


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    given = parser.parse_args()
    show(f"{given.runs} sales", run(given.runs), given.json)


if __name__ == "__main__":
    main()
