"""Scanners that type: key codes into characters by a layout of our own, and text that a Russian layout spoilt, mended.

Key codes come before the computer's own layout, so what it is set to does not matter; the layout here is the scanner's.
Codes are those of Linux (input-event-codes.h), which evdev gives.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from firmware_protocol.dialect import Event
from firmware_protocol.framing import TerminatorFramer

_US_PLAIN = {
    **{code: "1234567890-="[code - 2] for code in range(2, 14)},
    **{code: "qwertyuiop[]"[code - 16] for code in range(16, 28)},
    **{code: "asdfghjkl;'`"[code - 30] for code in range(30, 42)},
    **{code: "\\zxcvbnm,./"[code - 43] for code in range(43, 54)},
    57: " ",
    15: "\t",
    28: "\r",
    96: "\r",
    55: "*",
    98: "/",
    74: "-",
    78: "+",
    83: ".",
    **dict(zip((82, 79, 80, 81, 75, 76, 77, 71, 72, 73), "0123456789", strict=True)),
}
_SHIFTED = dict(zip("1234567890-=[];'`\\,./", '!@#$%^&*()_+{}:"~|<>?', strict=True))
_LEFT_SHIFT, _RIGHT_SHIFT, _CAPS_LOCK = 42, 54, 58
_CONTROLS, _ALTS = (29, 97), (56, 100)
_KEYPAD = {82: 0, 79: 1, 80: 2, 81: 3, 75: 4, 76: 5, 77: 6, 71: 7, 72: 8, 73: 9}
_CONTROL_BITS = 0x1F
_WITH_CONTROL = "ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]"


@dataclass(slots=True)
class Keyboard:
    """Keys pressed and released, into the characters that a scanner means by them.

    Control and a letter is a control character (GS is Control and `]`), Alt and digits of the keypad the character of
    that number, as scanners type what is not on their keyboard.
    """

    _held: set[int] = field(default_factory=set)
    _caps: bool = False
    _alt_number: str = ""

    def key(self, code: int, *, pressed: bool) -> str:
        """What a key going down or up gives, mostly one character or none."""
        if not pressed:
            self._held.discard(code)
            return self._end_alt() if code in _ALTS else ""
        self._held.add(code)
        self._caps ^= code == _CAPS_LOCK
        if self._held & set(_ALTS) and code in _KEYPAD:
            self._alt_number += str(_KEYPAD[code])
            return ""
        return self._character(_US_PLAIN.get(code, ""))

    def _character(self, plain: str) -> str:
        if self._held & set(_CONTROLS):
            return chr(ord(plain.upper()) & _CONTROL_BITS) if plain and plain.upper() in _WITH_CONTROL else ""
        shifted = bool(self._held & {_LEFT_SHIFT, _RIGHT_SHIFT})
        if plain.isalpha():
            return plain.upper() if shifted != self._caps else plain
        return _SHIFTED.get(plain, plain) if shifted else plain

    def _end_alt(self) -> str:
        number, self._alt_number = self._alt_number, ""
        return chr(int(number)) if number and int(number) < 256 else ""


class KeyboardDecoder:
    """Labels out of key events: `data` holds pairs of bytes, a key's code and 1 for pressed or 0 for released."""

    def __init__(self, terminators: bytes, idle_s: float, max_length: int) -> None:
        self._keyboard = Keyboard()
        self._labels = TerminatorFramer(terminators, idle_s, max_length)

    def deadline(self) -> float | None:
        """See Dialect."""
        return self._labels.deadline()

    def feed(self, data: bytes, now: float) -> list[Event]:
        """See Dialect."""
        if not data:
            return self._labels.feed(b"", now)
        pairs = zip(data[::2], data[1::2], strict=False)
        typed = "".join(self._keyboard.key(code, pressed=bool(value)) for code, value in pairs)
        return self._labels.feed(typed.encode("latin-1"), now) if typed else []


_US_KEYS = "`qwertyuiop[]asdfghjkl;'zxcvbnm,./~QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>?@#$^&|"
_RUSSIAN = 'ёйцукенгшщзхъфывапролджэячсмитьбю.ЁЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮ,"№;:?/'
_MENDED = dict(zip(_RUSSIAN, _US_KEYS, strict=True))
_SPOILT = {us: russian for russian, us in _MENDED.items()}


def is_spoilt(text: str) -> bool:
    """Whether a scanner's text went through a Russian layout: it has letters that no scanner sends from ASCII."""
    return any(character in _MENDED and not character.isascii() for character in text)


def mend(text: str) -> str:
    """What was scanned, if all of it was typed through the standard Russian layout. Each of its 94 characters has one
    original, so nothing is guessed; a layout that changed in the middle of a scan cannot be told."""
    return "".join(_MENDED.get(character, character) for character in text)


def spoil(text: str) -> str:
    """What the Russian layout makes of ASCII text: the other way of `mend`."""
    return "".join(_SPOILT.get(character, character) for character in text)
