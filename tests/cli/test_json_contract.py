"""`--json` is a contract: one document in UTF-8 for every way out, whatever the console is."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.support.shell import Shell
from tests.support.tills import Till

DRIVER = [sys.executable, "-m", "koshelek_driver"]
LIMIT_S = 60


@pytest.mark.parametrize(
    "words",
    [
        ["pay", "--amount", "abc"],
        ["pay"],
        ["pay", "--order-id", "1", "--amount", "1", "--nonsense"],
        ["nonsense"],
        ["refund", "--amount", "1.5"],
        ["journal"],
        ["journal", "nonsense"],
        ["journal", "list", "--count", "0"],
        ["demo", "--symbology", "aztec"],
        ["sandbox", "serve", "--port", "70000"],
        ["profiles", "validate"],
        ["slip", "show"],
        ["status", "surplus"],
        [],
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_wrong_usage_is_one_document(shell: Shell, words: list[str], is_first: bool) -> None:
    line = ["--json", *words] if is_first else [*words, "--json"]
    code, out, _ = shell.text(*line)
    answer = json.loads(out)
    assert (code, out.count("\n"), answer.keys()) == (2, 1, {"error", "message", "remedy"})
    assert answer["error"] in ("UsageError", "SiteError")
    assert answer["message"]
    assert answer["remedy"]


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_the_help_is_for_people(shell: Shell, option: str) -> None:
    code, out, _ = shell.text("pay", option, "--json")
    assert (code == 0) == ("--order-id" in out)


@pytest.mark.system
@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "ascii", "utf-16", "utf-8:strict", "latin-1"])
def test_the_document_is_utf8_whatever_the_console_is(till: Till, encoding: str) -> None:
    words = ["pay", "--site", str(till.site), "--order-id", "№-1", "--amount", "500", "--label", "-", "--json"]
    given = {**os.environ, "PYTHONIOENCODING": encoding, "LC_ALL": "C"}
    label = f"{till.label()}\n".encode(encoding.partition(":")[0])
    done = subprocess.run([*DRIVER, *words], input=label, capture_output=True, env=given, timeout=LIMIT_S, check=False)
    paid = json.loads(done.stdout.decode("utf-8"))
    assert (done.returncode, paid["order_id"]) == (0, "№-1")
    assert any("КОШЕЛЁК" in line for line in paid["slip"])


@pytest.mark.system
@pytest.mark.parametrize("verb", [["pay", "--amount", "500", "--label", "x"], ["refund"], ["cancel"]])
def test_a_number_that_is_no_text_is_wrong_usage(till: Till, verb: list[str]) -> None:
    words: list[str | bytes] = [*verb, "--site", str(till.site), "--order-id", b"\xff\xfe", "--json"]
    done = subprocess.run([*DRIVER, *words], capture_output=True, timeout=LIMIT_S, check=False)
    assert (done.returncode, json.loads(done.stdout.decode("utf-8"))["error"]) == (2, "UsageError")


@pytest.mark.system
def test_bytes_that_are_no_text_still_end_in_a_document(till: Till) -> None:
    words: list[str | bytes] = ["status", "--site", str(till.site), "--order-id", b"\xff\xfe", "--json"]
    done = subprocess.run([*DRIVER, *words], capture_output=True, timeout=LIMIT_S, check=False)
    assert (done.returncode, json.loads(done.stdout.decode("utf-8"))["payments"]) == (1, [])
    words = ["pay", "--site", b"/\xff.toml", "--order-id", "A", "--amount", "5", "--json"]
    done = subprocess.run([*DRIVER, *words], capture_output=True, timeout=LIMIT_S, check=False)
    assert (done.returncode, json.loads(done.stdout.decode("utf-8"))["error"]) == (2, "SiteError")
