"""Device profiles: the properties of one model, as data.

The files are in the package `device_profiles`; its README explains every key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Literal, TypeVar

from msgspec import field

from koshelek_driver.config import escpos_database, toml
from koshelek_driver.config.toml import Section
from koshelek_driver.errors import ProfileError, nearest
from koshelek_driver.upos.codes import ScanDataType

Folder = Literal["scanners", "printers"]
BarCodeName = Literal[
    "upc_a", "upc_e", "ean13", "ean8", "code39", "itf", "codabar", "code93", "code128", "qr", "pdf417", "data_matrix"
]
Dialect = Literal["text", "start-end", "honeywell", "newland", "datalogic", "ssi", "hid-pos", "ibm-oem", "keyboard"]


class SerialLine(Section, frozen=True, kw_only=True):
    """`[serial]`: line settings of an RS-232 port."""

    baud_rate: int = 9600
    data_bits: Literal[7, 8] = 8
    parity: Literal["none", "even", "odd"] = "none"
    stop_bits: Literal[1, 2] = 1
    flow: Literal["none", "xonxoff", "rtscts"] = "none"


class Framing(Section, frozen=True, kw_only=True):
    """`[framing]`: the delimiters and limits of a label on the wire."""

    prefix: str = ""
    terminators: str = "0D 0A"
    idle_s: float = 0.05
    confirm_s: float = 0.0
    max_length: int = 4096

    def __post_init__(self) -> None:
        try:
            bytes.fromhex(self.terminators)
            bytes.fromhex(self.prefix)
        except ValueError as problem:
            raise ValueError('expected hexadecimal bytes such as "0D 0A"') from problem

    @property
    def terminator_bytes(self) -> bytes:
        """The bytes each of which ends a label."""
        return bytes.fromhex(self.terminators)

    @property
    def prefix_bytes(self) -> bytes:
        """The bytes at the beginning of every label."""
        return bytes.fromhex(self.prefix)


class Symbology(Section, frozen=True, kw_only=True):
    """`[symbology]`: the maker's own identifiers of symbologies.

    AIM identifiers are always recognized and need no entry here.
    """

    identifiers: dict[str, str] = field(default_factory=dict)
    identifier_place: Literal["prefix", "suffix"] = "prefix"
    check_digits: Literal["sent", "removed"] = "sent"

    def __post_init__(self) -> None:
        for identifier, name in self.identifiers.items():
            if name not in ScanDataType.__members__:
                raise ValueError(f"'{name}' is no ScanDataType; {nearest(name, ScanDataType.__members__)}")
            if not identifier or not identifier.isascii():
                raise ValueError(f"identifier {identifier!r}: expected ASCII characters")

    @property
    def types(self) -> dict[bytes, ScanDataType]:
        """The ScanDataType of each identifier, by the identifier's bytes on the wire."""
        return {identifier.encode("ascii"): ScanDataType[name] for identifier, name in self.identifiers.items()}


class Usb(Section, frozen=True, kw_only=True):
    """`[usb]`: vendor and product ids of a model, four lower-case hexadecimal digits each."""

    vendor_id: str = ""
    product_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for number in (*self.product_ids, *([self.vendor_id] if self.vendor_id else [])):
            if not re.fullmatch(r"[0-9a-f]{4}", number):
                raise ValueError(f"'{number}': expected four hexadecimal digits, small letters")


class ScannerProfile(Section, frozen=True, kw_only=True):
    """One scanner model in one of its modes. `inherits` names the profile that supplies missing keys."""

    description: str
    source: str
    inherits: str = ""
    usb: Usb = Usb()
    dialect: Dialect = "text"
    serial: SerialLine = SerialLine()
    framing: Framing = Framing()
    symbology: Symbology = Symbology()


class PaperProfile(Section, frozen=True, kw_only=True):
    """`[slip]` or `[journal]`: a station of the printer besides the receipt roll.

    `select` is its number in ESC c 0, `lines` the number of lines on a form.
    """

    columns: int
    dots: int
    select: int
    lines: int = 0


