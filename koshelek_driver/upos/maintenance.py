"""Health, the maker's own commands, statistics and firmware of one open device."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from koshelek_driver.upos import statistics
from koshelek_driver.upos.codes import CompareFirmware, ErrorCode, HealthLevel, StatusUpdate
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.event_dispatcher import EventDispatcher
from koshelek_driver.upos.events import Queued, StatusUpdateEvent
from koshelek_driver.upos.members import STANDARD
from koshelek_driver.upos.service import DeviceService
from koshelek_driver.upos.statistics import Statistics

_HEALTH_WORDS = {
    HealthLevel.CH_INTERNAL: "Internal HCheck",
    HealthLevel.CH_EXTERNAL: "External HCheck",
    HealthLevel.CH_INTERACTIVE: "Interactive HCheck",
}


class Maintenance:
    """The work behind the members of every category that look after the hardware.

    The device checks access before each call. `title` names the device in error texts; `lock` is the device's lock.
    """

    def __init__(
        self,
        category: str,
        title: str,
        service: DeviceService[Any],
        *,
        dispatcher: EventDispatcher,
        counters: Statistics,
        lock: threading.Condition,
    ) -> None:
        self._category = category
        self._title = title
        self._service = service
        self._dispatcher = dispatcher
        self._counters = counters
        self._lock = lock
        self.health_text = ""
        self.updating = False
        """True while a firmware update is under way."""

    def check_health(self, level: HealthLevel) -> None:
        """Test the device and store the result in `health_text`. Blocks while the test runs."""
        try:
            self.health_text = f"{_HEALTH_WORDS[level]}: {self._service.check_health(level)}"
        except UposError as problem:
            if problem.error_code is not ErrorCode.E_ILLEGAL:
                self.health_text = f"{_HEALTH_WORDS[level]}: {problem.what}"
            raise

    def direct_io(self, command: int, data: int, obj: object) -> tuple[int, Any]:
        """Run a command of the maker's and return its data and object."""
        return self._service.direct_io(command, data, obj)

    def retrieve_statistics(self, buffer: str) -> str:
        """Return the UPOSStat XML document of the named statistics."""
        with self._lock:
            values = self._counters.values(buffer)
        return statistics.build_document(values, self._category, STANDARD, self._service.equipment())

    def reset_statistics(self, buffer: str) -> None:
        """Set the named statistics to 0."""
        with self._lock:
            self._counters.reset(buffer)

    def update_statistics(self, buffer: str) -> None:
        """Set statistics to the given values."""
        with self._lock:
            self._counters.update(buffer)

    def compare_firmware_version(self, file_name: str) -> CompareFirmware:
        """Compare a firmware file with the device."""
        self._require(self._service.cap_compare_firmware_version, "compareFirmwareVersion")
        return self._service.compare_firmware_version(file_name)

    def update_firmware(self, file_name: str) -> None:
        """Check the file, start the update on a thread of its own and return."""
        self._require(self._service.cap_update_firmware, "updateFirmware")
        update = self._service.begin_firmware_update(file_name)
        with self._lock:
            self.updating = True
        threading.Thread(target=self._run_update, args=(update,), name="upos-firmware", daemon=True).start()

    def refuse_while_updating(self) -> None:
        """Raise UposError E_BUSY while a firmware update is under way."""
        if self.updating:
            raise UposError(ErrorCode.E_BUSY, f"{self._title} is updating its firmware", "wait for the end")

    def _require(self, capability: bool, what: str) -> None:
        if not capability:
            raise UposError(ErrorCode.E_ILLEGAL, f"{self._title} has no {what}", "look at its capabilities")

    def _run_update(self, update: Callable[[Callable[[int], None]], StatusUpdate]) -> None:
        try:
            result = update(self._report_progress)
        except Exception:  # noqa: BLE001 - whatever failed, the state of the device is unknown now
            result = StatusUpdate.SUE_UF_FAILED_DEV_UNKNOWN
        with self._lock:
            self.updating = False
            self._offer(result)

    def _report_progress(self, percent: int) -> None:
        with self._lock:
            self._offer(StatusUpdate.SUE_UF_PROGRESS + min(max(percent, 1), 99))

    def _offer(self, status: int) -> None:
        # After close the dispatcher is stopped: it drops events of an update that outlived its session.
        self._dispatcher.offer(Queued(StatusUpdateEvent(status=status)))
