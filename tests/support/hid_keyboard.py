"""Reports of a scanner that types its labels like a keyboard."""

from __future__ import annotations

from firmware_protocol.hid_keyboard import Keyboard

PRINTABLE = "".join(chr(code) for code in range(33, 127))
SHIFT, CONTROL, ALT, CAPS = 42, 29, 56, 58


def keys_of(character: str) -> list[int]:
    """The keys that a US keyboard needs for a character, found by trying them all."""
    for code in range(128):
        for held in ([], [SHIFT], [CONTROL]):
            keyboard = Keyboard()
            for modifier in held:
                keyboard.key(modifier, pressed=True)
            if code not in (SHIFT, CONTROL, ALT) and keyboard.key(code, pressed=True) == character:
                return [*held, code]
    raise AssertionError(f"no key for {character!r}")


KEYS = {character: keys_of(character) for character in PRINTABLE + " \r\t\x1d"}


def typed(text: str) -> bytes:
    """The key events of a scanner that types a text."""
    events = bytearray()
    for character in text:
        keys = KEYS[character]
        for key in keys:
            events += bytes([key, 1])
        for key in reversed(keys):
            events += bytes([key, 0])
    return bytes(events)
