"""A composite USB device made of the kernel's own gadget functions: HID POS, IBM OEM, keyboard, virtual COM port."""

from __future__ import annotations

import os
import time
from pathlib import Path

from tests.support.hid_pos import DESCRIPTOR as POS_DESCRIPTOR

CONFIG = Path("/sys/kernel/config/usb_gadget/scanner")
CONTROLLER = "dummy_udc.0"
KEYBOARD_DESCRIPTOR = bytes.fromhex(
    "0501 0906 A101 0507 19E0 29E7 1500 2501 7501 9508 8102 9501 7508 8101 9506 7508 1500 2565 0507 1900 2965 8100 C0"
)
OEM_DESCRIPTOR = bytes.fromhex("0645FF 0A004B A101 1500 26FF00 7508 9540 0901 8102 950B 0901 9102 C0")
FUNCTIONS = {"pos": (POS_DESCRIPTOR, 64), "keyboard": (KEYBOARD_DESCRIPTOR, 8), "oem": (OEM_DESCRIPTOR, 64)}


class Gadget:
    """Made once; plugged in and out by `plug` and `unplug`."""

    def __init__(self) -> None:
        self._write("idVendor", "0x0c2e")
        self._write("idProduct", "0x0b87")
        self._write("bcdUSB", "0x0200")
        for name, text in {"serialnumber": "A-1001", "manufacturer": "Tests", "product": "Scanner"}.items():
            self._write(f"strings/0x409/{name}", text)
        self._write("configs/c.1/MaxPower", "100")
        for name, (descriptor, length) in FUNCTIONS.items():
            self._write(f"functions/hid.{name}/protocol", "1" if name == "keyboard" else "0")
            self._write(f"functions/hid.{name}/subclass", "1" if name == "keyboard" else "0")
            self._write(f"functions/hid.{name}/report_length", str(length))
            (CONFIG / f"functions/hid.{name}/report_desc").write_bytes(descriptor)
            self._link(f"hid.{name}")
        (CONFIG / "functions/acm.line").mkdir(parents=True, exist_ok=True)
        self._link("acm.line")
        self.serial_end = "/dev/ttyGS0"

    def plug(self) -> None:
        (CONFIG / "UDC").write_text(CONTROLLER)

    def unplug(self) -> None:
        (CONFIG / "UDC").write_text("\n")

    def open(self, name: str) -> int:
        """The device's end of a HID function: what is written goes to the host as a report."""
        number = list(FUNCTIONS).index(name)
        return os.open(f"/dev/hidg{number}", os.O_RDWR)

    def _link(self, function: str) -> None:
        (CONFIG / "configs/c.1" / function).symlink_to(CONFIG / "functions" / function)

    def _write(self, name: str, text: str) -> None:
        path = CONFIG / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def wait_for(path: str, timeout_s: float = 20.0) -> str:
    """Wait until the kernel has made a device node."""
    give_up = time.monotonic() + timeout_s
    while not Path(path).exists():
        assert time.monotonic() < give_up, f"{path} did not appear"
        time.sleep(0.02)
    return path
