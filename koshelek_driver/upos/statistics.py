"""The device statistics of UnifiedPOS: counters by name, and their XML document."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from xml.etree import ElementTree as ET

from koshelek_driver.upos.codes import ErrorCode, ExtendedCode
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.service import Equipment

_NAMESPACE = "http://www.nrf-arts.org/IXRetail/namespace/"
_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
_ALL, _STANDARD, _MAKERS = "", "U_", "M_"
_SECONDS_AN_HOUR = 3600
HOURS_POWERED = "HoursPoweredCount"
COMMUNICATION_ERRORS = "CommunicationErrorCount"


class Statistics:
    """The counters of one open device, starting at 0, and the maker's own.

    `names` are the standard's names that the category counts; `makers` returns the maker's counters. Hours are counted
    while the device is enabled, on the clock `now_s`. Not thread-safe: the device uses it under its lock.
    """

    def __init__(
        self, names: Iterable[str], makers: Callable[[], Mapping[str, str]], now_s: Callable[[], float]
    ) -> None:
        self._counts = dict.fromkeys((HOURS_POWERED, COMMUNICATION_ERRORS, *names), 0)
        self._makers = makers
        self._now_s = now_s
        self._on_since_s: float | None = None
        self._powered_s = 0.0

    def count(self, name: str, more: int = 1) -> None:
        """Increase a counter."""
        self._counts[name] += more

    def powered(self, *, on: bool) -> None:
        """Start or stop counting hours: the device was enabled or disabled."""
        now = self._now_s()
        if self._on_since_s is not None:
            self._powered_s += now - self._on_since_s
        self._on_since_s = now if on else None

    def values(self, buffer: str) -> dict[str, str]:
        """Return the counters that a statisticsBuffer names; an unknown name has an empty value."""
        self._update_hours()
        known = {name: str(count) for name, count in self._counts.items()}
        makers = {f"{_MAKERS}{name}": value for name, value in self._makers().items()}
        groups = {_ALL: {**known, **makers}, _STANDARD: known, _MAKERS: makers}
        found: dict[str, str] = {}
        for name in _parse_names(buffer):
            found |= groups.get(name, {name: groups[_ALL].get(name, "")})
        return found

    def reset(self, buffer: str) -> None:
        """Set the counters that a statisticsBuffer names to 0.

        Raises UposError E_EXTENDED with ESTATS_ERROR if some cannot be set; the others are set.
        """
        self._set(dict.fromkeys(_parse_names(buffer), 0))

    def update(self, buffer: str) -> None:
        """Set counters given as `name=value,name=value`.

        Raises as `reset` does, and UposError E_ILLEGAL for any other form: then nothing is set.
        """
        self._set(_parse_assignments(buffer))

    def _set(self, wanted: Mapping[str, int]) -> None:
        failed = [name for name in wanted if name not in (_ALL, _STANDARD, *self._counts)]
        for name, value in wanted.items():
            for each in self._counts if name in (_ALL, _STANDARD) else [name]:
                self._set_one(each, value)
        if failed:
            what = f"these statistics cannot be set: {', '.join(failed)}"
            raise UposError(ErrorCode.E_EXTENDED, what, "the others were set", extended=ExtendedCode.ESTATS_ERROR)

    def _set_one(self, name: str, value: int) -> None:
        if name not in self._counts:
            return
        self._counts[name] = value
        if name == HOURS_POWERED:
            self._powered_s = float(value * _SECONDS_AN_HOUR)
            self._on_since_s = None if self._on_since_s is None else self._now_s()

    def _update_hours(self) -> None:
        self.powered(on=self._on_since_s is not None)
        self._counts[HOURS_POWERED] = int(self._powered_s // _SECONDS_AN_HOUR)


def build_document(values: Mapping[str, str], category: str, standard_version: str, equipment: Equipment) -> str:
    """Build the UPOSStat XML document that retrieveStatistics returns. Source: UPOSStat.xsd of IXRetail."""
    root = ET.Element(
        "UPOSStat",
        {
            "version": f"{standard_version}.0",
            "xmlns:xsi": _INSTANCE,
            "xmlns": _NAMESPACE,
            "xsi:schemaLocation": f"{_NAMESPACE} UPOSStat.xsd",
        },
    )
    event = ET.SubElement(root, "Event")
    for name, value in values.items():
        kind = "ManufacturerSpecific" if name.startswith(_MAKERS) else "Parameter"
        _texts(ET.SubElement(event, kind), {"Name": name.removeprefix(_MAKERS), "Value": value})
    device = ET.SubElement(root, "Equipment")
    _texts(device, {"UnifiedPOSVersion": standard_version})
    ET.SubElement(device, "DeviceCategory", {"UPOS": category})
    _texts(
        device,
        {
            "ManufacturerName": equipment.manufacturer_name,
            "ModelName": equipment.model_name,
            "SerialNumber": equipment.serial_number,
            "FirmwareRevision": equipment.firmware_revision,
            "Interface": equipment.interface,
            "InstallationDate": equipment.installation_date,
        },
    )
    return '<?xml version="1.0"?>\n' + ET.tostring(root, encoding="unicode")


def _texts(parent: ET.Element, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        ET.SubElement(parent, name).text = text


def _parse_names(buffer: str) -> list[str]:
    return [name.strip() for name in buffer.split(",")]


def _parse_assignments(buffer: str) -> dict[str, int]:
    wanted: dict[str, int] = {}
    for part in buffer.split(","):
        parsed = re.fullmatch(r"\s*(\w*)\s*=\s*(\d{1,18})\s*", part)
        if parsed is None:
            raise UposError(ErrorCode.E_ILLEGAL, f"statistics: expected name=number, got {part!r}", "nothing was set")
        wanted[parsed[1]] = int(parsed[2])
    return wanted
