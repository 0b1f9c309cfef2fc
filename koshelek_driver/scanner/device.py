"""The category Scanner of UnifiedPOS."""

from __future__ import annotations

from typing import ClassVar

from koshelek_driver.config import site
from koshelek_driver.scanner.label import Label
from koshelek_driver.scanner.service import PortScanner
from koshelek_driver.upos.codes import ScanDataType
from koshelek_driver.upos.input import InputDevice
from koshelek_driver.upos.members import ReadOnly, Stage, Writable
from koshelek_driver.upos.registry import DeviceSource, Factory

_GOOD_SCANS = "GoodScanCount"


class Scanner(InputDevice[Label]):
    """A bar code scanner: open, claim, enable, and receive DataEvents.

        scanner = Scanner()
        scanner.open("scanner1")                # a device of the till's site file
        scanner.claim(1000)
        scanner.add_data_listener(lambda event: print(scanner.scan_data_label))
        scanner.decode_data = True
        scanner.device_enabled = True
        scanner.data_event_enabled = True       # again after every event

    The data properties hold the scan of the last DataEvent, its bytes as the scanner sent them.
    """

    category: ClassVar[str] = "Scanner"
    statistic_names: ClassVar[tuple[str, ...]] = (_GOOD_SCANS,)
    record_type: ClassVar[type[Label]] = Label
    data_properties: ClassVar[tuple[str, ...]] = ("ScanData", "ScanDataLabel", "ScanDataType")

    last_label: Label | None = None
    """The whole label of the last DataEvent, for this driver's own use: it may hold a card's password."""
    _decode_data: bool
    _scan_data: bytes
    _scan_data_label: bytes
    _scan_data_type: ScanDataType

    decode_data = Writable(
        "DecodeData",
        bool,
        "True fills ScanDataLabel and ScanDataType; its value when the DataEvent is delivered counts.",
        initial=False,
    )
    scan_data = ReadOnly(
        "ScanData",
        bytes,
        "The scan with identifier and check digit if they were sent, without framing (STX, ETX, CR).",
        initial=b"",
        read=Stage.CLAIMED,
    )
    scan_data_label = ReadOnly(
        "ScanDataLabel",
        bytes,
        "The bare label: no identifier, with the check digit of a UPC or EAN. Empty while DecodeData is false.",
        initial=b"",
        read=Stage.CLAIMED,
    )
    scan_data_type = ReadOnly(
        "ScanDataType",
        ScanDataType,
        "The symbology; UNKNOWN while DecodeData is false, or if the scanner does not send it.",
        initial=ScanDataType.UNKNOWN,
        read=Stage.CLAIMED,
    )

    def _show(self, record: Label) -> None:
        self.last_label = record
        self._scan_data = record.scan_data
        self._scan_data_label = record.scan_data_label if self._decode_data else b""
        self._scan_data_type = record.scan_data_type if self._decode_data else ScanDataType.UNKNOWN

    def _count_input(self) -> None:
        self._session_now().statistics.count(_GOOD_SCANS)

    def _till_devices(self) -> DeviceSource:
        return site.load()

    def _own_service(self) -> Factory:
        return PortScanner
