"""Device profiles: what one model does, as data. The files lie in the package `device_profiles`."""

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
    """Line settings of an RS-232 port."""

    baud_rate: int = 9600
    data_bits: Literal[7, 8] = 8
    parity: Literal["none", "even", "odd"] = "none"
    stop_bits: Literal[1, 2] = 1
    flow: Literal["none", "xonxoff", "rtscts"] = "none"


class Framing(Section, frozen=True, kw_only=True):
    """How a label ends on the wire."""

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
        """Each of these bytes ends a label."""
        return bytes.fromhex(self.terminators)

    @property
    def prefix_bytes(self) -> bytes:
        """What a label begins with on the wire."""
        return bytes.fromhex(self.prefix)


class Symbology(Section, frozen=True, kw_only=True):
    """How a scanner tells the symbology of a label, besides AIM identifiers, which are always understood."""

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
        """What each identifier means."""
        return {identifier.encode("ascii"): ScanDataType[name] for identifier, name in self.identifiers.items()}


class Usb(Section, frozen=True, kw_only=True):
    """How the system lists a scanner: vendor and product, four hexadecimal digits each."""

    vendor_id: str = ""
    product_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for number in (*self.product_ids, *([self.vendor_id] if self.vendor_id else [])):
            if not re.fullmatch(r"[0-9a-f]{4}", number):
                raise ValueError(f"'{number}': expected four hexadecimal digits, small letters")


class ScannerProfile(Section, frozen=True, kw_only=True):
    """One scanner model in one of its modes. `inherits` names a profile that counts where this one says nothing."""

    description: str
    source: str
    inherits: str = ""
    usb: Usb = Usb()
    dialect: Dialect = "text"
    serial: SerialLine = SerialLine()
    framing: Framing = Framing()
    symbology: Symbology = Symbology()


class PaperProfile(Section, frozen=True, kw_only=True):
    """`[slip]` or `[journal]`: another paper of the printer than the roll of receipts.

    `select` is its number in ESC c 0, `lines` how many a form takes.
    """

    columns: int
    dots: int
    select: int
    lines: int = 0


class PrinterProfile(Section, frozen=True, kw_only=True):
    """One printer model. `columns` counts characters of font A, `dots` the printable width."""

    description: str
    source: str
    columns: int
    dots: int
    dots_per_inch: int = 203
    font_b_columns: int = 0
    """Characters a line of font B; 0: it has none with Russian letters."""
    font_heights: tuple[int, int] = (24, 17)
    """Dots of a character of fonts A and B."""
    line_spacing: int = 30
    """Dots from line to line, as ESC 2 has it."""
    largest_size: int = 8
    """How many times characters can be widened and heightened."""
    styles: tuple[Literal["bold", "underline", "inverse", "upside_down", "second_colour", "reverse_feed"], ...] = (
        "bold", "underline", "inverse", "upside_down",
    )  # fmt: skip
    bar_codes: tuple[BarCodeName, ...] = (
        "upc_a", "upc_e", "ean13", "ean8", "code39", "itf", "codabar", "code93", "code128", "qr",
    )  # fmt: skip
    """What it draws itself."""
    motion_units: bool = False
    """It knows GS P, by which every distance is one in dots."""
    page_rows: int = 0
    """Dots that a page of page mode may be high; 0: it has no page mode."""
    lines_to_cutter: int = 4
    near_end_sensor: bool = True
    marked_paper: bool = False
    """It knows FS ( L."""
    slip: PaperProfile | None = None
    journal: PaperProfile | None = None
    cutter: Literal["full", "partial", "none"] = "none"
    acknowledge: Literal["process_id", "paper_status", "none"] = "paper_status"
    automatic_status: bool = False
    """It sends GS a's four bytes by itself."""
    real_time_switch: bool = False
    """It knows GS ( D: real-time commands inside pictures can be switched off."""
    clear: Literal["dc4", "none"] = "none"
    """dc4: DLE DC4 8 has it forget what it has not printed."""
    pacing_bytes: int = 0
    """On a serial line without flow control: so many bytes at a time, then it is asked how far it is; 0: all."""
    two_byte_mode: bool = True
    """It may start in a Chinese mode, which FS . leaves."""
    graphics: Literal["raster", "stored", "column"] = "raster"
    """How it takes pictures: GS v 0, GS ( L or ESC *."""
    text: Literal["code_page", "raster"] = "code_page"
    """raster: it has no Russian code page, and letters are drawn."""
    escpos: str = ""
    """A name in python-escpos's database of printers, which counts where this profile says nothing."""
    inherits: str = ""
    serial: SerialLine = SerialLine()
    code_pages: dict[str, int] = field(default_factory=lambda: {"cp866": 17})

    def __post_init__(self) -> None:
        for codec in self.code_pages:
            if codec not in ("cp866", "cp1251"):
                raise ValueError(f"code page '{codec}': cp866 and cp1251 are known here")
        if not self.code_pages:
            raise ValueError("no code page: name cp866 or cp1251 with its number")


