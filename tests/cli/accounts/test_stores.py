"""`stores add`, `get`, `update` against the sandbox's Store API."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.shell import Shell
from tests.support.stores import BRAND, STORE, WHOLE
from tests.support.tills import Till

Stores = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def stores(shell: Shell, till: Till, tmp_path: Path) -> Stores:
    def call(verb: str, content: Any) -> tuple[int, dict[str, Any]]:
        file = tmp_path / "stores.json"
        file.write_text(json.dumps(content), encoding="utf-8")
        return shell.document("stores", verb, str(file), "--site", str(till.site))

    return call


def brands(till: Till) -> dict[str, Any]:
    return till.host.host.stores.brands


def test_a_chain_registers_finds_and_changes_its_shops(stores: Stores, till: Till) -> None:
    code, added = stores("add", {"brandId": BRAND, "stores": [STORE, {**WHOLE, "storeNumber": "18"}]})
    assert (code, added["done"], added["http_status"]) == (0, True, 200)
    assert [store["storeNumber"] for store in added["answer"]["stores"]] == ["17", "18"]
    assert all(len(store["storeId"]) == 36 for store in added["answer"]["stores"])
    code, found = stores("get", {"brandId": BRAND, "storeNumber": "18"})
    assert (code, found["answer"]["stores"][0]["status"]) == (0, "INACTIVE")
    code, changed = stores("update", {"brandId": BRAND, "stores": [{"storeNumber": "18", "status": "ACTIVE"}]})
    assert (code, changed["answer"]["stores"][0]["status"]) == (0, "ACTIVE")
    assert len(stores("get", {"brandId": BRAND})[1]["answer"]["stores"]) == 2


def test_what_the_host_refuses_leaves_with_one_and_its_words(stores: Stores) -> None:
    stores("add", {"brandId": BRAND, "stores": [STORE]})
    code, answer = stores("add", {"brandId": BRAND, "stores": [STORE]})
    assert (code, answer["done"], answer["answer"]["code"]) == (1, False, "STORE_ALREADY_EXISTS")
    assert stores("update", {"brandId": BRAND, "stores": [{"storeNumber": "99"}]})[0] == 1


def test_what_is_wrong_in_the_file_never_leaves(stores: Stores, till: Till) -> None:
    code, answer = stores("add", {"brandId": BRAND, "stores": [{**STORE, "mcc": "1"}]})
    assert (code, answer["error"], brands(till)) == (2, "UsageError", {})
    assert stores("get", {})[0] == 2


@pytest.mark.parametrize("wire", ["lost-answer", "server-error", "half-body"])
def test_an_answer_that_is_lost_is_no_no_and_is_not_asked_for_again(stores: Stores, till: Till, wire: str) -> None:
    till.host.host.plan({"call": "stores", "wire": wire})
    code, answer = stores("add", {"brandId": BRAND, "stores": [STORE]})
    assert (code, answer["http_status"]) == (3, None)
    assert "stores get" in answer["remedy"]
    assert list(brands(till)[BRAND]) == ["17"]
    till.host.host.plan({"call": "stores", "wire": wire})
    assert stores("get", {"brandId": BRAND})[0] == 1


def test_a_host_that_cannot_be_reached_was_sent_nothing(stores: Stores, till: Till) -> None:
    till.edit("[totp]", '[store_api]\nbase_url_test = "https://127.0.0.1:9/partner"\n[totp]')
    code, answer = stores("add", {"brandId": BRAND, "stores": [STORE]})
    assert (code, answer["message"].startswith("nothing was sent")) == (1, True)


def test_paths_methods_and_names_are_the_settings(stores: Stores, till: Till) -> None:
    """The calls that nobody published may be quite otherwise."""
    till.edit(
        "[totp]",
        f'[store_api]\nbrand_id = "{BRAND}"\n'
        '[store_api.get]\nmethod = "POST"\npath = "/api/v2/stores/list"\nrequired = ["brandId", "storeNumber"]\n'
        '[store_api.update]\nmethod = "PATCH"\npath = "/api/v2/stores"\n[totp]',
    )
    till.host.host.stores.calls = {"get": ("POST", "/api/v2/stores/list"), "update": ("PATCH", "/api/v2/stores")}
    assert stores("add", [STORE])[0] == 0
    assert stores("get", {"storeNumber": "17"})[1]["answer"]["stores"][0]["city"] == "Москва"
    assert stores("get", {})[0] == 2
    assert stores("update", [{"storeNumber": "17", "city": "Тверь"}])[1]["answer"]["stores"][0]["city"] == "Тверь"


def test_the_words_for_people_say_how_it_ended(shell: Shell, till: Till, tmp_path: Path) -> None:
    file = tmp_path / "stores.json"
    file.write_text(json.dumps({"brandId": BRAND, "stores": [STORE]}))
    code, words, _ = shell.text("stores", "add", str(file), "--site", str(till.site))
    assert (code, "done" in words, "storeId" in words) == (0, True, True)
    code, words, _ = shell.text("stores", "add", str(file), "--site", str(till.site))
    assert (code, "refused: HTTP 422" in words) == (1, True)
