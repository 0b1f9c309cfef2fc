"""Scanners that type: key codes to characters, and the repair of text typed through a Russian layout.

Key codes do not depend on the computer's keyboard layout; the layout here is the scanner's (US). The codes are those of
Linux (input-event-codes.h), as evdev delivers them.
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
    """Converts key presses and releases to the characters that a scanner means by them.

    Control and a letter is a control character (GS is Control and `]`). Alt and digits of the keypad is the character
    with that number: scanners type characters in this way that are on no key.
    """

    _held: set[int] = field(default_factory=set)
    _caps: bool = False
    _alt_number: str = ""

    def key(self, code: int, *, pressed: bool) -> str:
        """Return the text that a key event completes, mostly one character or none."""
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
    """Decodes labels from key events: pairs of bytes, the code of a key and 1 for pressed or 0 for released."""

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
_ORIGINALS = dict(zip(_RUSSIAN, _US_KEYS, strict=True))
_RUSSIAN_FOR = {us: russian for russian, us in _ORIGINALS.items()}


def has_russian_layout(text: str) -> bool:
    """Return True if a label was typed through a Russian layout: it has Russian letters or signs."""
    return any(character in _ORIGINALS and not character.isascii() for character in text)


def undo_russian_layout(text: str) -> str:
    """Return the scanned text, given what the standard Russian layout made of it.

    Each of the layout's characters has exactly one original, so nothing is guessed. A layout that was switched in the
    middle of a scan cannot be recognised.
    """
    return "".join(_ORIGINALS.get(character, character) for character in text)


def apply_russian_layout(text: str) -> str:
    """Return ASCII text as the Russian layout changes it: the reverse of `undo_russian_layout`."""
    return "".join(_RUSSIAN_FOR.get(character, character) for character in text)
