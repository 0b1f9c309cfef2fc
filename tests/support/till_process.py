"""A till as a process of its own, to be killed: it sells, gives back what any till sold, and feeds all the while.

python -m tests.support.till_process FOLDER NAME HOST DATABASE SECONDS
"""

from __future__ import annotations

import logging
import random
import sys
import threading
import time
from itertools import count
from pathlib import Path

from koshelek_driver.errors import BusyError, DriverError, LedgerError, UsageError
from koshelek_driver.ledger.connection import Address
from koshelek_driver.secrets import Secret
from tests.support.ledger_tills import Till


def main(folder: str, name: str, host: str, database: str, seconds: str) -> None:
    """Work for so long; the journal says what was done. On standard error stands what must not happen."""
    logging.disable()
    till = Till(Path(folder), name, Address(host, 5432, database, Secret("owner"), None, None, name))
    till.numbers = count(till.journal.database.last_number() * 10 + 1)
    till.clock.wall_s = time.time()
    settle(till)
    over = threading.Event()
    feeding = threading.Thread(target=feed, args=(till, over))
    feeding.start()
    work(till, float(seconds), random.Random(f"{name} {till.journal.database.last_number()}"))
    over.set()
    feeding.join()
    till.close()


def feed(till: Till, over: threading.Event) -> None:
    """As the resident driver does."""
    while not over.wait(0.01):
        try:
            till.ledger.feed(lambda: not over.is_set())
        except LedgerError:
            over.wait(0.05)


def settle(till: Till) -> None:
    """What an earlier run left open ends; a refund had been sent, so the host has it."""
    for refund in till.journal.refunds.unfinished():
        if refund.outcome == "unknown":
            till.end_refund(refund)


def work(till: Till, seconds: float, dice: random.Random) -> None:
    """Sell, and refund a part of whatever sold somewhere."""
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        till.sell(dice.randint(10, 1000), dice.choice(["paid", "paid", "rejected", "canceled", "unknown"]))
        try:
            refund(till, dice)
        except (BusyError, UsageError, LedgerError):
            continue
        except DriverError as problem:
            sys.exit(f"{type(problem).__name__}: {problem}")


def refund(till: Till, dice: random.Random) -> None:
    """As the desk does it: reserve, begin, end, tell."""
    other = f"TILL-{dice.randint(0, 3)}"
    found = till.ledger.find(transaction_id=f"t-{other}-{dice.randint(1, 30)}")
    if found and found[0].outcome == "paid":
        payment = found[0]
        back = till.wanted(payment.transaction_id, dice.randint(1, payment.amount), payment.amount)
        till.ledger.shop.reserve(back)
        till.begin_refund(back)
        till.end_refund(back, dice.choice(["refunded", "rejected"]))
        till.ledger.shop.tell(payment.transaction_id)


if __name__ == "__main__":
    main(*sys.argv[1:])
