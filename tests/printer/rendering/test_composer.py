"""What every escape sequence becomes, on printers that have it and on such that lack it; and that nothing else does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_protocol.escpos import commands
from firmware_protocol.escpos.tokenizer import Command, Text, Token, Tokenizer
from koshelek_driver.config import profile
from koshelek_driver.config.profile import PrinterProfile
from koshelek_driver.emulator.escpos_emulator import EscPosEmulator, Receipt
from koshelek_driver.printer.preview import faces_of, pages_of
from koshelek_driver.printer.rendering import document
from koshelek_driver.printer.rendering.capabilities import capabilities_of
from koshelek_driver.printer.rendering.composer import Composer
from koshelek_driver.printer.rendering.imaging import Picture
from koshelek_driver.printer.rendering.render_context import RenderContext
from koshelek_driver.printer.rendering.style_encoder import CodePage, Font
from koshelek_driver.upos.printer_codes import MapMode, Station
from tests.support.paths import DATA
from tests.support.pictures import same_as_stored

PICTURES = DATA / "sequences"
FULL = msgspec.structs.replace(
    profile.printer("epson-tm-t20iii"),
    styles=("bold", "underline", "inverse", "upside_down", "second_colour", "reverse_feed"),
    cutter="full",
)
"""A full-size model, with a second colour, a reverse feed and both cuts to have everything once."""
SMALL = profile.printer("mpt-ii")
IMPACT = profile.printer("epson-tm-u220")
RASTER = msgspec.structs.replace(FULL, text="raster")
PAGED = profile.printer("epson-tm-t88v")
DOT = Picture(16, 8, b"\xff\xff" * 8)
BAR_CODE = "s104h60w300a-2t-13d4006381333931e"
RULE = "p0,300;400,100d1w4s1c1"


def setting(model: PrinterProfile, **changes: Any) -> RenderContext:
    can = capabilities_of(model, Station.RECEIPT)
    assert can is not None
    usual = RenderContext(
        profile=model,
        capabilities=can,
        font=can.fonts[0],
        page=document.plain_style(model).page,
        mapped=True,
        map_mode=MapMode.DOTS,
        spacing=can.spacing,
        room=can.dots,
        bitmaps={1: (DOT, -2)},
        logos={1: "\x1b|cAВерх\n", 2: "Низ\n"},
    )
    return replace(usual, **changes)


def composed(data: str, given: RenderContext, typeface: Font | None = None) -> Composer:
    composer = Composer(given, [], typeface)
    composer.write(data)
    return composer


def tokens(data: str, given: RenderContext | None = None) -> list[Token]:
    return Tokenizer().feed(b"".join(composed(data, given or setting(FULL)).finished()))


def on_paper(data: str, given: RenderContext) -> tuple[list[Receipt], EscPosEmulator]:
    """What an independent machine prints of it, and the machine."""
    model = given.profile
    receipts: list[Receipt] = []
    machine = EscPosEmulator(model.dots, lambda _reply: None, receipts.append, pages_of(model), faces_of(model))
    composer = composed(data, given)
    composer.end_line()
    stream = document.start(model, measured=True) + b"".join(composer.finished()) + document.end(model)
    for token in Tokenizer().feed(stream):
        machine.execute(token)
    machine.finish()
    return receipts, machine


def command(name: str, *params: int) -> Command:
    return Command(name, bytes(params))


A, LF = Text("А".encode("cp866")), Command("LF")
MEANINGS: dict[str, tuple[str, list[Token]]] = {
    "#P": ("\x1b|P\x1b|50P\x1b|0P", [command("GS V", 48), command("GS V", 49)]),
    "#fP": ("\x1b|fP\x1b|75fP", [command("GS V", 65, 0), command("GS V", 66, 0)]),
    "#sP": ("\x1b|sP", [command("GS V", 65, 0)]),
    "sL": ("\x1b|sL", []),
    "#B": ("\x1b|1B", [command("GS v 0", 0, 37, 0, 8, 0, *([0] * 35 + [255, 255]) * 8)]),
    "tL": ("\x1b|tL", [command("ESC a", 1), Text("Верх".encode("cp866")), LF, command("ESC a", 0)]),
    "bL": ("\x1b|bL", [Text("Низ".encode("cp866")), LF]),
    "#lF": ("\x1b|lF\x1b|3lF", [command("ESC d", 1), command("ESC d", 3)]),
    "#uF": ("\x1b|uF\x1b|300uF", [command("ESC J", 1), command("ESC J", 255), command("ESC J", 45)]),
    "#rF": ("\x1b|rF\x1b|2rF", [command("ESC e", 1), command("ESC e", 2)]),
    "#E": ("\x1b|3E\x1bE\x01А\n", [command("ESC E", 1), A, LF]),
    "*#E": ("\x1b|*3E\x1bE\x01А\n", [command("ESC E", 1), A, LF]),
    "#fT": ("\x1b|2fTА\n", [command("ESC M", 1), command("ESC t", 17), A, LF, command("ESC M", 0), command("ESC t", 17)]),
    "bC": ("\x1b|bCА\x1b|!bCА\n", [command("ESC E", 1), A, command("ESC E", 0), A, LF]),
    "#uC": ("\x1b|uCА\x1b|2uCА\x1b|!uCА\n", [
        command("ESC -", 1), A, command("ESC -", 2), A, command("ESC -", 0), A, LF,
    ]),
    "iC": ("\x1b|iCА\n", [A, LF]),
    "#rC": ("\x1b|rCА\n\x1b|1rCА\n", [command("ESC r", 1), A, LF, command("ESC r", 0), A, LF]),
    "#fC": ("\x1b|255000000fCА\n", [A, LF]),
    "rvC": ("\x1b|rvCА\x1b|!rvCА\n", [command("GS B", 1), A, command("GS B", 0), A, LF]),
    "#sC": ("\x1b|50sCА\n", [A, LF]),
    "1C": ("\x1b|4C\x1b|1CА\n", [A, LF]),
    "2C": ("\x1b|2CА\x1b|1CА\n", [command("GS !", 0x10), A, command("GS !", 0), A, LF]),
    "3C": ("\x1b|3CА\x1b|1CА\n", [command("GS !", 0x01), A, command("GS !", 0), A, LF]),
    "4C": ("\x1b|4CА\x1b|1CА\n", [command("GS !", 0x11), A, command("GS !", 0), A, LF]),
    "#hC": ("\x1b|3hCА\x1b|1hCА\n", [command("GS !", 0x20), A, command("GS !", 0), A, LF]),
    "#vC": ("\x1b|8vCА\x1b|1vCА\n", [command("GS !", 0x07), A, command("GS !", 0), A, LF]),
    "tbC": ("\x1b|tbCА\n", [A, LF]),
    "tpC": ("\x1b|tpCА\n", [A, LF]),
    "#stC": ("\x1b|stCА\n", [A, LF]),
    "lA": ("\x1b|rA\x1b|lAА\n", [A, LF]),
    "cA": ("\x1b|cAА\n", [command("ESC a", 1), A, LF, command("ESC a", 0)]),
    "rA": ("А\x1b|rAА\n", [A, command("ESC $", 0x34, 2), A, LF]),
    "N": ("\x1b|bC\x1b|uC\x1b|rvC\x1b|rC\x1b|4C\x1b|cA\x1b|NА\n", [A, LF]),
}  # fmt: skip
"""Each form of the table: data, and the commands that they become on a printer that has it; 36 with those below."""


@pytest.mark.parametrize("form", MEANINGS)
def test_a_sequence_becomes_these_commands(form: str) -> None:
    data, wanted = MEANINGS[form]
    assert tokens(data) == wanted


@pytest.mark.parametrize("form", ["#R", "*#R"])
def test_a_bar_code_in_the_text_is_the_printers_own(form: str) -> None:
    data = f"\x1b|{form.replace('#', str(len(BAR_CODE)))}{BAR_CODE}"
    own = [command("GS h", 60), command("GS w", 3), command("GS H", 2), Command("GS k", b"C\r4006381333931")]
    assert tokens(data) == [command("ESC a", 1), *own, command("ESC a", 0)]


def test_data_of_a_bar_code_may_hold_the_letters_of_its_marks() -> None:
    attributes = "s204h100w100a-1t-11dee, the end of de"
    (stored,) = [
        token.params[5:]
        for token in tokens(f"\x1b|{len(attributes)}R{attributes}")
        if isinstance(token, Command) and token.name == "GS ( k" and token.params[3] == 80
    ]
    assert stored == b"ee, the end of d"


def test_a_ruled_line_in_the_text_is_dots() -> None:
    (line,) = tokens(f"\x1b|*{len(RULE)}dL{RULE}")
    assert isinstance(line, Command)
    assert line.params[:5] == bytes((0, 72, 0, 4, 0))
    row = "".join(f"{byte:08b}" for byte in line.params[5 : 5 + 72])
    assert row == "1" * 300 + "0" * 100 + "1" * 100 + "0" * 76


def test_the_table_of_meanings_is_whole() -> None:
    table = msgspec.json.decode((PICTURES.parent / "upos_escape_sequences.json").read_bytes())
    assert {*MEANINGS, "#R", "*#R", "*#dL"} == {form["form"] for form in table["sequences"]}


@pytest.mark.parametrize("form", [*MEANINGS, "#R", "*#dL"])
def test_a_sequence_looks_as_it_did(form: str) -> None:
    given_data = {"#R": f"\x1b|{len(BAR_CODE)}R{BAR_CODE}", "*#dL": f"\x1b|*{len(RULE)}dL{RULE}"}
    data = given_data.get(form) or MEANINGS[form][0]
    receipts, _ = on_paper(f"до\n{data}после\n", setting(FULL))
    name = form.replace("*", "star-").replace("#", "n-")
    same_as_stored(receipts[0].picture, PICTURES / f"{name}.png")


@pytest.mark.parametrize(
    ("model", "data", "fatal"),
    [
        (SMALL, "\x1b|P", True),
        (SMALL, "\x1b|rC", True),
        (SMALL, "\x1b|rF", True),
        (FULL, "\x1b|iC", True),
        (FULL, "\x1b|sL", True),
        (FULL, "\x1b|5B", True),
        (FULL, "\x1b|3fT", True),
        (FULL, "\x1b|9hC", False),
        (FULL, "\x1b|300lF", False),
        (FULL, "日", False),
        (FULL, "₽", False),
        (FULL, "\x1b|40P", False),
        (FULL, "\x1b|xyZ", True),
        (FULL, "\x1b|3E\x1d(k", True),
        (FULL, "\x1b|5Rwrong", True),
        (FULL, "\x1b|*5dLwrong", True),
        (IMPACT, "\x1b|rvC", True),
        (IMPACT, "\x1b|4hC", False),
    ],
)
def test_what_does_not_come_out_as_it_is_written_is_a_doubt(model: PrinterProfile, data: str, fatal: bool) -> None:
    issues = composed(data, setting(model)).issues
    assert [issue.fatal for issue in issues][:1] == [fatal]
    assert all(issue.what for issue in issues)


def test_left_centre_and_right_share_a_line_while_they_do_not_meet() -> None:
    short, _ = on_paper("Чай\x1b|cAx2\x1b|rA120.00\n", setting(FULL))
    assert short[0].lines == ("Чай" + " " * 20 + "x2" + " " * 17 + "120.00",)
    long, _ = on_paper("Ч" * 40 + "\x1b|rA" + "9" * 12 + "\n", setting(FULL))
    assert long[0].lines == ("Ч" * 40, " " * 36 + "9" * 12)


def test_a_carriage_return_ends_a_line_only_where_nothing_follows_but_text() -> None:
    receipts, _ = on_paper("\rа\r\nб\rв\n", setting(FULL))
    assert receipts[0].lines == ("а", "б", "в")


def test_what_is_not_ended_waits_and_keeps_its_look() -> None:
    first = composed("\x1b|bCжир", setting(FULL))
    assert not first.units
    second = Composer(setting(FULL), first.pending)
    second.write("но\n")
    stream = Tokenizer().feed(b"".join(second.finished()))
    assert stream == [
        command("ESC E", 1), Text("жир".encode("cp866")), command("ESC E", 0), Text("но".encode("cp866")), LF,
    ]  # fmt: skip


def test_without_mapping_characters_are_bytes_and_none_is_a_command() -> None:
    assert tokens("\xe0\x1d\x01я\n", setting(FULL, mapped=False, page=CodePage("latin-1", 17))) == [
        Text(b"\xe0   "),
        LF,
    ]


def test_a_logo_holds_no_logo() -> None:
    given = setting(FULL, logos={1: "a\x1b|tL\x1b|bL\n", 2: "\x1b|tL"})
    assert tokens("\x1b|tL", given) == [Text(b"a"), LF]
    assert composed("\x1b|tL", given).issues


def test_lines_closer_than_usual_and_pictures_in_them() -> None:
    given = setting(msgspec.structs.replace(FULL, graphics="column"), spacing=24)
    stream = tokens("а\n\x1b|1Bб\n", given)
    assert stream[0] == command("ESC 3", 24)
    assert stream[-1] == Command("ESC 2")
    after_picture = stream.index(Command("ESC 2"))
    assert stream[after_picture + 1] == command("ESC 3", 24)


FORMS = st.sampled_from([
    "\x1b|bC", "\x1b|!bC", "\x1b|uC", "\x1b|2uC", "\x1b|rvC", "\x1b|rC", "\x1b|iC", "\x1b|2C", "\x1b|3C", "\x1b|4C",
    "\x1b|8hC", "\x1b|8vC", "\x1b|cA", "\x1b|rA", "\x1b|lA", "\x1b|N", "\x1b|2fT", "\x1b|0fT", "\x1b|1B", "\x1b|tL",
    "\x1b|bL", "\x1b|2lF", "\x1b|99uF", "\x1b|3rF", "\x1b|50P", "\x1b|fP", f"\x1b|{len(BAR_CODE)}R{BAR_CODE}",
    f"\x1b|*{len(RULE)}dL{RULE}", "\x1b|x", "\x1b|3E\x1bE\x01", "\x1b|2E\x1d(", "\x1b|", "\n", "\r", "\r\n", "\x1b@", "\x1dV0", "\x10\x04\x01",
])  # fmt: skip
PRINT_DATA = st.lists(FORMS | st.text(max_size=30) | st.text("абвгдЁ№₽x", max_size=70), max_size=25).map("".join)
SETTINGS = st.sampled_from([
    setting(FULL),
    setting(SMALL),
    setting(IMPACT),
    setting(RASTER),
    setting(FULL, font=Font(1, 64, 9, 17)),
    setting(FULL, upside_down=True, spacing=40),
    setting(FULL, mapped=False, page=CodePage("latin-1", 17)),
    setting(PAGED, in_page=True, room=200),
    setting(PAGED, in_page=True, room=7),
])  # fmt: skip
KNOWN = {
    "LF", "ESC $", "ESC *", "ESC -", "ESC 2", "ESC 3", "ESC @", "ESC E", "ESC J", "ESC M", "ESC a", "ESC d", "ESC e",
    "ESC r", "ESC t", "ESC {", "FS .", "GS !", "GS ( D", "GS ( k", "GS B", "GS H", "GS P", "GS V", "GS a", "GS h", "GS k",
    "GS v 0", "GS w",
}  # fmt: skip
"""What a job of text may consist of."""


@settings(max_examples=400, deadline=None)
@given(PRINT_DATA, SETTINGS)
def test_any_text_with_any_sequences_is_whole_known_commands_and_overruns_no_line(
    data: str, given: RenderContext
) -> None:
    composer = composed(data, given)
    composer.end_line()
    reader = Tokenizer()
    stream = reader.feed(document.start(given.profile, measured=True) + b"".join(composer.finished()))
    assert reader.pending == 0
    assert {token.name for token in stream if isinstance(token, Command)} <= KNOWN
    assert all(isinstance(token, Text | Command) for token in stream)
    if not given.in_page:
        assert on_paper(data, given)[1].overruns == 0


def last_line(stream: bytes, model: PrinterProfile) -> bytes:
    """The dots of the last line that a machine prints."""
    receipts: list[Receipt] = []
    machine = EscPosEmulator(model.dots, lambda _reply: None, receipts.append, pages_of(model), faces_of(model))
    for token in Tokenizer().feed(stream):
        machine.execute(token)
    machine.finish()
    paper = receipts[-1].picture
    return paper.crop((24, paper.height - 24 - 30, paper.width - 24, paper.height - 24)).tobytes()


@settings(max_examples=100, deadline=None)
@given(PRINT_DATA.filter(lambda data: "|3E" not in data), SETTINGS.filter(lambda given: not given.in_page))
def test_every_look_ends_with_its_call(data: str, given: RenderContext) -> None:
    """After any call the printer writes plainly, at the left, upright, with the usual spacing; raw bytes may say else."""
    composer = composed(data, given)
    composer.end_line()
    plain = document.start(given.profile)
    after = last_line(plain + b"".join(composer.finished()) + b"x" + commands.LINE_FEED, given.profile)
    assert after == last_line(plain + b"x" + commands.LINE_FEED, given.profile)