_CONNECTIONS = {"hid-pos": "hid", "ibm-oem": "hid", "keyboard": "keyboard"}


@dataclass(frozen=True, slots=True)
class Found:
    """A device as the system lists it. `connection`: serial, hid or keyboard."""

    connection: str
    vendor_id: str
    product_id: str


P = TypeVar("P", ScannerProfile, PrinterProfile)


@cache
def scanner(name: str) -> ScannerProfile:
    """The scanner profile `name`; raises ProfileError that names the nearest known one."""
    return _load("scanners", name, ScannerProfile)


@cache
def printer(name: str) -> PrinterProfile:
    """The printer profile `name`; raises ProfileError that names the nearest known one."""
    return _load("printers", name, PrinterProfile)


def fitting(found: Found) -> str:
    """The scanner profile that names this device's numbers; empty when none does.

    Raises ProfileError when two do: one of them must be more exact.
    """
    fits = [name for name in names("scanners") if _fits(scanner(name), found)]
    if len(fits) > 1:
        what = f"{found.vendor_id}:{found.product_id} ({found.connection}) has several profiles: {', '.join(fits)}"
        raise ProfileError(what, "name each product in one profile of a kind of connection only")
    return fits[0] if fits else ""


def _fits(model: ScannerProfile, found: Found) -> bool:
    ours = _CONNECTIONS.get(model.dialect, "serial") == found.connection
    return ours and model.usb.vendor_id == found.vendor_id and found.product_id in model.usb.product_ids


def check(path: Path) -> ScannerProfile | PrinterProfile:
    """Read a profile that lies anywhere, a printer's if it has columns or escpos. Raises ProfileError."""
    of_printer = not {"columns", "escpos"}.isdisjoint(toml.table(path, ProfileError))
    if of_printer:
        return toml.read(path, PrinterProfile, ProfileError, partial(_inherited, path, "printers"))
    return toml.read(path, ScannerProfile, ProfileError, partial(_inherited, path, "scanners"))


def names(folder: Folder) -> list[str]:
    """All profiles of a kind."""
    found = (files("device_profiles") / folder).iterdir()
    return sorted(entry.name.removesuffix(".toml") for entry in found if entry.name.endswith(".toml"))


def _load(folder: Folder, name: str, kind: type[P]) -> P:
    known = names(folder)
    if name not in known:
        raise ProfileError(f"no {folder[:-1]} profile '{name}'", nearest(name, known))
    with as_file(files("device_profiles") / folder / f"{name}.toml") as path:
        return toml.read(Path(path), kind, ProfileError, partial(_inherited, Path(path), folder))


def _inherited(path: Path, folder: Folder, said_here: dict[str, Any]) -> dict[str, Any]:
    """What the profile that this one inherits from says; one level, so that a profile is read in two files at most."""
    parent, known = said_here.get("inherits", ""), names(folder)
    if folder == "printers" and said_here.get("escpos") and not parent:
        return escpos_database.entry(said_here["escpos"])
    if not parent:
        return {}
    if parent not in known:
        what = f"{toml.place(path, 'inherits')}: inherits = '{parent}': no such profile"
        raise ProfileError(what, nearest(str(parent), known))
    with as_file(files("device_profiles") / folder / f"{parent}.toml") as inherited:
        said = toml.table(Path(inherited), ProfileError)
    if "inherits" in said:
        raise ProfileError(f"{toml.place(path, 'inherits')}: '{parent}' inherits itself", f"use '{said['inherits']}'")
    return said
