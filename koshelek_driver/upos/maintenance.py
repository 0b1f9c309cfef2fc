"""Health, the maker's own commands, statistics and firmware."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from koshelek_driver.upos import statistics
from koshelek_driver.upos.base import DeviceBase, Session
from koshelek_driver.upos.codes import CompareFirmware, ErrorCode, HealthLevel, StatusUpdate
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.events import StatusUpdateEvent
from koshelek_driver.upos.members import V1_8, V1_9, ReadOnly, Stage, method

STANDARD = "1.15"
_HEALTH_WORDS = {
    HealthLevel.CH_INTERNAL: "Internal HCheck",
    HealthLevel.CH_EXTERNAL: "External HCheck",
    HealthLevel.CH_INTERACTIVE: "Interactive HCheck",
}


class Maintenance(DeviceBase):
    """The members of every category that look after the hardware."""

    check_health_text = ReadOnly("CheckHealthText", str, "The result of the last checkHealth, in words.", initial="")
    cap_statistics_reporting = ReadOnly("CapStatisticsReporting", bool, "True.", initial=True, since=V1_8)
    cap_update_statistics = ReadOnly("CapUpdateStatistics", bool, "True.", initial=True, since=V1_8)
    cap_compare_firmware_version = ReadOnly(
        "CapCompareFirmwareVersion", bool, "Whether compareFirmwareVersion works.", since=V1_9
    )
    cap_update_firmware = ReadOnly("CapUpdateFirmware", bool, "Whether updateFirmware works.", since=V1_9)

    @property
    def _cap_compare_firmware_version(self) -> bool:
        return self._session_now().service.cap_compare_firmware_version

    @property
    def _cap_update_firmware(self) -> bool:
        return self._session_now().service.cap_update_firmware

    @method("checkHealth", needs=Stage.ENABLED, idle=True)
    def check_health(self, level: HealthLevel) -> None:
        """Test the device; the result is in CheckHealthText. Blocks while the test runs.

        Raises E_ILLEGAL for a level that the device does not have, or what is wrong with the device.
        """
        try:
            self._check_health_text = f"{_HEALTH_WORDS[level]}: {self._session_now().service.check_health(level)}"
        except UposError as problem:
            if problem.error_code is not ErrorCode.E_ILLEGAL:
                self._check_health_text = f"{_HEALTH_WORDS[level]}: {problem.what}"
            raise

    @method("directIO", needs=Stage.OPEN)
    def direct_io(self, command: int, data: int, obj: object) -> tuple[int, Any]:
        """A maker's own command; gives data and object as they come back. Raises E_ILLEGAL for an unknown command."""
        return self._session_now().service.direct_io(command, data, obj)

    @method("retrieveStatistics", needs=Stage.ENABLED, since=V1_8)
    def retrieve_statistics(self, statistics_buffer: str) -> str:
        """The UPOSStat XML document of the statistics named: a comma list, `""` all, `U_` standard, `M_` maker's."""
        session = self._session_now()
        with self._changed:
            values = session.statistics.values(statistics_buffer)
        return statistics.document(values, self.category, STANDARD, session.service.equipment())

    @method("resetStatistics", needs=Stage.ENABLED, since=V1_8)
    def reset_statistics(self, statistics_buffer: str) -> None:
        """Set the statistics named to 0. Raises E_EXTENDED with ESTATS_ERROR when some cannot be."""
        with self._changed:
            self._session_now().statistics.reset(statistics_buffer)

    @method("updateStatistics", needs=Stage.ENABLED, since=V1_8)
    def update_statistics(self, statistics_buffer: str) -> None:
        """Set statistics: `name=value,name=value`. Raises as resetStatistics, and E_ILLEGAL for another form."""
        with self._changed:
            self._session_now().statistics.update(statistics_buffer)

    @method("compareFirmwareVersion", needs=Stage.ENABLED, since=V1_9, idle=True)
    def compare_firmware_version(self, firmware_file_name: str) -> CompareFirmware:
        """Whether a file's firmware is older or newer than the device's. Raises E_ILLEGAL without the capability."""
        self._need_capability(self._cap_compare_firmware_version, "compareFirmwareVersion")
        return self._session_now().service.compare_firmware_version(firmware_file_name)

    @method("updateFirmware", needs=Stage.ENABLED, since=V1_9, idle=True)
    def update_firmware(self, firmware_file_name: str) -> None:
        """Begin to update the firmware and return; StatusUpdateEvents tell progress and end.

        State is S_BUSY meanwhile. Raises E_ILLEGAL without the capability, E_NOEXIST or E_EXTENDED for a wrong file.
        """
        self._need_capability(self._cap_update_firmware, "updateFirmware")
        session = self._session_now()
        update = session.service.begin_firmware_update(firmware_file_name)
        with self._changed:
            self._updating = True
        threading.Thread(target=self._run_update, args=(session, update), name="upos-firmware", daemon=True).start()

    def _refuse_while_updating(self) -> None:
        if self._updating:
            raise UposError(ErrorCode.E_BUSY, f"{self} is updating its firmware", "wait for the end")

    def _need_capability(self, capability: bool, what: str) -> None:
        if not capability:
            raise UposError(ErrorCode.E_ILLEGAL, f"{self} has no {what}", "look at its capabilities")

    def _run_update(self, session: Session, update: Callable[[Callable[[int], None]], StatusUpdate]) -> None:
        try:
            ended = update(partial(self._tell_progress, session))
        except Exception:  # noqa: BLE001 - whatever it was, the device's state is unknown now
            ended = StatusUpdate.SUE_UF_FAILED_DEV_UNKNOWN
        with self._changed:
            if self._session is session:  # not so when the device was closed, and perhaps opened again, meanwhile
                self._updating = False
                self._offer(StatusUpdateEvent(status=ended))

    def _tell_progress(self, session: Session, percent: int) -> None:
        with self._changed:
            if self._session is session:
                self._offer(StatusUpdateEvent(status=StatusUpdate.SUE_UF_PROGRESS + min(max(percent, 1), 99)))
