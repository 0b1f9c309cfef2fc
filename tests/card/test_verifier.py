"""The gate: any module behind it, once only, slow to guess, whatever the clocks do. The memory is the real journal."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koshelek_driver.card.grammar import Symbols
from koshelek_driver.card.presentation import CardPresentation, symbols_of
from koshelek_driver.card.rate_limit import Guesses, RateLimit
from koshelek_driver.card.template import Templates
from koshelek_driver.card.totp import Answer, Parameters, ResultCode, TotpModule, Verification
from koshelek_driver.card.totp.reference import ReferenceTotp
from koshelek_driver.card.verifier import CardVerifier, VerifierRules
from koshelek_driver.errors import TotpModuleError
from koshelek_driver.payment.journal import Journal
from koshelek_driver.sandbox.wallet import Issuer
from koshelek_driver.secrets import Secret
from koshelek_driver.upos.codes import ScanDataType
from tests.support.cards import CARD, NOW, OLDER, PLAIN, WALLET, parameters

GUESSES = RateLimit(free=3, delay_s=5.0, max_delay_s=300.0)


class Till:
    """A gate at a journal, with clocks that the test turns."""

    def __init__(self, path: Path, module: TotpModule | None = None, **rules: Any) -> None:
        self.now = float(NOW)
        self.skew: float | None = None
        self.asked_host = 0
        self.journal = Journal(path)
        made = module or ReferenceTotp()
        made.init(self._parameters())
        self.gate = CardVerifier(
            templates=Templates([WALLET, OLDER, PLAIN]),
            module=made,
            memory=self.journal.cards,
            rules=VerifierRules(window_s=30, lasts_s=90, guesses=GUESSES, **rules),
            key=self.journal.salt(),
            unix_s=lambda: self.now,
            skew_s=self._ask_host,
        )

    def _parameters(self) -> Parameters:
        agreed = parameters()
        values = {name: getattr(agreed, name) for name in agreed.__slots__}
        return Parameters(**{**values, "unix_s": lambda: self.now})

    def _ask_host(self) -> float | None:
        self.asked_host += 1
        return self.skew

    def show(self, label: str, *, typed: bool = False, use: bool = True) -> Verification:
        return self.gate.verify(self.gate.read(label, ScanDataType.UNKNOWN, typed=typed, now_s=0.0), use=use)

    def code(self, label: str, **more: bool) -> str:
        return self.show(label, **more).result_code

    def label(self, session: str = "A1B2C3", card: str = CARD, at: float | None = None) -> str:
        return Issuer().label(card, session, self.now if at is None else at)


Open = Callable[..., Till]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Opens tills at one journal, as programs of one till do."""
    tills: list[Till] = []

    def make(module: TotpModule | None = None, **rules: Any) -> Till:
        tills.append(Till(tmp_path / "journal.db", module, **rules))
        return tills[-1]

    yield make
    for each in tills:
        each.journal.close()


@pytest.fixture
def till(opened: Open) -> Till:
    return opened()


# -- Kinds of cards, and how their labels come -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "code", "can_pay"),
    [
        (f"CM{CARD}A1B2C3368", ResultCode.CARDSESSION_AVAILABLE, True),
        (f"CM{CARD}368", ResultCode.TOTP_VALID, False),
        (CARD, ResultCode.LOYALTY_ONLY, False),
        (f"CM{CARD}A1B2C3369", ResultCode.TOTP_INVALID, False),
        ("hello", ResultCode.BARCODE_UNKNOWN, False),
        ("", ResultCode.BARCODE_UNKNOWN, False),
    ],
)
def test_each_kind_of_card_has_its_result(till: Till, label: str, code: ResultCode, can_pay: bool) -> None:
    checked = till.show(label)
    assert (checked.result_code, checked.can_pay) == (code, can_pay)
    assert (checked.presentation is None) == (code is ResultCode.BARCODE_UNKNOWN)