class PrinterProfile(Section, frozen=True, kw_only=True):
    """One printer model. `columns` is the width in characters of font A, `dots` the printable width."""

    description: str
    source: str
    columns: int
    dots: int
    dots_per_inch: int = 203
    font_b_columns: int = 0
    """Width in characters of font B; 0: there is no font B with Russian letters."""
    font_heights: tuple[int, int] = (24, 17)
    """Height of a character of fonts A and B, in dots."""
    line_spacing: int = 30
    """Dots from line to line after ESC 2."""
    largest_size: int = 8
    """The largest factor by which characters can be widened and heightened."""
    styles: tuple[Literal["bold", "underline", "inverse", "upside_down", "second_colour", "reverse_feed"], ...] = (
        "bold", "underline", "inverse", "upside_down",
    )  # fmt: skip
    bar_codes: tuple[BarCodeName, ...] = (
        "upc_a", "upc_e", "ean13", "ean8", "code39", "itf", "codabar", "code93", "code128", "qr",
    )  # fmt: skip
    """The symbologies that the printer draws itself; others are sent as dots."""
    motion_units: bool = False
    """True: it supports GS P, so one unit of distance can be set to one dot."""
    page_rows: int = 0
    """The greatest height of a page in page mode, in dots; 0: there is no page mode."""
    lines_to_cutter: int = 4
    near_end_sensor: bool = True
    marked_paper: bool = False
    """True: it supports FS ( L, the commands for labels and marked paper."""
    slip: PaperProfile | None = None
    journal: PaperProfile | None = None
    cutter: Literal["full", "partial", "none"] = "none"
    acknowledge: Literal["process_id", "paper_status", "none"] = "paper_status"
    automatic_status: bool = False
    """True: it sends the four status bytes of GS a unasked."""
    real_time_switch: bool = False
    """True: it supports GS ( D, so real-time commands inside pictures can be disabled."""
    clear: Literal["dc4", "none"] = "none"
    """dc4: DLE DC4 8 discards the data that is not printed yet."""
    pacing_bytes: int = 0
    """Bytes to send before the progress is queried, on a line without flow control; 0: no limit."""
    two_byte_mode: bool = True
    """True: it may start in a Chinese mode; FS . is sent to leave it."""
    graphics: Literal["raster", "stored", "column"] = "raster"
    """The command for pictures: GS v 0 (raster), GS ( L (stored) or ESC * (column)."""
    text: Literal["code_page", "raster"] = "code_page"
    """raster: it has no Russian code page, so text is sent as pictures."""
    escpos: str = ""
    """A name in python-escpos's database of printers, which supplies missing keys."""
    inherits: str = ""
    serial: SerialLine = SerialLine()
    code_pages: dict[str, int] = field(default_factory=lambda: {"cp866": 17})

    def __post_init__(self) -> None:
        for codec in self.code_pages:
            if codec not in ("cp866", "cp1251"):
                raise ValueError(f"code page '{codec}': cp866 and cp1251 are known here")
        if not self.code_pages:
            raise ValueError("no code page: name cp866 or cp1251 with its number")


# Every dialect that is not listed is spoken on a serial port.
_CONNECTIONS = {"hid-pos": "hid", "ibm-oem": "hid", "keyboard": "keyboard"}


@dataclass(frozen=True, slots=True)
class AttachedDevice:
    """A USB device as the system lists it. `connection`: serial, hid or keyboard."""

    connection: str
    vendor_id: str
    product_id: str


P = TypeVar("P", ScannerProfile, PrinterProfile)


@cache
def scanner(name: str) -> ScannerProfile:
    """Return the scanner profile `name`. Raises ProfileError, which names the nearest known one."""
    return _load("scanners", name, ScannerProfile)


@cache
def printer(name: str) -> PrinterProfile:
    """Return the printer profile `name`. Raises ProfileError, which names the nearest known one."""
    return _load("printers", name, PrinterProfile)


def name_for(device: AttachedDevice) -> str:
    """Return the name of the scanner profile for a USB device; empty: there is none.

    Raises:
        ProfileError: several profiles list its ids for this kind of connection.
    """
    fits = [name for name in names("scanners") if _is_for(scanner(name), device)]
    if len(fits) > 1:
        what = f"{device.vendor_id}:{device.product_id} ({device.connection}) has several profiles: {', '.join(fits)}"
        raise ProfileError(what, "name each product in one profile of a kind of connection only")
    return fits[0] if fits else ""


def _is_for(model: ScannerProfile, device: AttachedDevice) -> bool:
    same_connection = _CONNECTIONS.get(model.dialect, "serial") == device.connection
    return same_connection and model.usb.vendor_id == device.vendor_id and device.product_id in model.usb.product_ids


def check(path: Path) -> ScannerProfile | PrinterProfile:
    """Read and check a profile in any folder.

    A file with `columns` or `escpos` is a printer's profile, every other file is a scanner's.

    Raises:
        ProfileError: the file is missing, is no TOML, or a key or a value in it is wrong.
    """
    is_printer = not {"columns", "escpos"}.isdisjoint(toml.table(path, ProfileError))
    if is_printer:
        return toml.read(path, PrinterProfile, ProfileError, partial(_inherited, path, "printers"))
    return toml.read(path, ScannerProfile, ProfileError, partial(_inherited, path, "scanners"))


def names(folder: Folder) -> list[str]:
    """Return the names of all profiles of a kind, sorted."""
    found = (files("device_profiles") / folder).iterdir()
    return sorted(entry.name.removesuffix(".toml") for entry in found if entry.name.endswith(".toml"))


def _load(folder: Folder, name: str, kind: type[P]) -> P:
    known = names(folder)
    if name not in known:
        raise ProfileError(f"no {folder[:-1]} profile '{name}'", nearest(name, known))
    with as_file(files("device_profiles") / folder / f"{name}.toml") as path:
        return toml.read(Path(path), kind, ProfileError, partial(_inherited, Path(path), folder))


def _inherited(path: Path, folder: Folder, own: dict[str, Any]) -> dict[str, Any]:
    """Return the keys that a profile inherits.

    There is one level only, so that a profile is read in two files at most.
    """
    parent, known = own.get("inherits", ""), names(folder)
    if folder == "printers" and own.get("escpos") and not parent:
        return escpos_database.entry(own["escpos"])
    if not parent:
        return {}
    if parent not in known:
        what = f"{toml.place(path, 'inherits')}: inherits = '{parent}': no such profile"
        raise ProfileError(what, nearest(str(parent), known))
    with as_file(files("device_profiles") / folder / f"{parent}.toml") as inherited:
        keys = toml.table(Path(inherited), ProfileError)
    if "inherits" in keys:
        raise ProfileError(f"{toml.place(path, 'inherits')}: '{parent}' inherits itself", f"use '{keys['inherits']}'")
    return keys
