"""The native module against a real shared library, by every form of prototype that a site file may declare."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from koshelek_driver.card.totp import Answer
from koshelek_driver.card.totp.native import NativeTotp
from koshelek_driver.card.totp.prototype import Parameter, Prototype, parse
from koshelek_driver.errors import TotpModuleError
from koshelek_driver.secrets import Secret
from tests.support.cards import CARD, card, parameters
from tests.support.totp_library import needs_compiler

INIT = "int pv_init(const char *retailer_key, int interval_s, uint32_t window_steps)"
TEXT = "const char *pv_verify_text(const char *full_barcode)"


def opened(library: Path, verify: str = TEXT, *, init: str = INIT, token: str = "") -> NativeTotp:
    module = NativeTotp(library, {"init": init, "barcode_verify": verify, "get_token": token})
    module.init(replace(parameters(), settings={"salt": "sea"}))
    return module


RIGHT, WRONG = card("368", session="A1B2C3"), card("000", session="A1B2C3")


@needs_compiler
@pytest.mark.parametrize(
    ("prototype", "right", "wrong"),
    [
        (TEXT, Answer("CARDSESSION_AVAILABLE"), Answer("TOTP_INVALID")),
        (
            "long long pv_verify_number(const char* card_number, const char*password);",
            Answer("17"),
            Answer("-4"),
        ),
        (
            "int pv_verify_buffers(const char *full_barcode, char *result_code, size_t result_code_size,"
            " char *card_number, size_t card_number_size, char *totp_code_valid, size_t totp_code_valid_size)",
            Answer("CARDSESSION_AVAILABLE", card_number=Secret("774096"), totp_code_valid=True),
            Answer("CARDSESSION_AVAILABLE", card_number=Secret("774096"), totp_code_valid=False),
        ),
        (
            "int pv_verify_json(const char *full_barcode, char *answer, size_t answer_size)",
            Answer("CARDSESSION_AVAILABLE", Secret("CM46"), Secret("S7"), totp_code_valid=True),
            Answer("CARDSESSION_AVAILABLE", Secret("CM46"), Secret("S7"), totp_code_valid=True),
        ),
    ],
)
def test_each_form_of_prototype_gives_its_answer(library: Path, prototype: str, right: Answer, wrong: Answer) -> None:
    module = opened(library, prototype)
    assert module.barcode_verify(f"CM{CARD}A1B2C3368", RIGHT) == right
    assert module.barcode_verify(f"CM{CARD}A1B2C3000", WRONG) == wrong


@needs_compiler
def test_init_is_given_what_was_agreed_and_the_token_what_it_asks_for(library: Path) -> None:
    token = "const char *pv_token(const char *password, const char *terminal, const char *salt)"
    module = opened(library, token=token)
    assert module.get_token(Secret("368")).reveal() == "00112233445566778899aabbccddeeff/30/1|TILL-01|sea|368"
    assert module.get_token(None).reveal().endswith("|sea|")
    buffered = opened(library, token="bool pv_token_buffer(char *token, size_t token_size)")
    assert buffered.get_token(None).reveal() == "T"


@needs_compiler
def test_without_a_token_function_the_token_is_the_tills_fingerprint_and_the_password(library: Path) -> None:
    assert opened(library, init="").get_token(Secret("368")).reveal() == "dGlsbA==368"


@needs_compiler
@pytest.mark.parametrize(
    ("prototype", "label", "told"),
    [
        ("int pv_verify_buffers(const char *full_barcode, char *result_code, size_t result_code_size,"
         " char *card_number, size_t card_number_size, char *totp_code_valid, size_t totp_code_valid_size)",
         "fail", "pv_verify_buffers of the TOTP library returned 3"),
        ("const char *pv_verify_broken(const char *full_barcode)", "json", "text that cannot be read"),
        ("const char *pv_verify_broken(const char *full_barcode)", "utf", "text that cannot be read"),
        ("const char *pv_verify_broken(const char *full_barcode)", "empty", "gave no result code"),
        ("void pv_nothing(void)", "x", "gave no result code"),
    ],
)  # fmt: skip
def test_a_library_that_fails_cannot_answer(library: Path, prototype: str, label: str, told: str) -> None:
    with pytest.raises(TotpModuleError, match=told):
        opened(library, prototype).barcode_verify(label, RIGHT)


@needs_compiler
def test_a_library_that_gives_no_token_cannot_answer(library: Path) -> None:
    with pytest.raises(TotpModuleError, match="no token"):
        opened(library, token="void pv_nothing()").get_token(None)


@needs_compiler
@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ({"barcode_verify": "const char *pv_gone(const char *full_barcode)"}, "has no function 'pv_gone'"),
        ({"barcode_verify": "int pv_verify_text(const char *barcode)"}, "parameter 'barcode' is none of full_barcode"),
        ({"barcode_verify": "int pv_verify_text(char *token, size_t token_size)"}, "'token' is none of answer"),
        ({"barcode_verify": "int pv_verify_text(float card_number)"}, "native.barcode_verify: C type 'float' is not"),
        ({"barcode_verify": "int pv_verify_text(int)"}, "parameter 'int' has no type or no name"),
        ({"barcode_verify": "pv_verify_text"}, "is not a C prototype"),
        ({"barcode_verify": TEXT, "get_token": "float t(void)"}, "native.get_token: C type 'float'"),
        ({"init": INIT}, "native.barcode_verify: no prototype"),
    ],
)
def test_a_prototype_that_cannot_be_meant_is_named(library: Path, declared: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        NativeTotp(library, declared).init(parameters())


@needs_compiler
def test_a_refusing_init_and_a_missing_library_are_wrong_settings(library: Path) -> None:
    module = NativeTotp(library, {"init": INIT, "barcode_verify": TEXT})
    with pytest.raises(ValueError, match="init of the TOTP library returned 7"):
        module.init(parameters(key="bad"))
    with pytest.raises(ValueError, match=r"native\.library: .*none\.so"):
        NativeTotp(library.parent / "none.so", {"barcode_verify": TEXT})


TYPES = ("int", "size_t", "const char *", "unsigned long long", "int32_t")
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)


@given(st.sampled_from((*TYPES, "void")), NAMES, st.lists(st.tuples(st.sampled_from(TYPES), NAMES), max_size=4))
def test_a_prototype_is_read_as_it_is_written(returned: str, symbol: str, given_ones: list[tuple[str, str]]) -> None:
    inside = ", ".join(f"{kind}{'' if kind.endswith('*') else ' '}{name}" for kind, name in given_ones)
    space = "" if returned.endswith("*") else " "
    read = parse(f" {returned}{space}{symbol} ({inside or 'void'}) ;")
    assert read == Prototype(symbol, returned, tuple(Parameter(kind, name) for kind, name in given_ones))


@given(st.text(max_size=60))
def test_any_text_is_a_prototype_or_is_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        parse(text)