@pytest.mark.parametrize(
    "form",
    [
        "{}",
        "\x1d{}",
        "{}\x1d",
        " {} ",
        "{}\r\n",
    ],
)
def test_a_card_is_read_however_a_scanner_marks_its_ends(till: Till, form: str) -> None:
    assert till.show(form.format(till.label())).can_pay


def test_a_card_whose_case_was_changed_over_is_read_and_pays(till: Till) -> None:
    assert till.show(till.label("aB2c3D").swapcase()).can_pay
    shown = till.show(till.label("AB2C3D").lower())
    assert shown.presentation is not None
    assert shown.presentation.card_session == Secret("AB2C3D")
    assert shown.can_pay


@pytest.mark.parametrize("text", ["4601 2345 67893", "4601-2345-67893", "46012345\u2013678\u00a093"])
def test_what_a_person_types_between_digits_is_left_out_of_typed_labels_only(till: Till, text: str) -> None:
    shown = till.show(text, typed=True)
    assert shown.presentation is not None
    assert shown.presentation.card_number == Secret(CARD)
    assert till.code(text) == ResultCode.BARCODE_UNKNOWN


def test_a_typed_wallet_card_may_not_pay_unless_the_shop_allows_it(opened: Open) -> None:
    strict, lenient = opened(), opened(accept_typed=True)
    refused = strict.show(strict.label("A1B2C3"), typed=True)
    assert (refused.result_code, refused.can_pay) == (ResultCode.CARD_TYPED, False)
    assert lenient.show(lenient.label("Z9Z9Z9"), typed=True).can_pay
    assert strict.code(f"CM{CARD}368", typed=True) == ResultCode.TOTP_VALID


@given(st.text(max_size=40), st.booleans())
def test_any_text_is_read_or_refused(text: str, typed: bool) -> None:
    class Forgetful:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError(f"{name}: reading remembers nothing")

    gate = CardVerifier(
        templates=Templates([WALLET, OLDER, PLAIN]),
        module=Forgetful(),
        memory=Forgetful(),
        rules=VerifierRules(30, 90, GUESSES),
        key=b"",
        unix_s=lambda: 0.0,
        skew_s=lambda: None,
    )
    found = gate.read(text, ScanDataType.UNKNOWN, typed=typed, now_s=1.0)
    if found is not None:
        assert (found.card.presented_s, found.typed) == (1.0, typed)
        assert found.card.card_number.reveal() not in repr(found) + str(found)


@pytest.mark.parametrize(
    ("scan_type", "symbols"),
    [
        (ScanDataType.CODE128, Symbols.ONE_D),
        (ScanDataType.EAN13_S, Symbols.ONE_D),
        (ScanDataType.CCA, Symbols.TWO_D),
        (ScanDataType.PDF417, Symbols.TWO_D),
        (ScanDataType.QRCODE, Symbols.TWO_D),
        (ScanDataType.DATAMATRIX, Symbols.TWO_D),
        (ScanDataType.UNKNOWN, None),
        (ScanDataType.OTHER, None),
    ],
)
def test_a_symbology_has_one_dimension_or_two(scan_type: ScanDataType, symbols: Symbols | None) -> None:
    assert symbols_of(scan_type) is symbols


# -- Once means once -------------------------------------------------------------------------------------------


@pytest.mark.scenario(37)
def test_a_password_is_taken_once_and_another_session_is_another_showing(till: Till) -> None:
    codes = [till.code(till.label(session)) for session in ("A1B2C3", "A1B2C3", "Z9Z9Z9")]
    assert codes == ["CARDSESSION_AVAILABLE", "TOTP_REPLAYED", "CARDSESSION_AVAILABLE"]


