"""Printing side by side with python-escpos: `python -m tests.benchmarks.printing [--runs N] [--json FILE]`.

Both make the bytes of the same things in the same run, onto a port that takes everything at once: a 36-line Russian slip,
a dithered picture of 512 x 512, a native QR. Start-up is measured in processes of their own. Bars: the slip in a seventh
of the peer's time, picture and QR no slower, import in a quarter of its time and memory.
"""

from __future__ import annotations

import contextlib
import io
import statistics
import subprocess
import sys
from typing import Any

from escpos.printer import Dummy
from PIL import Image

from firmware_protocol.escpos import commands
from firmware_protocol.escpos.barcodes import QrLevel, qr_code
from koshelek_driver.config import profile
from koshelek_driver.printer.rendering import document
from koshelek_driver.printer.rendering.layout import Line
from tests.support.measurements import options, show, summary, timed

MODEL = profile.printer("epson-tm-t88v")
SLIP = [f"{number:>2} Хлеб «Бородинский» нарезной  {number * 7}.50" for number in range(1, 37)]
PICTURE = Image.linear_gradient("L").resize((512, 512))
QR = "t=20261122T1015&s=1234.50&fn=9999078900004312&i=12345&fp=3522207165&n=1"
BAND = 128
_COST = """
import time
began = time.perf_counter()
{what}
took_ms = (time.perf_counter() - began) * 1000
memory = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(took_ms, int(memory) / 1024)
"""
"""Linux only: the greatest resident size of the process."""
OURS = "from koshelek_driver.printer.receipt_printer import ReceiptPrinter"
THEIRS = "from escpos.printer import Network"


def our_slip() -> bytes:
    return b"".join(document.render([Line(text) for text in SLIP], MODEL))


def their_slip() -> bytes:
    printer = Dummy(profile="TM-T88V")
    printer.hw("INIT")
    for text in SLIP:
        printer.textln(text)
    printer.cut()
    return bytes(printer.output)


def our_picture() -> bytes:
    rows = PICTURE.convert("1").point(lambda dot: 255 - dot).tobytes()
    width = 512 // 8
    return b"".join(commands.raster(width, rows[at : at + width * BAND]) for at in range(0, len(rows), width * BAND))


def their_picture() -> bytes:
    printer = Dummy(profile="TM-T88V")
    printer.image(PICTURE, impl="bitImageRaster", fragment_height=BAND)
    return bytes(printer.output)


def our_qr() -> bytes:
    return qr_code(QR.encode("ascii"), module_dots=4, level=QrLevel.L)


def their_qr() -> bytes:
    printer = Dummy(profile="TM-T88V")
    printer.qr(QR, native=True, size=4)
    return bytes(printer.output)


def cost(what: str) -> tuple[float, float]:
    """Milliseconds and MB of an import in a process of its own, above those of a bare one: the best of five."""
    found = []
    for _ in range(5):
        out = subprocess.run(
            [sys.executable, "-c", _COST.format(what=what)], capture_output=True, check=True, text=True
        )
        found.append(tuple(float(number) for number in out.stdout.split()))
    return min(each[0] for each in found), min(each[1] for each in found)


def run(runs: int) -> dict[str, Any]:
    pairs = {"slip": (our_slip, their_slip), "picture": (our_picture, their_picture), "qr": (our_qr, their_qr)}
    figures, ratios = {}, {}
    with contextlib.redirect_stdout(io.StringIO()):
        for name, (ours, theirs) in pairs.items():
            our_times, their_times = timed(ours, runs), timed(theirs, runs)
            figures[f"{name}, driver"], figures[f"{name}, python-escpos"] = summary(our_times), summary(their_times)
            ratios[name] = round(statistics.median(our_times) / statistics.median(their_times), 3)
    _, bare_mb = cost("pass")
    our_ms, our_mb = cost(OURS)
    their_ms, their_mb = cost(THEIRS)
    ratios["import, time"] = round(our_ms / their_ms, 3)
    ratios["import, memory"] = round((our_mb - bare_mb) / (their_mb - bare_mb), 3)
    imports = {"ms": [round(our_ms), round(their_ms)], "mb": [round(our_mb - bare_mb, 1), round(their_mb - bare_mb, 1)]}
    return {"runs": runs, "figures": figures, "driver_to_python_escpos": ratios, "import_driver_python_escpos": imports}


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--runs", type=int, default=50)
    given = parser.parse_args()
    show(f"{given.runs} of each", run(given.runs), given.json)


if __name__ == "__main__":
    main()
