"""What a TOTP module hands over for the wire can be sent, or the module has failed; nothing of it is quoted."""

from __future__ import annotations

from typing import Any

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from koshelek_driver.card.rate_limit import RateLimit
from koshelek_driver.card.sendable import checked_answer, checked_token
from koshelek_driver.card.template import Templates
from koshelek_driver.card.totp import Answer, ResultCode
from koshelek_driver.card.verifier import CardVerifier, VerifierRules
from koshelek_driver.errors import TotpModuleError
from koshelek_driver.payment.journal import Journal
from koshelek_driver.secrets import Secret
from koshelek_driver.upos.codes import ScanDataType
from tests.support.cards import NOW, WALLET, card


@pytest.mark.parametrize("token", ["", "T", "dGlsbA==368", "!~", "x" * 4096])
def test_visible_ascii_can_be_a_token(token: str) -> None:
    assert checked_token(Secret(token)).reveal() == token


@pytest.mark.parametrize(
    "token",
    ["abc\r\nX-Evil: 1", "abc\n", "кириллица", "a b", "\t", "\x00", "\x7f", "é", "\ud800", "٣", "x" * 4097],
    ids=lambda token: repr(token)[:12],
)
def test_any_other_text_is_no_token(token: str) -> None:
    with pytest.raises(TotpModuleError, match="visible ASCII") as caught:
        checked_token(Secret(token))
    assert token not in caught.value.what + caught.value.remedy


@pytest.mark.parametrize("token", [None, "T", b"T", 5, Secret(5)])  # type: ignore[arg-type]
def test_what_is_no_secret_text_is_no_token(token: Any) -> None:
    with pytest.raises(TotpModuleError):
        checked_token(token)


@given(st.text(max_size=30))
def test_a_token_that_passes_can_be_a_header(token: str) -> None:
    try:
        passed = checked_token(Secret(token))
    except TotpModuleError:
        return
    h11.Request(method="POST", target="/", headers=[("Host", "x"), ("token", passed.reveal())])


def test_an_answer_with_texts_that_can_be_sent_passes() -> None:
    for answer in (Answer("X"), Answer("X", Secret("77"), Secret("S 7é")), Answer("X", Secret(""), Secret("s" * 256))):
        assert checked_answer(answer) is answer


@pytest.mark.parametrize("value", [Secret("a\nb"), Secret("\ud800"), Secret("\x00"), Secret("x" * 257), "77", 77])
@pytest.mark.parametrize("field", ["card_number", "card_session"])
def test_a_field_that_cannot_be_sent_is_refused_by_its_name(field: str, value: Any) -> None:
    with pytest.raises(TotpModuleError, match=f"the TOTP module's {field} cannot be sent"):
        checked_answer(Answer("X", **{field: value}))


@pytest.mark.parametrize("answer", [None, "X", {"result_code": "X"}, Answer(5), Answer(["X"])])  # type: ignore[arg-type]
def test_what_has_no_code_is_no_answer(answer: Any) -> None:
    with pytest.raises(TotpModuleError, match="no result code"):
        checked_answer(answer)


class Faulty:
    """A module of another author with a bug."""

    def __init__(self, fault: Any) -> None:
        self._fault = fault

    def init(self, _parameters: Any) -> None:
        """Do nothing."""

    def barcode_verify(self, _full: str, _card: Any) -> Any:
        return self._do()

    def get_token(self, _password: Any) -> Any:
        return self._do()

    def _do(self) -> Any:
        if isinstance(self._fault, Exception):
            raise self._fault
        return self._fault


@pytest.mark.parametrize(
    "fault", [KeyError("SECRET"), RecursionError(), UnicodeDecodeError("utf-8", b"SECRET", 0, 1, "x"), None, "SECRET"]
)
def test_a_mistake_of_a_module_is_a_module_that_cannot_be_reached(tmp_path: Any, fault: Any) -> None:
    journal = Journal(tmp_path / "journal.db")
    verifier = CardVerifier(
        templates=Templates([WALLET]),
        module=Faulty(fault),
        memory=journal.cards,
        rules=VerifierRules(window_s=30, lasts_s=90, guesses=RateLimit(free=3, delay_s=5.0, max_delay_s=300.0)),
        key=b"k",
        unix_s=lambda: float(NOW),
        skew_s=lambda: None,
    )
    label = verifier.read("CM4601234567893A1B2C3368", ScanDataType.QRCODE, typed=False, now_s=0.0)
    checked = verifier.verify(label)
    assert checked.result_code == ResultCode.MODULE_UNREACHABLE
    assert "SECRET" not in checked.details
    with pytest.raises(TotpModuleError) as caught:
        verifier.token(card("368"))
    assert "SECRET" not in caught.value.what
    assert caught.value.__cause__ is None
    journal.close()