def test_a_session_is_used_up_for_ever_and_a_bare_password_until_it_is_right_again(till: Till) -> None:
    with_session, bare = f"CM{CARD}A1B2C3368", f"CM{CARD}368"
    for label, first in ((with_session, "CARDSESSION_AVAILABLE"), (bare, "TOTP_VALID")):
        assert [till.code(label), till.code(label)] == [first, "TOTP_REPLAYED"]
    later = next(step for step in range(4, 10**5) if Issuer().password(CARD, till.now, step) == "368")
    till.now += 30 * later
    assert [till.code(with_session), till.code(bare)] == ["TOTP_REPLAYED", "TOTP_VALID"]
    assert till.code(bare) == "TOTP_REPLAYED"


def test_a_wrong_password_and_a_mere_look_do_not_use_anything_up(till: Till) -> None:
    assert till.code(f"CM{CARD}A1B2C3000") == "TOTP_INVALID"
    assert till.code(till.label(), use=False) == "CARDSESSION_AVAILABLE"
    assert till.code(till.label(), use=False) == "CARDSESSION_AVAILABLE"
    assert till.code(till.label()) == "CARDSESSION_AVAILABLE"
    assert till.code(till.label(), use=False) == "TOTP_REPLAYED"


def test_what_was_used_stays_used_over_a_restart_and_in_another_program(opened: Open) -> None:
    first = opened()
    label = first.label()
    assert first.code(label) == "CARDSESSION_AVAILABLE"
    assert opened().code(label) == "TOTP_REPLAYED"
    shown = first.show(label).presentation
    assert shown is not None
    first.gate.forget(first.gate.digest(shown))
    assert opened().code(label) == "CARDSESSION_AVAILABLE"


def test_of_many_that_take_one_password_at_once_one_gets_it(opened: Open) -> None:
    tills = [opened() for _ in range(4)]
    label = tills[0].label()
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda number: tills[number % 4].code(label), range(32)))
    assert codes.count("CARDSESSION_AVAILABLE") == 1
    assert set(codes) == {"CARDSESSION_AVAILABLE", "TOTP_REPLAYED"}


def test_the_journal_keeps_nothing_of_a_card_but_digests(till: Till, tmp_path: Path) -> None:
    till.code(till.label("SESSN7"))
    for _ in range(5):
        till.code(f"CM{CARD}QWERTY000")
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert not any(text in stored for text in (CARD.encode(), b"SESSN7", b"QWERTY"))


# -- Clocks ------------------------------------------------------------------------------------------------------

HOUR = 3600.0


@pytest.mark.parametrize("label_of", [lambda till: till.label(), lambda till: f"CM{CARD}368"], ids=["session", "bare"])
@pytest.mark.parametrize("jumps", [(HOUR, -HOUR), (-HOUR, HOUR), (26 * HOUR, -26 * HOUR), (HOUR, -2 * HOUR, HOUR)])
def test_a_clock_that_goes_away_and_comes_back_opens_no_replay(
    till: Till, label_of: Callable[[Till], str], jumps: tuple[float, ...]
) -> None:
    label = label_of(till)
    assert till.code(label) in ("CARDSESSION_AVAILABLE", "TOTP_VALID")
    for jump in jumps:
        till.now += jump
        for number in range(3):  # the shop goes on meanwhile
            till.code(till.label(f"J{number}{abs(int(jump)) % 9999:04d}"))
    assert till.code(label) == "TOTP_REPLAYED"


@pytest.mark.scenario(60)
@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_clock_that_jumped_locks_no_card_out(till: Till, jump: float) -> None:
    true_time = till.now
    till.now += jump
    while till.code(till.label(at=true_time)) != ResultCode.TOTP_TRY_LATER:
        pass
    till.now = true_time + 1
    assert till.code(till.label("B2B2B2")) == "CARDSESSION_AVAILABLE"


@pytest.mark.parametrize(("skew", "code"), [(None, "TOTP_INVALID"), (29, "TOTP_INVALID"), (-30, "TOTP_INVALID")])
def test_a_wrong_password_at_a_right_clock_is_the_cards_fault(till: Till, skew: float | None, code: str) -> None:
    till.skew = skew
    assert till.code(f"CM{CARD}A1B2C3000") == code


