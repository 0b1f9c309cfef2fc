"""How fast a label becomes a verified card: `python -m tests.benchmarks.card [--labels N] [--json FILE]`.

Reading a label is measured against one `re.fullmatch` with the same groups, verifying it against pyotp's own `TOTP.verify`
with the same window; both in the same run. Times are of one label, in batches of a hundred. The journal is a real file,
so that "with the journal" is how long a disk takes to keep a used password.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyotp

from koshelek_driver.card.rate_limit import RateLimit
from koshelek_driver.card.template import Templates
from koshelek_driver.card.totp import Parameters
from koshelek_driver.card.totp.reference import ReferenceTotp
from koshelek_driver.card.verifier import CardVerifier, VerifierRules
from koshelek_driver.payment.journal import Journal
from koshelek_driver.sandbox.wallet import CARD_NUMBER, RETAILER_KEY, Issuer
from koshelek_driver.secrets import Secret
from koshelek_driver.upos.codes import ScanDataType
from tests.support.measurements import options, show, summary

NOW = 1_795_280_400.0
BATCH = 100
TEMPLATES = (
    "{prefix:CM}{card_number:13d}{card_session:6an}{password:3d}",
    "{prefix:CM}{card_number:13d}{password:3d}",
    "{card_number:13d}",
)
ONE_PATTERN = re.compile(r"(?P<prefix>CM)(?P<number>[0-9]{13})(?P<session>[A-Za-z0-9]{6})(?P<password>[0-9]{3})")


def per_label(work: Callable[[], object], labels: int) -> list[float]:
    """Milliseconds of one call, by batches."""
    times: list[float] = []
    for _ in range(max(1, labels // BATCH)):
        began = time.perf_counter()
        for _ in range(BATCH):
            work()
        times.append((time.perf_counter() - began) * 1000 / BATCH)
    return times


def opened(journal: Journal) -> CardVerifier:
    module = ReferenceTotp()
    module.init(Parameters(Secret(RETAILER_KEY), "HmacSHA256", 30, 3, 1, "till", "store", "till", lambda: NOW))
    return CardVerifier(
        templates=Templates(TEMPLATES),
        module=module,
        memory=journal.cards,
        rules=VerifierRules(30, 90, RateLimit(3, 5.0, 300.0)),
        key=journal.salt(),
        unix_s=lambda: NOW,
        skew_s=lambda: None,
    )


def pyotp_alone() -> Callable[[], object]:
    secret = hmac.digest(bytes.fromhex(RETAILER_KEY), f"CM{CARD_NUMBER}".encode(), "sha256")
    totp = pyotp.TOTP(base64.b32encode(secret).decode(), digest=hashlib.sha256)
    return lambda: totp.verify("000000", for_time=int(NOW), valid_window=1)


def run(labels: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "journal.db")
        gate = opened(journal)
        label = Issuer().label(CARD_NUMBER, "A1B2C3", NOW)
        barcode = gate.read(label, ScanDataType.QRCODE, typed=False, now_s=0.0)
        assert barcode is not None
        module, shown = gate._module, barcode.card
        assert gate.verify(barcode, use=False).can_pay
        sessions = (Issuer().label(CARD_NUMBER, f"S{number:05d}", NOW) for number in range(10**6))

        def kept() -> None:
            assert gate.verify(gate.read(next(sessions), ScanDataType.QRCODE, typed=False, now_s=0.0)).can_pay

        measured: dict[str, Callable[[], object]] = {
            "read a wallet card": lambda: gate.read(label, ScanDataType.QRCODE, typed=False, now_s=0.0),
            "read what is no card": lambda: gate.read("4600000000015.", ScanDataType.CODE128, typed=False, now_s=0.0),
            "peer: one re.fullmatch": lambda: ONE_PATTERN.fullmatch(label),
            "verify its password": lambda: module.barcode_verify(label, shown),
            "verify, looked up as unused": lambda: gate.verify(barcode, use=False),
            "peer: pyotp TOTP.verify": pyotp_alone(),
            "read, verify, keep as used (with the journal)": kept,
        }
        times = {name: per_label(work, labels) for name, work in measured.items()}
        journal.close()
    p50 = {name: statistics.median(each) for name, each in times.items()}
    return {
        "labels": labels,
        "figures": {name: summary(each) for name, each in times.items()},
        "read_to_one_fullmatch": round(p50["read a wallet card"] / p50["peer: one re.fullmatch"], 2),
        "verify_to_pyotp": round(p50["verify its password"] / p50["peer: pyotp TOTP.verify"], 2),
    }


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--labels", type=int, default=20_000)
    given = parser.parse_args()
    show(f"{given.labels} labels", run(given.labels), given.json)


if __name__ == "__main__":
    main()
