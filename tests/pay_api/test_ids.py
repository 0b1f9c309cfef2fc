"""Ids are the same in any case, whoever wrote them; an empty id names nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from koshelek_driver.errors import JournalError
from koshelek_driver.pay_api.ids import id_key, is_same_id, spellings
from koshelek_driver.payment.journal import Journal
from koshelek_driver.payment.journal.reader import JournalReader
from tests.support.journals import PAID, REFUND, payment, refund, request

LOWER = "0f8fad5b-d9cb-469f-a165-70867728950e"
UPPER = LOWER.upper()


def test_case_does_not_matter_and_everything_else_does() -> None:
    assert is_same_id(LOWER, UPPER)
    assert is_same_id("T-1", "t-1")
    assert not is_same_id(LOWER, LOWER[:-1] + "f")
    assert not is_same_id("", "")
    assert not is_same_id("", LOWER)
    assert id_key(UPPER) == LOWER
    assert spellings("Ab") == ("Ab", "ab", "AB")


@pytest.mark.parametrize("kept", [str.lower, str.upper])
def test_the_journal_finds_an_id_in_any_case_and_gives_it_back_as_it_came(
    tmp_path: Path, kept: Callable[[str], str]
) -> None:
    journal = Journal(tmp_path / "journal.db")
    journal.begin(payment(), request(), "{}")
    journal.keep_transaction("r-1", kept("t-1"), 1.0)
    journal.refunds.begin(refund(), REFUND)
    journal.refunds.keep_refund_transaction("f-1", kept("b-1"), 3.0)
    reader = JournalReader(journal.database.path)
    for asked in ("t-1", "T-1"):
        found = journal.by_transaction(asked)
        assert found is not None
        assert found.verdict.transaction_id == kept("t-1")
        assert [each.request_id for each in journal.refunds.of_payment(asked)] == ["f-1"]
        assert kept("t-1") in [record.transaction_id for record in reader.of_transaction(asked)]
    for asked in ("b-1", "B-1"):
        back = journal.refunds.by_refund_transaction(asked)
        assert back is not None
        assert back.refund_transaction_id == kept("b-1")
    assert journal.by_transaction("") is None
    assert journal.refunds.by_refund_transaction("") is None
    reader.close()
    journal.close()


def test_refunds_of_one_payment_are_added_up_whatever_the_case_of_its_id(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    journal.refunds.begin(refund("f-1", 60), REFUND)
    journal.refunds.end("f-1", PAID, 3.0)
    more = refund("f-2", 41)
    in_capitals = replace(more, verdict=replace(more.verdict, transaction_id="T-1"))
    with pytest.raises(JournalError, match="more would be given back than was paid"):
        journal.refunds.begin(in_capitals, REFUND)
    journal.close()
