"""The pure rooms, and the tests that answer for a room."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PURE_ROOMS: dict[str, tuple[str, ...]] = {
    "firmware_protocol": ("firmware_protocol",),
    "card": ("koshelek_driver/card",),
    "emulator": ("koshelek_driver/emulator",),
    "printer/rendering": ("koshelek_driver/printer/rendering",),
    "payment/conversation": ("koshelek_driver/payment/conversation",),
    "payment/refund_limits": ("koshelek_driver/payment/refund_limits.py",),
    "payment/amounts": ("koshelek_driver/payment/amounts.py",),
    "payment/order": ("koshelek_driver/payment/order.py",),
    "payment/slips": (
        "koshelek_driver/payment/slips/content.py",
        "koshelek_driver/payment/slips/local_time.py",
        "koshelek_driver/payment/slips/template.py",
    ),
    "payment/staff": ("koshelek_driver/payment/staff/operators.py",),
    "accounting": (
        "koshelek_driver/accounting/business_day.py",
        "koshelek_driver/accounting/matching.py",
        "koshelek_driver/accounting/report.py",
        "koshelek_driver/accounting/settlement_file.py",
    ),
}
"""Rooms that only compute: every branch of theirs is taken by a test. A path is a module or a folder."""

NOT_PURE = {
    "koshelek_driver/card/totp/http.py": "a client of a server",
    "koshelek_driver/card/totp/native.py": "loads a library of the operating system",
    "koshelek_driver/payment/conversation/runner.py": "calls the host, the clock and the journal",
}
"""Modules inside a pure room that are not, and why."""

TESTS: dict[str, tuple[str, ...]] = {
    "koshelek_driver/payment/amounts.py": ("tests/payment/test_amounts.py", "tests/payment/test_order_and_slip.py"),
    "koshelek_driver/payment/order.py": ("tests/payment/test_order_and_slip.py", "tests/payment/test_order_limits.py"),
    "koshelek_driver/payment/slips": ("tests/payment/slips", "tests/payment/test_order_and_slip.py"),
}
"""The tests of a room where they are not its mirrored folder."""

SLOW = ("tests/card/test_template.py::test_a_million_labels_are_never_misread",)
"""Tests that take many seconds and notice nothing that a quicker test of their room does not."""


def source_of(room: str) -> Path:
    """Return the module or folder of a room, relative to the root.

    A room is named as in the README, with or without `koshelek_driver/` and `.py`.

    Raises:
        LookupError: there is no such module or folder.
    """
    name = room.strip("/").removesuffix(".py")
    for base in ("", "koshelek_driver/"):
        for path in (Path(f"{base}{name}"), Path(f"{base}{name}.py")):
            if name and (ROOT / path).exists():
                return path
    raise LookupError(f"there is no room {room}")


def modules_of(source: Path) -> list[Path]:
    """Return the modules under a path, relative to the root."""
    if source.suffix == ".py":
        return [source]
    return sorted(path.relative_to(ROOT) for path in (ROOT / source).rglob("*.py"))


def suite_of(source: Path) -> list[str]:
    """Return the tests that answer for a module or folder: its entry in TESTS, its namesakes, or the mirrored folder.

    Raises:
        LookupError: the room has no tests.
    """
    for place in (source, *source.parents):
        named = TESTS.get(place.as_posix())
        if named:
            return list(named)
    mirrored = Path("tests", *(part for part in source.parts if part != "koshelek_driver"))
    namesakes = sorted((ROOT / mirrored.parent).glob(f"test_{source.stem}*.py"))
    if source.suffix == ".py" and namesakes:
        return [path.relative_to(ROOT).as_posix() for path in namesakes]
    for place in (mirrored, *mirrored.parents[:-2]):  # the last two are `tests` and the root
        if (ROOT / place).is_dir():
            return [place.as_posix()]
    raise LookupError(f"{source} has no tests")
