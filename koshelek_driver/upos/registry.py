"""Find a device by its logical name and make its service. Other packages add services by entry point."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Any, Protocol

from koshelek_driver.errors import nearest
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.members import translated
from koshelek_driver.upos.service import DeviceService

DEVICE_SERVICE_GROUP = "koshelek_driver.device_services"
"""The entry-point group of device services: callables (logical name, entry of the site file) -> DeviceService."""


class DeviceEntry(Protocol):
    """The part of a device's entry that the model needs; the service gets the whole entry."""

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


class HasDevices(Protocol):
    """A loaded site, as far as the device model knows it."""

    @property
    def devices(self) -> Devices:
        """The entries of its devices by their logical names."""
        ...


DeviceSource = HasDevices | Devices
"""The first argument of every category: a loaded site, or the mapping of its devices."""


def check_source(source: DeviceSource) -> DeviceSource:
    """Return the source. Raises TypeError if it is neither a loaded site nor a mapping."""
    if isinstance(source, Mapping) or isinstance(getattr(source, "devices", None), Mapping):
        return source
    came = type(source).__name__
    raise TypeError(f"expected a loaded site, load_site(path), or its devices; got {came}: load the site first")


def devices_of(source: DeviceSource) -> Devices:
    """Return the devices of a loaded site, or the mapping itself."""
    return source if isinstance(source, Mapping) else source.devices


def find(devices: Devices, name: str, category: str) -> DeviceEntry:
    """Return the entry of a logical name.

    Raises:
        UposError: E_NOEXIST for an unknown name, E_NOSERVICE for a device of another category.
    """
    entry = devices.get(name)
    if entry is None:
        raise UposError(ErrorCode.E_NOEXIST, f"no device '{name}' in the site file", nearest(name, devices))
    if entry.category != category:
        what = f"device '{name}' is a {entry.category}, not a {category}"
        raise UposError(ErrorCode.E_NOSERVICE, what, f"open it as a {entry.category}")
    return entry


def build_service(name: str, entry: DeviceEntry, own: Factory, first_version: int) -> DeviceService[Any]:
    """Make the service of an entry: the driver's own, or that of another package.

    Raises:
        UposError: E_NOSERVICE if there is none, its factory fails, or it is older than `first_version`.
    """
    factory = _load_factory(entry.service) if entry.service else own
    try:
        with translated(name):
            service: object = factory(name, entry)
    except UposError as problem:
        code = ErrorCode.E_NOSERVICE if problem.error_code is ErrorCode.E_FAILURE else problem.error_code
        raise UposError(code, problem.what, problem.remedy) from problem
    if not isinstance(service, DeviceService) or service.device_service_version < first_version:
        what = (
            f"the device service of '{name}' is a {type(service).__name__}, not a DeviceService of a level that will do"
        )
        raise UposError(ErrorCode.E_NOSERVICE, what, "reinstall the package that offers it")
    return service


def _load_factory(name: str) -> Factory:
    known = {point.name: point for point in entry_points(group=DEVICE_SERVICE_GROUP)}
    if name not in known:
        what = f"no installed package offers the device service '{name}'"
        raise UposError(ErrorCode.E_NOSERVICE, what, nearest(name, known) if known else "install the package")
    try:
        factory: Factory = known[name].load()
    except Exception as problem:
        what = f"the device service '{name}' cannot be loaded: {type(problem).__name__}: {problem}"
        raise UposError(ErrorCode.E_NOSERVICE, what, "reinstall the package that offers it") from problem
    return factory
