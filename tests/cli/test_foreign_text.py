"""Foreign text on the screen: nobody else paints there."""

from __future__ import annotations

import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.panel import Panel
from rich.table import Table

from koshelek_driver.cli.foreign_text import as_json_text, foreign, visible, without_controls
from koshelek_driver.cli.output import Output
from tests.support.shell import Shell
from tests.support.tills import Till

PAINTED = "\x1b]0;x\x07\x1b[2J\x9b31m\u202ePAID\u2066\u200b"
FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def test_controls_are_shown_and_letters_stay() -> None:
    assert visible(PAINTED) == r"\x1b]0;x\x07\x1b[2J\x9b31m<202E>PAID<2066><200B>"
    assert visible("Чек № 7 – «é» 🙂") == "Чек № 7 – «é» 🙂"
    assert visible("a\nPAID\rb\tc") == r"a\x0aPAID\x0db\x09c"
    assert without_controls("a\nb\x1b") == "a\nb\\x1b"
    assert foreign("[bold]") == r"\[bold]"


@given(st.text())
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    shown = visible(text)
    assert not FORBIDDEN.search(shown)
    assert not any(unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp") for each in shown)
    assert not any(
        unicodedata.bidirectional(each) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
        for each in shown
    )


@given(st.dictionaries(st.text(), st.text() | st.integers()))
def test_a_document_means_the_same_and_controls_no_terminal(document: dict[str, object]) -> None:
    text = as_json_text(document)
    assert json.loads(text.encode()) == document
    assert not FORBIDDEN.search(text)


def test_a_half_character_is_still_utf8() -> None:
    assert json.loads(as_json_text({"order_id": "\udcff"}).encode()) == {"order_id": "\udcff"}


def test_a_verb_that_forgets_is_caught_by_the_console(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("a", PAINTED, title=PAINTED)
    table.add_row("b", PAINTED)
    output = Output(as_json=False)
    for shown in (PAINTED, table, Panel.fit(PAINTED)):
        output.console.print(shown)
    assert not FORBIDDEN.search(capsys.readouterr().out)


@pytest.mark.parametrize("order_id", ["\x1b[2J\x9b1m", "a\nPAID", "\u202e54321", ":smile:", "[red]x[/]", "x\\"])
def test_the_number_of_an_order_paints_nothing_in_any_verb(shell: Shell, till: Till, order_id: str) -> None:
    site = ["--site", str(till.site)]
    order = ["--order-id", order_id]
    lines = [
        ["pay", *site, *order, "--amount", "12345", "--label", till.label()],
        ["pay", *site, *order, "--amount", "1", "--label", till.label()],
        ["status", *site, *order],
        ["journal", "list", *site],
        ["journal", "show", *site, *order],
        ["slip", "show", *site, *order],
        ["report", "x", *site],
        ["refund", *site, *order, "--amount", "99999"],
        ["refund", *site, *order],
        ["cancel", *site, *order],
        ["recover", *site],
        ["pay", *site, "--order-id", "A-2", "--amount", "5" + order_id, "--label", "x"],
    ]
    shown = ""
    for line in lines:
        _, out, errors = shell.text(*line)
        shown += out + errors
    assert not FORBIDDEN.search(shown)
    assert not re.search(r"^PAID", "".join(shown.split("PAID  ")), re.MULTILINE)
    if order_id == ":smile:":
        assert order_id in shown


def test_a_refusal_of_the_host_paints_nothing(shell: Shell, till: Till) -> None:
    till.edit('language = "ru"', 'language = "en"')
    till.site.write_text(
        till.site.read_text() + '\n[operator_tips]\nUNKNOWN_PARTNER_ID = { en = "Ring \\u001b[2J\\u202eBob" }\n'
    )
    from koshelek_driver.sandbox.scripts import AMOUNTS

    amount = str(AMOUNTS["refused-unknown-partner-id"])
    _, out, _ = shell.text(
        "pay", "--site", str(till.site), "--order-id", "A-1", "--amount", amount, "--label", till.label()
    )
    assert not FORBIDDEN.search(out)
    assert r"\x1b[2J<202E>Bob" in out
