"""A Linux kernel with USB in QEMU, whose root is this machine's, read-only: tests run there with this Python.

It needs qemu-system-x86_64, busybox (static), cpio and kmod, and a Debian kernel unpacked in `$KOSHELEK_GUEST_KERNEL`
(`dpkg-deb -x linux-image-*.deb FOLDER && depmod -b FOLDER VERSION`). `.ci/run` fetches all of it where it may.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.paths import ROOT

BOOT_MODULES = ("virtio_pci", "9pnet_virtio", "9p", "overlay")
USB_MODULES = ("dummy_hcd", "libcomposite", "usb_f_hid", "usb_f_acm", "cdc-acm", "usbhid", "hid-generic", "evdev")
LONGEST_S = 300

_INIT = """#!/bin/busybox sh
b=/bin/busybox
$b mkdir -p /proc /sys /dev /host /over /new
$b mount -t proc proc /proc
for module in /modules/*; do $b insmod $module; done
options=trans=virtio,version=9p2000.L,msize=262144
$b mount -t 9p -o ro,cache=loose,$options host /host
$b mount -t tmpfs tmpfs /over
$b mkdir -p /over/up /over/work
$b mount -t overlay overlay -o lowerdir=/host,upperdir=/over/up,workdir=/over/work /new
$b mkdir -p /new/lib/modules
$b mount --bind /host{kernel}/lib/modules /new/lib/modules
$b mount -t proc proc /new/proc
$b mount -t sysfs sys /new/sys
$b mount -t devtmpfs dev /new/dev
$b mkdir -p /new/dev/pts
$b mount -t devpts devpts /new/dev/pts
$b mount -t 9p -o $options share /new/mnt
$b chroot /new /bin/sh /mnt/guest.sh > /new/mnt/log 2>&1
$b sync
echo o > /proc/sysrq-trigger
$b sleep 10
"""
_GUEST = """export PATH=/usr/sbin:/usr/bin:/sbin:/bin KOSHELEK_GUEST=1 HOME=/root
modprobe -a {modules}
mount -t configfs configfs /sys/kernel/config
cd {repository}
{python} -m pytest tests/system/usb -p no:cacheprovider --timeout 100 -v
echo $? > /mnt/rc
"""


def missing() -> str:
    """Why it cannot be started here; empty when it can."""
    kernel = os.environ.get("KOSHELEK_GUEST_KERNEL", "")
    if not kernel:
        return "KOSHELEK_GUEST_KERNEL names no unpacked kernel"
    absent = [tool for tool in ("qemu-system-x86_64", "busybox", "cpio", "modprobe") if shutil.which(tool) is None]
    return f"{', '.join(absent)} not installed" if absent else ""


def run(work: Path) -> tuple[int, str]:
    """Run the tests of `tests/system/usb` in the guest; gives pytest's exit code and what it printed."""
    kernel = Path(os.environ["KOSHELEK_GUEST_KERNEL"]).resolve()
    share = work / "share"
    share.mkdir()
    script = _GUEST.format(modules=" ".join(USB_MODULES), repository=ROOT, python=sys.executable)
    (share / "guest.sh").write_text(script)
    (vmlinuz,) = (kernel / "boot").glob("vmlinuz-*")
    command = [
        *("qemu-system-x86_64", "-M", "q35", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "1024"),
        *("-nographic", "-no-reboot", "-nodefaults", "-serial", "stdio", "-kernel", str(vmlinuz)),
        *("-initrd", str(_initial_ramdisk(work, kernel)), "-append", "console=ttyS0 quiet panic=-1 mitigations=off"),
        *("-virtfs", "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap"),
        *("-virtfs", f"local,path={share},mount_tag=share,security_model=none,multidevs=remap"),
    ]
    console = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_S, check=False)
    log, code = share / "log", share / "rc"
    if not code.exists():
        return -1, f"{console.stdout}\n{console.stderr}\n{log.read_text() if log.exists() else ''}"
    return int(code.read_text()), log.read_text()


def _initial_ramdisk(work: Path, kernel: Path) -> Path:
    root = work / "root"
    (root / "bin").mkdir(parents=True)
    (root / "modules").mkdir()
    busybox = shutil.which("busybox")
    assert busybox is not None
    shutil.copy(busybox, root / "bin" / "busybox")
    for number, module in enumerate(_boot_modules(kernel)):
        shutil.copy(module, root / "modules" / f"{number:02d}-{module.name}")
    (root / "init").write_text(_INIT.format(kernel=kernel))
    (root / "init").chmod(0o755)
    names = "\n".join(str(path.relative_to(root)) for path in [root, *root.rglob("*")])
    packed = subprocess.run(
        ["cpio", "-o", "-H", "newc", "--quiet"], cwd=root, input=names.encode(), capture_output=True, check=True
    )
    made = work / "initrd"
    made.write_bytes(packed.stdout)
    return made


def _boot_modules(kernel: Path) -> list[Path]:
    """What the guest needs before it has a root, each behind what it needs itself."""
    (release,) = (path.name for path in (kernel / "lib" / "modules").iterdir())
    found: list[Path] = []
    for module in BOOT_MODULES:
        shown = subprocess.run(
            ["modprobe", "-d", str(kernel), "-S", release, "--show-depends", module],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        found += [Path(line.split()[1]) for line in shown.splitlines() if line.startswith("insmod")]
    return list(dict.fromkeys(found))