@pytest.mark.scenario(38)
@pytest.mark.parametrize(("skew", "told"), [(3600.4, "3600 s ahead of the host's"), (-31.0, "31 s behind the host's")])
def test_a_wrong_clock_is_named_in_the_refusal(till: Till, skew: float, told: str) -> None:
    till.skew = skew
    checked = till.show(f"CM{CARD}A1B2C3000")
    assert checked.result_code == ResultCode.CLOCK_WRONG
    assert told in checked.details
    assert checked.presentation is not None


def test_the_host_is_asked_for_the_time_only_when_a_password_is_wrong(till: Till) -> None:
    for label in (till.label(), till.label(), CARD, "hello"):
        till.code(label)
    assert till.asked_host == 0


# -- Guessing ----------------------------------------------------------------------------------------------------


def test_guessing_is_slowed_down_for_the_card_and_for_no_other(till: Till) -> None:
    wrong = f"CM{CARD}A1B2C3000"
    assert [till.code(wrong) for _ in range(3)] == ["TOTP_INVALID"] * 3
    waiting = till.show(till.label())
    assert (waiting.result_code, waiting.details) == (ResultCode.TOTP_TRY_LATER, "5 s")
    assert waiting.presentation is not None
    assert till.code(till.label(card="4607654321098")) == "CARDSESSION_AVAILABLE"
    till.now += 5
    assert till.code(till.label()) == "CARDSESSION_AVAILABLE"
    assert till.code(wrong) == "TOTP_INVALID"
    assert till.code(till.label("C3C3C3")) == "CARDSESSION_AVAILABLE"


def test_a_restart_does_not_give_new_guesses(opened: Open) -> None:
    for _ in range(3):
        assert opened().code(f"CM{CARD}A1B2C3000") == "TOTP_INVALID"
    assert opened().code(f"CM{CARD}A1B2C3000") == "TOTP_TRY_LATER"


def test_a_guesser_gets_few_tries_in_an_hour(till: Till) -> None:
    chance, tries = random.Random(1), 0
    until = till.now + HOUR
    while till.now < until:
        code = till.code(f"CM{CARD}A1B2C3{chance.randrange(1000):03d}")
        assert code in ("TOTP_INVALID", "TOTP_TRY_LATER", "CARDSESSION_AVAILABLE")
        tries += code != "TOTP_TRY_LATER"
        till.now += 1
    assert tries <= 22


@given(st.integers(0, 10**6), st.floats(0, 2e9), st.floats(0, 2e9))
def test_no_wait_is_longer_than_the_longest(count: int, last_s: float, now_s: float) -> None:
    wait_s = GUESSES.wait_s(Guesses(count, last_s), now_s)
    assert 0.0 <= wait_s <= 300.0
    assert GUESSES.wait_s(None, now_s) == 0.0
    assert count >= 3 or wait_s == 0.0


def test_an_hour_without_a_wrong_password_begins_anew() -> None:
    assert GUESSES.after_wrong(Guesses(7, 1000.0), 4600.0) == Guesses(8, 4600.0)
    assert GUESSES.after_wrong(Guesses(7, 1000.0), 4601.0) == Guesses(1, 4601.0)
    assert GUESSES.after_wrong(Guesses(7, 9000.0), 1000.0) == Guesses(1, 1000.0)


# -- Any module --------------------------------------------------------------------------------------------------


class Says:
    """A module that says what the test wants, or fails."""

    def __init__(self, answer: Answer | TotpModuleError) -> None:
        self.answer = answer
        self.asked: list[str] = []

    def init(self, parameters: Parameters) -> None:
        self.parameters = parameters

    def barcode_verify(self, full_barcode: str, _card: CardPresentation) -> Answer:
        self.asked.append(full_barcode)
        if isinstance(self.answer, TotpModuleError):
            raise self.answer
        return self.answer

    def get_token(self, password: Secret | None) -> Secret:
        return Secret("T" if password is None else f"T({password.reveal()})")


