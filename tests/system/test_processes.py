"""Real processes: killed in the middle, racing each other, started and stopped as a person does."""

from __future__ import annotations

import json
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from koshelek_driver.sandbox.printer.faults import Fault
from koshelek_driver.sandbox.printer.server import VirtualPrinter
from koshelek_driver.sandbox.scripts import AMOUNTS
from koshelek_driver.sandbox.symbols import SYMBOLOGIES
from tests.support.tills import PRINTER_DEVICES, Till

pytestmark = pytest.mark.system

DRIVER = [sys.executable, "-m", "koshelek_driver"]
LIMIT_S = 60


def start(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen([*DRIVER, *words, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> tuple[int, dict[str, Any]]:
    out, errors = process.communicate(timeout=LIMIT_S)
    assert out.count("\n") == 1, errors
    return process.returncode, json.loads(out)


def pay(till: Till, order_id: str, amount: int, label: str) -> subprocess.Popen[str]:
    words = ["pay", "--site", str(till.site), "--order-id", order_id, "--amount", str(amount)]
    return start(*words, "--label", label)


def wait_for_requests(till: Till, count: int, process: subprocess.Popen[str]) -> None:
    """Until the host has seen so many, or the process has ended before that."""
    while len(till.host.host.requests) < count and process.poll() is None:
        threading.Event().wait(0.005)


def wait_for_call(till: Till, call: str) -> None:
    """Until the host has seen one."""
    turns = 0
    while call not in [request["call"] for request in till.host.host.requests]:
        threading.Event().wait(0.01)
        turns += 1
        assert turns < 100 * LIMIT_S


@pytest.mark.scenario(41, 43, 44, 45, 48)
@pytest.mark.parametrize("requests", [0, 1, 2])
@pytest.mark.parametrize("name", ["accepted", "lost-answer", "slow"])
def test_a_till_killed_at_any_moment_charges_once_and_finds_out_what_happened(
    till: Till, name: str, requests: int
) -> None:
    first = pay(till, "A-1", AMOUNTS[name], till.label())
    wait_for_requests(till, requests, first)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    code, again = finish(pay(till, "A-1", AMOUNTS[name], till.label()))
    assert (code, again["outcome"], till.charges("A-1")) == (0, "paid", 1)
    assert again["slip"]


@pytest.mark.scenario(25)
def test_processes_that_pay_one_order_at_once_charge_once_and_agree(till: Till) -> None:
    label = till.label()
    racing = [pay(till, "A-1", 500, label) for _ in range(4)]
    answers = [finish(process) for process in racing]
    assert {(code, answer["outcome"]) for code, answer in answers} == {(0, "paid")}
    assert len({answer["request_id"] for _, answer in answers}) == 1
    assert sum(not answer["repeated"] for _, answer in answers) == 1
    assert till.charges("A-1") == 1


@pytest.mark.scenario(46)
@pytest.mark.parametrize("printed", [0, 3, 12])
def test_a_till_killed_while_it_prints_prints_one_original_and_marks_the_second(
    till: Till, tmp_path: Path, printed: int
) -> None:
    printer = VirtualPrinter(tmp_path / "receipts", fault=Fault.SLOW)
    till.rewrite(devices=PRINTER_DEVICES.format(profile="epson-tm-t20iii", port=printer.port))
    killed = pay(till, "A-1", AMOUNTS["accepted"], till.label())
    turns = 0
    while printer._engine._machine.lines_printed < max(printed, 1) and not printer.receipts:
        threading.Event().wait(0.01)
        turns += 1
        assert turns < 100 * LIMIT_S
    killed.kill()
    killed.communicate()
    printer.set_fault(Fault.NONE)
    finish(start("recover", "--site", str(till.site)))
    code, status = finish(start("status", "--site", str(till.site)))
    assert (code, status["payments"]) == (0, [])
    printer.settle()
    slips = ["\n".join(receipt.lines) for receipt in printer.receipts]
    printer.close()
    whole = [slip for slip in slips if "Способ оплаты" in slip and "КЗО" in slip]
    assert sum("КОПИЯ" not in slip for slip in whole) <= 1
    assert whole
    assert till.charges("A-1") == 1


@pytest.mark.scenario(59)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_the_sale_under_way(till: Till, number: signal.Signals) -> None:
    process = pay(till, "A-1", AMOUNTS["undecided"], till.label())
    wait_for_requests(till, 2, process)
    process.send_signal(number)
    code, answer = finish(process)
    assert (code, answer["outcome"], answer["error_code"]) == (1, "canceled", "CANCELED")
    assert till.charges("A-1") == 0


@pytest.mark.parametrize("symbology", SYMBOLOGIES)
def test_the_demo_sells_in_a_process_of_its_own(tmp_path: Path, symbology: str) -> None:
    code, answer = finish(start("demo", "--dir", str(tmp_path), "--symbology", symbology))
    assert (code, answer["outcome"], answer["symbology"]) == (0, "paid", symbology)
    assert Path(answer["slip_png"]).exists()


@pytest.mark.scenario(59)
def test_the_resident_driver_ends_cleanly_by_sigterm_and_settles_at_its_next_start(till: Till) -> None:
    """A sale is killed in its middle; the resident driver ends it without being asked."""
    killed = pay(till, "A-1", AMOUNTS["undecided"], till.label())
    wait_for_requests(till, 2, killed)
    killed.kill()
    killed.communicate()
    resident = start("run", "--site", str(till.site))
    assert resident.stdout is not None
    assert json.loads(resident.stdout.readline())["postback"] == ""
    wait_for_call(till, "cancel")
    resident.send_signal(signal.SIGTERM)
    resident.communicate(timeout=LIMIT_S)
    assert resident.returncode == 0
    code, answer = finish(start("status", "--site", str(till.site), "--order-id", "A-1"))
    assert (code, answer["payments"][0]["outcome"]) == (0, "canceled")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[dict[str, str]]:
    process = start("sandbox", "serve", "--dir", str(tmp_path / "sandbox"))
    assert process.stdout is not None
    yield json.loads(process.stdout.readline())
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=LIMIT_S) == ("", "")
    assert process.returncode == 0


def test_the_sandbox_alone_serves_a_till_and_its_admin(served: dict[str, str], tmp_path: Path) -> None:
    assert served.keys() >= {"base_url", "ca_file", "login", "password_file", "retailer_key_file", "admin_url"}
    site = served["site"]
    _, card = finish(start("sandbox", "card", "--site", site, "--out", str(tmp_path / "card.png")))
    words = ["pay", "--site", site, "--order-id", "A-1", "--amount", "500", "--label", card["label"]]
    code, paid = finish(start(*words))
    assert (code, paid["outcome"]) == (0, "paid")
    books = httpx.get(
        served["admin_url"] + "/ledger",
        auth=(served["login"], Path(served["password_file"]).read_text().strip()),
        verify=ssl.create_default_context(cafile=served["ca_file"]),
    ).json()
    assert [(row["orderId"], row["status"]) for row in books["transactions"]] == [("A-1", "accepted")]
    assert books["violations"] == []


def test_the_printer_alone_prints_what_comes(tmp_path: Path) -> None:
    import socket

    process = start("sandbox", "printer", "--dir", str(tmp_path / "receipts"))
    assert process.stdout is not None
    facts = json.loads(process.stdout.readline())
    with socket.create_connection(("127.0.0.1", facts["port"])) as line:
        line.sendall(b"\x1b@hello\n\x1dr\x01\x1dVB\x00\x1dr\x01")
        line.settimeout(5)
        received = line.recv(1) + line.recv(1)
    assert received == b"\x00\x00"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0
    assert (Path(facts["dir"]) / "receipt-0001.txt").read_text() == "hello\n"
