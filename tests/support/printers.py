"""Bytes printed on virtual paper, and pictures compared."""

from __future__ import annotations

from PIL import Image, ImageChops

from firmware_protocol.escpos.tokenizer import Tokenizer
from koshelek_driver.config import profile
from koshelek_driver.emulator.escpos_emulator import EscPosEmulator, Receipt

MODEL = profile.printer("epson-tm-t88v")


def printed(data: bytes) -> Receipt:
    """Print bytes on virtual paper and return the one receipt that comes out."""
    receipts: list[Receipt] = []
    machine = EscPosEmulator(MODEL.dots, reply=lambda _data: None, finished=receipts.append)
    for token in Tokenizer().feed(data):
        machine.execute(token)
    machine.finish()
    (receipt,) = receipts
    return receipt


def same(one: Image.Image, other: Image.Image) -> bool:
    """Return True if two pictures are equal dot by dot."""
    return one.size == other.size and ImageChops.difference(one, other).getbbox() is None
