"""This driver's own device service of the category Scanner: any scanner that a profile describes, on its port."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from firmware_protocol.dialect import Damaged, Event, Overlong, Reply
from koshelek_driver.config import profile
from koshelek_driver.config.profile import ScannerProfile
from koshelek_driver.config.sections import Device, Labels
from koshelek_driver.errors import PortError, PortLost
from koshelek_driver.scanner.commands import QUESTIONS, DirectIo, command_of
from koshelek_driver.scanner.dialects import tongue
from koshelek_driver.scanner.label import Label, LabelRules
from koshelek_driver.scanner.reader import ScannerReader
from koshelek_driver.scanner.retail import RetailRules
from koshelek_driver.transport import Port, check_address, hardware_of, open_port
from koshelek_driver.upos.codes import ErrorCode, ExtendedCode, HealthLevel, PowerReporting, PowerState, ScanDataType
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.service import DeviceService, Equipment, EventCallbacks

_LOG = logging.getLogger(__name__)
_CONNECT_TIMEOUT_S = 3.0
_TESTS = (DirectIo.INFO, DirectIo.GOOD_READ_BEEP)
_LONGEST_END_S = 10.0
"""A reading thread ends within a read, or within an attempt to open its port."""


@dataclass(frozen=True, slots=True)
class PortTiming:
    """Seconds that a scanner's port may take; tests shorten them.

    A lost port is opened again after `first_reopen_s`, then after twice as long each time, at last every
    `last_reopen_s`. `response_timeout_s`: for a response to a command; a busy scanner takes some 100 ms.
    """

    first_reopen_s: float = 0.2
    last_reopen_s: float = 5.0
    response_timeout_s: float = 2.0


class PortScanner(DeviceService[Label]):
    """One scanner. While it is enabled, a thread of its own reads the port and hands in labels.

    A port that is lost is opened again, after 0.2 s and then ever more slowly, at last every 5 s. PowerState tells
    whether the port is there: an RS-232 scanner that is switched off looks ONLINE.
    """

    device_service_description: ClassVar[str] = "Koshelek Driver scanner on a port"
    cap_power_reporting = PowerReporting.PR_STANDARD

    def __init__(
        self,
        name: str,
        entry: Device,
        open_its_port: Callable[[ScannerProfile], Port] | None = None,
        timing: PortTiming = PortTiming(),
    ) -> None:
        """`open_its_port`: in place of opening `entry.port`."""
        check_address(entry.port)
        self._model = profile.scanner(entry.profile)
        self._tongue = tongue(self._model)
        self._rules = rules_of(self._model, entry.labels)
        self._transmit_unknown = entry.labels.transmit_unknown
        self._open_its_port = open_its_port or (lambda model: self._open(entry.port, model))
        self._name = name
        self._timing = timing
        self._reading: _Reading | None = None
        self.claim_key = hardware_of(entry.port)
        self.physical_device_description = self._model.description
        self.physical_device_name = f"{entry.profile} at {entry.port}"

    def enable(self, inlet: EventCallbacks[Label]) -> None:
        """Open the port and begin to read. What was scanned before is not read. Raises UposError E_NOHARDWARE."""
        try:
            reader = self._reader()
        except PortError as problem:
            raise UposError(ErrorCode.E_NOHARDWARE, problem.what, problem.remedy) from problem
        labels = _Labels(inlet, self._transmit_unknown)
        self._reading = _Reading(self._name, reader, self._reader, labels, self._timing)

    def disable(self) -> None:
        """Stop reading and wait until the port is closed."""
        if self._reading is not None:
            self._reading.end()
            self._reading = None

    def check_health(self, level: HealthLevel) -> str:
        """CH_INTERNAL: whether the port is open. CH_EXTERNAL: it beeps, or says who it is, where it can."""
        if level is HealthLevel.CH_INTERNAL:
            self._connected()
            return "Successful"
        offered = [number for number in _TESTS if command_of(number) in self._tongue.commands]
        if level is HealthLevel.CH_INTERACTIVE or not offered:
            return super().check_health(level)
        _, answer = self.direct_io(offered[0], 0, None)
        return f"Successful: {answer}" if answer else "Successful"

    def direct_io(self, command: int, data: int, obj: Any) -> tuple[int, Any]:
        """A command by its DirectIo number; a question waits for its answer, and labels pass meanwhile.

        Raises UposError: E_ILLEGAL for what the dialect does not have, E_NOHARDWARE, E_TIMEOUT without an answer,
        E_FAILURE when the scanner refuses.
        """
        number = next((each for each in DirectIo if each == command), None)
        asked = b"" if number is None else self._tongue.commands.get(command_of(number), b"")
        if number is None or not asked:
            return super().direct_io(command, data, obj)
        reading = self._connected()
        if number not in QUESTIONS:
            reading.tell(asked)
            return data, obj
        answer = self._tongue.read_answer(reading.ask(asked))
        if not answer.ok:
            raise UposError(ErrorCode.E_FAILURE, f"the scanner refused {number.name}: {answer.text}", "see its manual")
        return data, answer.text

    def _connected(self) -> _Reading:
        if self._reading is None or not self._reading.connected:
            raise UposError(ErrorCode.E_NOHARDWARE, "the port is lost", "check the cable and the scanner's power")
        return self._reading

    def equipment(self) -> Equipment:
        """What the profile says."""
        return Equipment(model_name=self._model.description, interface=self.physical_device_name)

    def _reader(self) -> ScannerReader:
        return ScannerReader(self._open_its_port(self._model), self._tongue, self._rules, time.monotonic)

    def _open(self, address: str, model: ScannerProfile) -> Port:
        return open_port(address, model.serial, _CONNECT_TIMEOUT_S, self._tongue.hid_pages)


class _Labels:
    """From what a reader gives to what the device is told."""

    def __init__(self, inlet: EventCallbacks[Label], transmit_unknown: bool) -> None:
        self._inlet = inlet
        self._transmit_unknown = transmit_unknown

    def take(self, heard: Label | Event) -> bool:
        """Whether to go on reading."""
        if isinstance(heard, Label):
            wanted = self._transmit_unknown or heard.scan_data_type is not ScanDataType.UNKNOWN
            return not wanted or self._inlet.data(heard)
        if isinstance(heard, Damaged | Overlong):
            self._inlet.communication_error()
        if isinstance(heard, Overlong):
            self._inlet.error(ErrorCode.E_FAILURE, ExtendedCode.INPUT_TOO_LONG)
        return True

    def lost(self) -> None:
        self._inlet.communication_error()
        self._inlet.power(PowerState.PS_OFF_OFFLINE)
        self._inlet.error(ErrorCode.E_NOHARDWARE)

    def found(self) -> None:
        self._inlet.power(PowerState.PS_ONLINE)


class _Reading:
    """The thread that reads, from enable to disable."""

    def __init__(
        self,
        name: str,
        reader: ScannerReader,
        reopened: Callable[[], ScannerReader],
        labels: _Labels,
        timing: PortTiming,
    ) -> None:
        self.connected = True
        self._name = name
        self._reader = reader
        self._reopened = reopened
        self._labels = labels
        self._timing = timing
        self._stopped = threading.Event()
        self._asking = threading.Lock()
        self._answers: queue.SimpleQueue[bytes] | None = None
        self._port_in_hand = threading.Lock()  # a port that is being closed must not be woken: its numbers are reused
        self._thread = threading.Thread(target=self._run, name=f"scanner-{name}", daemon=True)
        self._thread.start()

    def tell(self, data: bytes) -> None:
        """Write a command. Raises UposError E_NOHARDWARE."""
        try:
            with self._port_in_hand:
                self._reader.port.write(data, self._timing.response_timeout_s)
        except PortError as problem:
            raise UposError(ErrorCode.E_NOHARDWARE, problem.what, problem.remedy) from problem

    def ask(self, data: bytes) -> bytes:
        """Write a question and wait for its answer; one at a time. Raises UposError E_NOHARDWARE or E_TIMEOUT."""
        with self._asking:
            answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
            timeout_s = self._timing.response_timeout_s
            self._answers = answers
            try:
                self.tell(data)
                return answers.get(timeout=timeout_s)
            except queue.Empty:
                what = f"the scanner did not answer in {timeout_s:g} s"
                raise UposError(
                    ErrorCode.E_TIMEOUT, what, "check that it is in the mode that its profile says"
                ) from None
            finally:
                self._answers = None

    def end(self) -> None:
        """End, and wait for it."""
        self._stopped.set()
        with self._port_in_hand:
            if self.connected:
                self._reader.port.wake()
        self._thread.join(_LONGEST_END_S)

    def _run(self) -> None:
        try:
            while not self._stopped.is_set():
                self._read()
        finally:
            self._hang_up()

    def _read(self) -> None:
        try:
            for heard in self._reader.read():
                self._take(heard)
        except PortLost:
            if not self._stopped.is_set():
                self._come_back()
        except Exception as fault:  # noqa: BLE001 - a fault of ours must not leave a till without its scanner
            _LOG.error("scanner %s: %s while reading; its port is opened anew", self._name, type(fault).__name__)
            self._come_back()

    def _take(self, heard: Label | Event) -> None:
        answers = self._answers
        if isinstance(heard, Reply):
            if answers is not None:
                answers.put(heard.data)
        elif not self._labels.take(heard):
            self._stopped.set()

    def _come_back(self) -> None:
        self._hang_up()
        self._labels.lost()
        pause_s = self._timing.first_reopen_s
        while not self.connected and not self._stopped.wait(pause_s):
            pause_s = min(2 * pause_s, self._timing.last_reopen_s)
            self._reopen()

    def _reopen(self) -> None:
        try:
            reader = self._reopened()
        except PortError:
            return
        with self._port_in_hand:
            self._reader = reader
            self.connected = True
        self._labels.found()

    def _hang_up(self) -> None:
        with self._port_in_hand:
            self.connected = False
            self._reader.close()


def rules_of(model: ScannerProfile, labels: Labels) -> LabelRules:
    """How labels are made, by what the profile knows of the scanner and the site file wishes."""
    return LabelRules(
        identifiers=model.symbology.types,
        identifier_is_suffix=model.symbology.identifier_place == "suffix",
        infer_symbology=labels.infer_symbology,
        raw_equals_label=labels.raw_equals_label,
        typed=model.dialect == "keyboard",
        retail=RetailRules(
            check_digits_sent=model.symbology.check_digits == "sent",
            compute_check_digits=labels.compute_check_digits,
            upca_as_ean13=labels.upca_as_ean13,
        ),
    )