FULL = f"CM{CARD}A1B2C3000"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer("CARDSESSION_AVAILABLE"), "CARDSESSION_AVAILABLE"),
        (Answer("CARDSESSION_AVAILABLE", totp_code_valid=True), "CARDSESSION_AVAILABLE"),
        (Answer("CARDSESSION_AVAILABLE", totp_code_valid=False), "TOTP_INVALID"),
        (Answer("TOTP_VALID"), "TOTP_VALID"),
        (Answer("BARCODE_UNKNOWN"), "BARCODE_UNKNOWN"),
        (Answer("TOTP_REPLAYED"), "TOTP_REPLAYED"),
        (Answer("BONUS_FORBIDDEN"), "LOYALTY_ONLY"),
        (Answer("CARD_TYPED"), "LOYALTY_ONLY"),
        (Answer("cardsession_available"), "LOYALTY_ONLY"),
        (Answer(""), "LOYALTY_ONLY"),
        (Answer("17"), "CARDSESSION_AVAILABLE"),
    ],
)
def test_only_a_known_code_opens_payment(opened: Open, answer: Answer, code: str) -> None:
    module = Says(answer)
    checked = opened(module, result_codes={"17": "CARDSESSION_AVAILABLE"}).show(f"\x1d{FULL}")
    assert (checked.result_code, checked.can_pay) == (code, code == "CARDSESSION_AVAILABLE")
    assert module.asked == [FULL]
    if answer.result_code == "BONUS_FORBIDDEN":
        assert "BONUS_FORBIDDEN" in checked.details


def test_the_token_has_the_password_of_a_card_and_none_without_card_or_password(opened: Open) -> None:
    gate = opened(Says(Answer("TOTP_VALID"))).gate
    wallet, plain = (gate.read(label, ScanDataType.UNKNOWN, typed=False, now_s=0.0) for label in (FULL, CARD))
    assert wallet is not None
    assert plain is not None
    assert gate.token(wallet.card) == Secret("T(000)")
    assert gate.token(plain.card) == Secret("T")
    assert gate.token(None) == Secret("T")


def test_a_module_that_says_session_of_a_card_without_one_opens_nothing(opened: Open) -> None:
    assert opened(Says(Answer("CARDSESSION_AVAILABLE"))).code(f"CM{CARD}368") == "TOTP_VALID"


def test_what_the_module_says_of_the_card_counts_more_than_the_templates(opened: Open) -> None:
    answer = Answer("CARDSESSION_AVAILABLE", card_number=Secret("777"), card_session=Secret("S7"))
    card = opened(Says(answer)).show(FULL).presentation
    assert card is not None
    assert (card.card_number, card.card_session) == (Secret("777"), Secret("S7"))


def test_once_only_holds_for_a_module_that_does_not_care(opened: Open) -> None:
    till = opened(Says(Answer("CARDSESSION_AVAILABLE")))
    assert [till.code(FULL), till.code(FULL)] == ["CARDSESSION_AVAILABLE", "TOTP_REPLAYED"]


def test_a_module_that_cannot_answer_leaves_loyalty_or_nothing_by_policy(opened: Open) -> None:
    module = Says(TotpModuleError("the TOTP server did not answer in 1 s"))
    lenient, strict = opened(module).show(FULL), opened(module, refuse_unreachable=True).show(FULL)
    assert lenient.result_code == strict.result_code == ResultCode.MODULE_UNREACHABLE
    assert "1 s" in lenient.details
    assert lenient.presentation is not None
    assert not lenient.can_pay
    assert strict.presentation is None
    assert opened(module).code(CARD) == "LOYALTY_ONLY"


def test_a_module_is_not_asked_about_what_is_no_wallet_card(opened: Open) -> None:
    module = Says(Answer("CARDSESSION_AVAILABLE"))
    till = opened(module)
    assert [till.code(label) for label in (CARD, "hello", "")] == ["LOYALTY_ONLY", "BARCODE_UNKNOWN", "BARCODE_UNKNOWN"]
    assert module.asked == []
