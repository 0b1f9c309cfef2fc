"""A whole till with each kind of TOTP module, put together from its site file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from koshelek_driver import Outcome, Payment, Terminal
from koshelek_driver.errors import SiteError
from koshelek_driver.sandbox.messages import HttpReply
from koshelek_driver.sandbox.wallet import CARD_NUMBER
from tests.support.tills import Till
from tests.support.totp_library import needs_compiler
from tests.support.totp_servers import CashDesk

KEY = 'retailer_key = { file = "retailer.key" }'
REFERENCE = 'module = "reference"'


def pay(till: Till, order_id: str = "A-1", label: str | None = None) -> Payment:
    with Terminal.open(till.site) as terminal:
        return terminal.pay(terminal.new_order(order_id, 500), label=label or till.label())


# -- http ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(till: Till) -> Iterator[CashDesk]:
    """The till's module is on a server."""
    made = CashDesk(till.site.parent)
    till.edit(KEY, "")
    till.edit(
        REFERENCE,
        f'module = "http"\nhttp = {{ url = "{made.url}/", ca_file = "{made.ca.name}", token_path = "" }}',
    )
    yield made
    made.server.close()


def test_a_card_that_the_server_knows_pays(till: Till, desk: CashDesk) -> None:
    desk.answers({"resultCode": "CARDSESSION_AVAILABLE", "totpCodeValid": True})
    assert pay(till).outcome is Outcome.PAID
    assert [request.path for request, _ in desk.asked] == ["/totp/barcodeVerify"]


def test_the_servers_own_names_and_codes_are_settings(till: Till, desk: CashDesk) -> None:
    till.edit('token_path = "" }', 'token_path = "", full_barcode_key = "bc", result_code_key = "rc" }')
    till.edit("[totp]", '[totp]\nresult_codes = { "0" = "CARDSESSION_AVAILABLE" }')
    desk.answers({"rc": 0})
    assert pay(till).outcome is Outcome.PAID
    assert desk.asked[0][1].keys() == {"bc"}


@pytest.mark.parametrize("policy", ["loyalty_only", "refuse"])
def test_a_server_that_is_down_opens_no_payment_and_keeps_nothing_used(till: Till, desk: CashDesk, policy: str) -> None:
    till.edit("[totp]", f'[totp]\nwhen_unreachable = "{policy}"')
    label = till.label()
    desk.reply = HttpReply(503)
    payment = pay(till, label=label)
    assert (payment.outcome, payment.verdict.error_code) == (Outcome.REJECTED, "MODULE_UNREACHABLE")
    assert till.host.host.requests == []
    desk.answers({"resultCode": "CARDSESSION_AVAILABLE"})
    assert pay(till, label=label).outcome is Outcome.PAID


def test_a_server_that_makes_tokens_is_asked_for_one(till: Till, desk: CashDesk) -> None:
    till.edit(', token_path = ""', "")
    label = till.label()
    token = f"dGlsbA=={label[-3:]}"
    desk.answers({"resultCode": "CARDSESSION_AVAILABLE", "token": token})
    assert pay(till, label=label).outcome is Outcome.PAID
    assert [request.path for request, _ in desk.asked] == ["/totp/barcodeVerify", "/totp/getToken"]


# -- native --------------------------------------------------------------------------------------------------------


@needs_compiler
def test_a_card_that_the_library_knows_pays(till: Till, library: Path) -> None:
    prototype = "int pv_verify_json(const char *full_barcode, char *answer, size_t answer_size)"
    native = f'native = {{ library = "{library}", barcode_verify = "{prototype}" }}'
    till.edit(REFERENCE, f'module = "native"\n{native}')
    with Terminal.open(till.site) as terminal:
        label = till.label(card=CARD_NUMBER)
        shown = terminal.methods(terminal.new_order("A-1", 500), label=label).verification
        assert shown.can_pay
        assert shown.presentation is not None
        assert shown.presentation.card_number.reveal() == "CM46"


@needs_compiler
@pytest.mark.parametrize(
    ("native", "told"),
    [
        ('library = "gone.so", barcode_verify = "int f(void)"', "native.library: "),
        ('library = "{library}", barcode_verify = "int gone(void)"', "no function 'gone'"),
        ('library = "{library}", barcode_verify = "int f(void *x)"', "C type 'void \\*' is not"),
    ],
)
def test_a_library_that_cannot_be_called_is_a_wrong_site_file(
    till: Till, library: Path, native: str, told: str
) -> None:
    till.edit(REFERENCE, f'module = "native"\nnative = {{ {native.replace("{library}", str(library))} }}')
    with pytest.raises(SiteError, match=told):
        Terminal.open(till.site)


# -- another package ------------------------------------------------------------------------------------------------

PACKAGE = """
import json
from koshelek_driver.totp import Answer, Secret

class Acme:
    def init(self, parameters):
        if "licence" not in parameters.settings:
            raise ValueError("settings.licence is missing")
        self.till = f"{parameters.store}/{parameters.terminal}"
    def barcode_verify(self, full_barcode, card):
        return Answer("CARDSESSION_AVAILABLE" if card.password else "LOYALTY_ONLY")
    def get_token(self, password):
        return Secret("dGlsbA==" + password.reveal())

def broken():
    raise OSError("no licence server")
"""


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "packages"
    information = folder / "acme_totp-1.0.dist-info"
    information.mkdir(parents=True)
    (folder / "acme_totp.py").write_text(PACKAGE)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-totp\nVersion: 1.0\n")
    points = "[koshelek_driver.totp_modules]\nacme = acme_totp:Acme\nbroken = acme_totp:broken\ngone = acme_totp:Gone\n"
    (information / "entry_points.txt").write_text(points)
    monkeypatch.syspath_prepend(str(folder))


@pytest.mark.usefixtures("acme")
def test_a_module_of_another_package_is_found_by_its_name(till: Till) -> None:
    till.edit(KEY, "")
    till.edit(REFERENCE, 'module = "acme"\nsettings = { licence = 17 }')
    assert pay(till).outcome is Outcome.PAID


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("acme", "settings.licence is missing"),
        ("broken", "'broken' cannot be loaded: OSError: no licence server"),
        ("gone", "'gone' cannot be loaded: AttributeError"),
        ("acmee", "totp.module = 'acmee': expected one of reference, http, native, acme"),
    ],
)
def test_a_module_that_cannot_be_had_is_a_wrong_site_file(till: Till, name: str, told: str) -> None:
    till.edit(REFERENCE, f'module = "{name}"')
    with pytest.raises(SiteError, match=told):
        Terminal.open(till.site)


def test_every_secret_of_the_site_file_stays_out_of_its_errors(till: Till) -> None:
    till.host.files.retailer_key.write_text("00112233-not-hex")
    with pytest.raises(SiteError) as refused:
        Terminal.open(till.site)
    link: BaseException | None = refused.value
    while link is not None:
        assert "00112233" not in str(link) + json.dumps([str(each) for each in link.args])
        link = link.__cause__
