"""Which devices a till has, and who makes their services. Other packages add services by entry point."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Any, Protocol

from koshelek_driver.errors import nearest
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.service import DeviceService

GROUP = "koshelek_driver.device_services"
"""The entry point group. Each entry is a callable: (logical name, entry of the site file) -> DeviceService."""


class DeviceEntry(Protocol):
    """What the model needs of a device's entry; the service gets the whole of it."""

    @property
    def category(self) -> str:
        """The category's name in the standard: Scanner, POSPrinter, CAT."""
        ...

    @property
    def service(self) -> str:
        """The entry point that makes the service; empty for this driver's own."""
        ...


Devices = Mapping[str, DeviceEntry]
Factory = Callable[[str, Any], DeviceService[Any]]


def find(devices: Devices, name: str, category: str) -> DeviceEntry:
    """The entry of a logical name. Raises UposError: E_NOEXIST, or E_NOSERVICE for one of another category."""
    entry = devices.get(name)
    if entry is None:
        raise UposError(ErrorCode.E_NOEXIST, f"no device '{name}' in the site file", nearest(name, devices))
    if entry.category != category:
        what = f"device '{name}' is a {entry.category}, not a {category}"
        raise UposError(ErrorCode.E_NOSERVICE, what, f"open it as a {entry.category}")
    return entry


def factory(entry: DeviceEntry, own: Factory) -> Factory:
    """What makes the service of an entry. Raises UposError E_NOSERVICE."""
    return _foreign(entry.service) if entry.service else own


def _foreign(name: str) -> Factory:
    known = {point.name: point for point in entry_points(group=GROUP)}
    if name not in known:
        what = f"no installed package offers the device service '{name}'"
        raise UposError(ErrorCode.E_NOSERVICE, what, nearest(name, known) if known else "install the package")
    try:
        made: Factory = known[name].load()
    except Exception as problem:
        what = f"the device service '{name}' cannot be loaded: {type(problem).__name__}: {problem}"
        raise UposError(ErrorCode.E_NOSERVICE, what, "reinstall the package that offers it") from problem
    return made
