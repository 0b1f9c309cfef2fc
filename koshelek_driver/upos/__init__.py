"""UnifiedPOS: the standard's names and numbers, its events and errors, and the base of a device service.

Every name in `__all__` is imported from here, and so is every constant of the standard under its own name:
`from koshelek_driver.upos import ErrorCode, JPOS_E_TIMEOUT`. A module of this folder is loaded when one of its names is
first used, so importing this package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from koshelek_driver.upos import constants
    from koshelek_driver.upos.cat_codes import (
        CatExtended,
        DailyLogType,
        LogStatus,
        PaymentCondition,
        PaymentMedia,
        TransactionType,
    )
    from koshelek_driver.upos.codes import (
        FOREVER,
        CompareFirmware,
        ErrorCode,
        ErrorLocus,
        ErrorResponse,
        ExtendedCode,
        HealthLevel,
        PowerNotify,
        PowerReporting,
        PowerState,
        ScanDataType,
        State,
        StatusUpdate,
    )
    from koshelek_driver.upos.errors import UposError
    from koshelek_driver.upos.events import (
        DataEvent,
        DirectIOEvent,
        ErrorEvent,
        Event,
        OutputCompleteEvent,
        StatusUpdateEvent,
    )
    from koshelek_driver.upos.printer_codes import (
        BarCodeSymbology,
        ErrorLevel,
        MapMode,
        PageModeControl,
        PrintDirection,
        PrinterExtended,
        PrinterStatusUpdate,
        Rotation,
        Station,
        TransactionControl,
    )
    from koshelek_driver.upos.registry import DEVICE_SERVICE_GROUP, DeviceEntry
    from koshelek_driver.upos.service import DeviceService, Equipment, EventCallbacks

__all__ = [
    "DEVICE_SERVICE_GROUP",
    "FOREVER",
    "BarCodeSymbology",
    "CatExtended",
    "CompareFirmware",
    "DailyLogType",
    "DataEvent",
    "DeviceEntry",
    "DeviceService",
    "DirectIOEvent",
    "Equipment",
    "ErrorCode",
    "ErrorEvent",
    "ErrorLevel",
    "ErrorLocus",
    "ErrorResponse",
    "Event",
    "EventCallbacks",
    "ExtendedCode",
    "HealthLevel",
    "LogStatus",
    "MapMode",
    "OutputCompleteEvent",
    "PageModeControl",
    "PaymentCondition",
    "PaymentMedia",
    "PowerNotify",
    "PowerReporting",
    "PowerState",
    "PrintDirection",
    "PrinterExtended",
    "PrinterStatusUpdate",
    "Rotation",
    "ScanDataType",
    "State",
    "Station",
    "StatusUpdate",
    "StatusUpdateEvent",
    "TransactionControl",
    "TransactionType",
    "UposError",
    "constants",
]

_MODULES = {
    "cat_codes": (
        "CatExtended",
        "DailyLogType",
        "LogStatus",
        "PaymentCondition",
        "PaymentMedia",
        "TransactionType",
    ),
    "codes": (
        "FOREVER",
        "CompareFirmware",
        "ErrorCode",
        "ErrorLocus",
        "ErrorResponse",
        "ExtendedCode",
        "HealthLevel",
        "PowerNotify",
        "PowerReporting",
        "PowerState",
        "ScanDataType",
        "State",
        "StatusUpdate",
    ),
    "errors": ("UposError",),
    "events": ("DataEvent", "DirectIOEvent", "ErrorEvent", "Event", "OutputCompleteEvent", "StatusUpdateEvent"),
    "printer_codes": (
        "BarCodeSymbology",
        "ErrorLevel",
        "MapMode",
        "PageModeControl",
        "PrintDirection",
        "PrinterExtended",
        "PrinterStatusUpdate",
        "Rotation",
        "Station",
        "TransactionControl",
    ),
    "registry": ("DEVICE_SERVICE_GROUP", "DeviceEntry"),
    "service": ("DeviceService", "Equipment", "EventCallbacks"),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load a public name, or a constant of the standard, when it is first used."""
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    if name == "constants":
        return import_module(f"{__name__}.constants")
    if name[:1].isupper():  # `from ... import` also asks for the modules of this folder, which are no constants
        by_name: dict[str, int] = import_module(f"{__name__}.constants").BY_NAME
        if name in by_name:
            return by_name[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
