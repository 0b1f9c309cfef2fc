"""The sandbox itself against the wire contract: every call, every script, every answer."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from koshelek_driver.sandbox.host import CALLS
from koshelek_driver.sandbox.ledger import MOVES
from koshelek_driver.sandbox.messages import HttpRequest
from koshelek_driver.sandbox.scripts import AMOUNTS, REFUND_AMOUNTS, REFUND_SCRIPTS, REFUSALS, SCRIPTS, Wire
from tests.support.callers import STORE, Caller


def test_a_payment_walks_from_new_to_accepted_with_a_whole_slip() -> None:
    till = Caller()
    reply, answer = till.checkout()
    assert (reply.status, answer["status"]) == (200, "new")
    till.now_s += 0.3
    assert till.status(answer["transactionId"])["status"] == "pending"
    till.now_s += 0.4
    done = till.status(answer["transactionId"])
    assert (done["status"], done["paymentGroup"], done["slip"]["totalAmount"]) == ("accepted", "SBP", 12_345)
    assert {"qrcId", "kzo", "merchantId"} <= set(done["slip"])
    assert done["slip"]["paymentTransactionId"] == answer["transactionId"]


def test_dolyame_has_no_fields_of_sbp() -> None:
    till = Caller()
    _, answer = till.checkout(AMOUNTS["accepted-dolyame"])
    till.now_s += 1
    slip = till.status(answer["transactionId"])["slip"]
    assert slip["paymentType"] == "DOLYAME"
    assert not {"qrcId", "kzo", "merchantId"} & set(slip)


def test_a_provider_that_the_till_does_not_offer_is_not_chosen() -> None:
    till = Caller()
    _, answer = till.checkout(AMOUNTS["accepted-dolyame"], types=("SBP",))
    till.now_s += 1
    assert till.status(answer["transactionId"])["slip"]["paymentType"] == "SBP"


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_keeps_the_contract(name: str) -> None:
    till, script = Caller(), SCRIPTS[name]
    reply, answer = till.checkout(AMOUNTS[name])
    assert reply.wire is script.wire
    if script.refuse:
        assert (reply.status, answer["code"]) == (422, script.refuse)
    if script.refuse or reply.wire is Wire.DROPPED_REQUEST:
        assert till.host.ledger.transactions == {}
        return
    till.now_s += 1
    done = till.status(answer["transactionId"])
    assert done.get("errorCode", "") == script.error_code
    if not script.odd_fields:
        assert done["status"] == script.steps[-1][1]


def test_an_amount_below_four_roubles_is_rejected() -> None:
    till = Caller()
    _, answer = till.checkout(399)
    till.now_s += 1
    assert till.status(answer["transactionId"])["errorCode"] == "TOTAL_AMOUNT_IS_TOO_SMALL"


def test_the_same_request_gets_the_same_answer_and_charges_once() -> None:
    till = Caller()
    body = till.checkout_body()
    first = till.call("checkout", body, token=till.token())[1]
    till.now_s += 500
    assert till.call("checkout", body, token=till.token("000"))[1] == first
    assert len(till.host.ledger.transactions) == 1
    changed = {**body, "terminalId": "T-2"}
    assert till.call("checkout", changed, token=till.token())[1]["code"] == "REQUEST_ID_REUSED"
    assert till.host.violations == [f"checkout: requestId {body['requestId']} used for another request"]


@pytest.mark.parametrize("password", ["", "000", "12"])
def test_a_wrong_password_in_the_token_is_an_unknown_session(password: str) -> None:
    till = Caller()
    token = base64.b64encode(b"fingerprint").decode() + password
    assert till.call("checkout", till.checkout_body(), token=token)[1]["code"] == "UNKNOWN_SESSION_ID"


def test_a_session_pays_once() -> None:
    till = Caller()
    till.checkout(session="A1B2C3")
    assert till.checkout(session="A1B2C3")[1]["code"] == "TRANSACTION_FOR_SESSION_ID_ALREADY_EXISTS"
    till.now_s += 1
    assert till.checkout(session="A1B2C3")[1]["code"] == "TRANSACTION_FOR_SESSION_ID_ALREADY_PAYED"


def test_cancel_takes_back_what_is_undecided_and_refuses_what_is_paid() -> None:
    till = Caller()
    open_one = till.checkout()[1]["transactionId"]
    answer = till.cancel(open_one)[1]
    assert (answer["status"], answer["refStatus"]) == ("canceled", "accepted")
    till.now_s += 10
    assert till.status(open_one)["status"] == "canceled"
    answer = till.cancel(till.paid())[1]
    assert (answer["status"], answer["refStatus"]) == ("accepted", "rejected")
    assert till.cancel(open_one)[1]["refStatus"] == "rejected"
    assert till.cancel("x" * 36)[1]["code"] == "UNKNOWN_TRANSACTION_ID"


def test_a_late_accept_wins_over_the_cancel() -> None:
    till = Caller()
    payment = till.checkout(AMOUNTS["late-accept"])[1]["transactionId"]
    answer = till.cancel(payment)[1]
    assert (answer["status"], answer["refStatus"]) == ("accepted", "rejected")


def test_refunds_add_up_to_what_was_paid_and_no_further() -> None:
    till = Caller()
    payment = till.paid(10_000)
    first = till.refund(payment, 4_000)[1]
    assert (first["status"], first["refStatus"]) == ("refunding", "new")
    assert till.refund(payment, 1)[1]["errorCode"] == "PAYMENT_TRANSACTION_IS_BEING_REFUNDED_ALREADY"
    till.now_s += 1
    done = till.status(first["refTransactionId"], "refTransactionId")
    assert (done["status"], done["refStatus"]) == ("partial_refunded", "accepted")
    assert (done["slip"]["refundTransactionId"], done["slip"]["totalAmount"]) == (first["refTransactionId"], 4_000)
    assert till.refund(payment, 6_001)[1]["errorCode"] == "REQUESTED_REFUND_AMOUNT_IS_GREATER_THAN_AVAILABLE"
    till.refund(payment, 6_000)
    till.now_s += 1
    assert till.status(payment)["status"] == "refunded"
    assert till.refund(payment, 1)[1]["errorCode"] == "TERMINAL_STATE_OF_PAYMENT_TRANSACTION"


def test_a_payment_that_is_not_paid_is_not_refunded() -> None:
    till = Caller()
    assert till.refund(till.checkout()[1]["transactionId"], 1)[1]["errorCode"] == "PAYMENT_TRANSACTION_IS_NOT_PAID"
    assert till.refund("x" * 36, 1)[1]["code"] == "UNKNOWN_TRANSACTION_ID"


def test_an_unknown_transaction_has_an_empty_status() -> None:
    assert Caller().status("x" * 36)["status"] == ""


def test_methods_are_told_at_once_or_after_polling() -> None:
    body = {key: value for key, value in Caller().checkout_body().items() if key != "paymentMethods"}
    till = Caller()
    reply, answer = till.call("methods", body, token=till.token())
    assert (reply.status, answer["koshelekPayIsDefault"]) == (200, True)
    patient = Caller(polled_methods=True)
    reply, answer = patient.call("methods", {**body, "requestId": "m-2"}, token=patient.token())
    assert reply.status == 201
    path = reply.headers["Location"].removeprefix("/partner")
    first, second = (json.loads(patient.raw("GET", path).body) for _ in range(2))
    assert (first["computationComplete"], second["computationComplete"]) == (False, True)
    assert second["paymentTypeAvailabilityInfoList"]
    assert patient.raw("GET", "/api/v1/merchant/availability-info/none").status == 422


def test_a_receipt_is_taken_with_an_empty_answer() -> None:
    till = Caller()
    payment = till.paid(400)
    invoice = {
        **till.invoice(400), "receiptId": "1", "merchantName": "ООО", "merchantAddress": "Москва", "inn": "001234567890",
        "dateTime": "2026-11-21T12:00:00+03:00", "shift": "1", "cashier": "Иванова", "receiptType": "debit", "taxAmount": 0,
    }  # fmt: skip
    body = {"requestId": "rc-1", "transactionId": payment, "storeId": STORE, "terminalId": "T-1", "invoice": invoice}
    reply, _ = till.call("receipt", body)
    assert (reply.status, reply.body) == (200, b"")
    assert till.host.receipts == [body]


@pytest.mark.parametrize(
    "change",
    [
        {"requestId": "x" * 37},
        {"storeId": "short"},
        {"cardSession": "has space"},
        {"paymentMethods": []},
        {"user": {}},
        {"surprise": 1},
        {"checkoutInvoice": {"orderId": "1", "totalAmount": -1, "items": []}},
        {"checkoutInvoice": {"orderId": "1", "totalAmount": 1.5, "items": []}},
    ],
)
def test_a_request_that_breaks_the_contract_is_refused_and_noted(change: dict[str, Any]) -> None:
    till = Caller()
    reply, answer = till.call("checkout", {**till.checkout_body(), **change}, token=till.token())
    assert (reply.status, answer["code"]) == (400, "CONTRACT_VIOLATION")
    assert len(till.host.violations) >= 1
    assert till.host.ledger.transactions == {}


def test_headers_belong_to_the_contract() -> None:
    till = Caller()
    assert till.call("checkout", till.checkout_body())[0].status == 400
    assert (
        till.call("checkout", till.checkout_body(), token=till.token(), **{"content-type": "text/plain"})[0].status
        == 400
    )
    assert till.raw("POST", CALLS["status"], b"\xff").status == 400


def test_an_older_server_does_not_know_newer_fields() -> None:
    for version, status in (("1.0.0", 400), ("1.1.0", 200)):
        till = Caller(version=version)
        body = till.checkout_body()
        body["checkoutInvoice"]["items"][0]["measure"] = "PIECE"
        assert till.call("checkout", body, token=till.token())[0].status == status


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["requestId", "items", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.sampled_from(sorted(CALLS)),
    st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()),
    st.text(max_size=10),
)
def test_no_body_and_no_token_break_the_host(call: str, body: bytes, token: str) -> None:
    till = Caller()
    assert till.raw("POST", CALLS[call], body, token=token).status == 400
    assert till.checkout()[0].status == 200


@given(st.text(max_size=40))
def test_no_token_of_any_text_is_genuine_by_chance(token: str) -> None:
    till = Caller()
    assert till.call("checkout", till.checkout_body(), token=token + "x")[0].status == 422
    assert till.host.ledger.transactions == {}


@pytest.mark.parametrize(
    "authorization", ["", "Basic xxx", "Bearer secret", "Basic " + base64.b64encode(b"till:wrong").decode()]
)
def test_a_stranger_is_401(authorization: str) -> None:
    till = Caller()
    assert till.raw("POST", CALLS["status"], b"{}", authorization=authorization).status == 401


def test_other_paths_are_404() -> None:
    till = Caller()
    assert till.raw("GET", CALLS["status"]).status == 404
    assert till.raw("POST", "/api/v2/anything").status == 404
    assert till.host.handle(HttpRequest("POST", "/elsewhere", {}, b"")).status == 404


@pytest.mark.parametrize("call", ["checkout", "cancel", "refund"])
@pytest.mark.parametrize("code", REFUSALS)
def test_an_admin_may_script_any_refusal_of_any_call(call: str, code: str) -> None:
    till = Caller()
    payment = till.paid()
    till.raw("POST", "/admin/next", json.dumps({"call": call, "refuse": code}).encode())

    def ask() -> Any:
        return till.checkout()[1] if call == "checkout" else till.ask(call, payment, 1)

    assert ask()["code"] == code
    assert "code" not in ask()


@pytest.mark.parametrize("name", REFUND_SCRIPTS)
def test_every_refund_script_is_played_by_its_amount(name: str) -> None:
    till, script = Caller(), REFUND_SCRIPTS[name]
    payment = till.paid(900_000)
    reply, answer = till.refund(payment, REFUND_AMOUNTS[name])
    if script.refuse:
        assert (reply.status, answer["code"]) == (422, script.refuse)
    elif script.error_code:
        assert (answer["refStatus"], answer["errorCode"], answer["status"]) == (
            "rejected",
            script.error_code,
            "accepted",
        )
    else:
        assert (reply.wire, answer["refStatus"]) == (script.wire, "new")


def test_an_admin_may_delay_an_answer() -> None:
    till = Caller()
    till.raw("POST", "/admin/next", b'{"call": "checkout", "delay_s": 1.5}')
    assert till.checkout()[0].delay_s == 1.5
    till.raw("POST", "/admin/next", b'{"call": "checkout", "delay_s": 1e9}')
    assert till.checkout()[0].delay_s == 60


def test_an_admin_may_script_refund_errors_and_wires() -> None:
    till = Caller()
    payment = till.paid()
    till.raw("POST", "/admin/next", b'{"call": "refund", "error_code": "PAYMENT_ORDER_IS_NOT_FOUND"}')
    answer = till.refund(payment, 1)[1]
    assert (answer["errorCode"], answer["refStatus"], answer["status"]) == (
        "PAYMENT_ORDER_IS_NOT_FOUND",
        "rejected",
        "accepted",
    )
    till.raw("POST", "/admin/next", b'{"call": "refund", "wire": "lost-answer"}')
    assert till.refund(payment, 1)[0].wire is Wire.LOST_ANSWER


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"call": "none"}', b'{"call": "refund", "wire": "x"}', b'{"call": "refund", "outcome": "x"}']
)
def test_an_admin_call_that_cannot_be_meant_says_what_can(body: bytes) -> None:
    reply = Caller().raw("POST", "/admin/next", body)
    assert reply.status == 400
    assert "checkout" in json.loads(reply.body)["details"]


def test_the_admin_sees_books_and_outcomes() -> None:
    till = Caller()
    payment = till.paid()
    books = json.loads(till.raw("GET", "/admin/ledger").body)
    assert [(row["transactionId"], row["status"], row["refunded"]) for row in books["transactions"]] == [
        (payment, "accepted", 0)
    ]
    assert [row["call"] for row in books["requests"]] == ["checkout", "status"]
    assert json.loads(till.raw("GET", "/admin/outcomes").body).keys() == SCRIPTS.keys()
    assert till.raw("GET", "/admin/none").status == 404


@settings(max_examples=300)
@example([("checkout", 0, AMOUNTS["late-accept"]), ("cancel", 0, 1), ("wait", 1, 1)])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["checkout", "status", "cancel", "refund", "wait"]),
            st.integers(0, 3),
            st.sampled_from(sorted(AMOUNTS.values())) | st.integers(1, 20_000),
        ),
        max_size=25,
    )
)
def test_whatever_is_asked_statuses_move_only_as_they_may(steps: list[tuple[str, int, int]]) -> None:
    till = Caller()
    transactions: list[str] = []
    for what, which, amount in steps:
        till.now_s += which * 0.25 * (what == "wait")
        if what == "checkout":
            answer = till.checkout(amount)[1]
            transactions += [answer["transactionId"]] if answer and "transactionId" in answer else []
        elif transactions and what != "wait":
            till.ask(what, transactions[which % len(transactions)], amount)
    for change in till.host.take_changes():
        assert change.body["status"] in MOVES or change.transaction.script.odd_fields
    for payment in till.host.ledger.transactions.values():
        assert payment.refunded <= payment.amount
        assert (payment.status == "refunded") == (payment.refunded == payment.amount)
    assert till.host.violations == []
