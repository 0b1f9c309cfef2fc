"""The driver's own device service of the category Scanner: any scanner with a profile, on its port."""

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
from koshelek_driver.config.sections import DeviceEntry, Labels
from koshelek_driver.errors import PortError, PortLost
from koshelek_driver.scanner.commands import QUERIES, DirectIo, command_of
from koshelek_driver.scanner.dialects import build_binding
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
"""Longest wait for the reading thread to end: it may be inside a read or an attempt to open the port."""


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
    """One scanner. While it is enabled, its own thread reads the port and hands in labels.

    A lost port is opened again, first after 0.2 s, then at doubled intervals of at most 5 s. PowerState reflects the
    port: an RS-232 scanner that is switched off looks ONLINE.
    """

    device_service_description: ClassVar[str] = "Koshelek Driver scanner on a port"
    cap_power_reporting = PowerReporting.PR_STANDARD

    def __init__(
        self,
        name: str,
        entry: DeviceEntry,
        open_its_port: Callable[[ScannerProfile], Port] | None = None,
        timing: PortTiming = PortTiming(),
    ) -> None:
        """Prepare; the port is not touched. `open_its_port` replaces the opening of `entry.port`."""
        check_address(entry.port)
        self._model = profile.scanner(entry.profile)
        self._binding = build_binding(self._model)
        self._rules = build_rules(self._model, entry.labels)
        self._transmit_unknown = entry.labels.transmit_unknown
        self._open_its_port = open_its_port or (lambda model: self._open(entry.port, model))
        self._name = name
        self._timing = timing
        self._thread: _ReadingThread | None = None
        self.claim_key = hardware_of(entry.port)
        self.physical_device_description = self._model.description
        self.physical_device_name = f"{entry.profile} at {entry.port}"

    def enable(self, callbacks: EventCallbacks[Label]) -> None:
        """Open the port and start to read; labels scanned before are not read.

        Raises UposError E_NOHARDWARE if the port cannot be opened. Blocks for at most some 3 s.
        """
        try:
            reader = self._open_reader()
        except PortError as problem:
            raise UposError(ErrorCode.E_NOHARDWARE, problem.what, problem.remedy) from problem
        reporter = _Reporter(callbacks, self._transmit_unknown)
        self._thread = _ReadingThread(self._name, reader, self._open_reader, reporter, self._timing)

    def disable(self) -> None:
        """Stop reading and wait until the port is closed."""
        if self._thread is not None:
            self._thread.end()
            self._thread = None

    def check_health(self, level: HealthLevel) -> str:
        """Test the port (CH_INTERNAL), or the scanner (CH_EXTERNAL): ask for its information, or let it beep."""
        if level is HealthLevel.CH_INTERNAL:
            self._connected()
            return "Successful"
        offered = [number for number in _TESTS if command_of(number) in self._binding.commands]
        if level is HealthLevel.CH_INTERACTIVE or not offered:
            return super().check_health(level)
        _, text = self.direct_io(offered[0], 0, None)
        return f"Successful: {text}" if text else "Successful"

    def direct_io(self, command: int, data: int, obj: Any) -> tuple[int, Any]:
        """Send a command by its DirectIo number; a query waits up to 2 s for its response.

        Labels that come during the wait are delivered.

        Raises:
            UposError: E_ILLEGAL if the dialect has no such command, E_NOHARDWARE without the port, E_TIMEOUT without a
                response, E_FAILURE if the scanner refuses.
        """
        number = next((each for each in DirectIo if each == command), None)
        to_send = b"" if number is None else self._binding.commands.get(command_of(number), b"")
        if number is None or not to_send:
            return super().direct_io(command, data, obj)
        thread = self._connected()
        if number not in QUERIES:
            thread.write(to_send)
            return data, obj
        response = self._binding.parse_answer(thread.request(to_send))
        if not response.ok:
            what = f"the scanner refused {number.name}: {response.text}"
            raise UposError(ErrorCode.E_FAILURE, what, "see its manual")
        return data, response.text

    def _connected(self) -> _ReadingThread:
        if self._thread is None or not self._thread.connected:
            raise UposError(ErrorCode.E_NOHARDWARE, "the port is lost", "check the cable and the scanner's power")
        return self._thread

    def equipment(self) -> Equipment:
        """Return the description in the profile, and the port."""
        return Equipment(model_name=self._model.description, interface=self.physical_device_name)

    def _open_reader(self) -> ScannerReader:
        return ScannerReader(self._open_its_port(self._model), self._binding, self._rules, time.monotonic)

    def _open(self, address: str, model: ScannerProfile) -> Port:
        return open_port(address, model.serial, _CONNECT_TIMEOUT_S, self._binding.hid_pages)


class _Reporter:
    """Reports to the device: labels, faults of the dialect, a lost port."""

    def __init__(self, callbacks: EventCallbacks[Label], transmit_unknown: bool) -> None:
        self._callbacks = callbacks
        self._transmit_unknown = transmit_unknown

    def report(self, event: Label | Event) -> bool:
        """Report one event; False when the device is disabled, so reading ends."""
        if isinstance(event, Label):
            wanted = self._transmit_unknown or event.scan_data_type is not ScanDataType.UNKNOWN
            return not wanted or self._callbacks.data(event)
        if isinstance(event, Damaged | Overlong):
            self._callbacks.communication_error()
        if isinstance(event, Overlong):
            self._callbacks.error(ErrorCode.E_FAILURE, ExtendedCode.INPUT_TOO_LONG)
        return True

    def lost(self) -> None:
        self._callbacks.communication_error()
        self._callbacks.power(PowerState.PS_OFF_OFFLINE)
        self._callbacks.error(ErrorCode.E_NOHARDWARE)

    def reconnected(self) -> None:
        self._callbacks.power(PowerState.PS_ONLINE)


class _ReadingThread:
    """The thread that reads the port, from enable to disable."""

    def __init__(
        self,
        name: str,
        reader: ScannerReader,
        reopen: Callable[[], ScannerReader],
        reporter: _Reporter,
        timing: PortTiming,
    ) -> None:
        self.connected = True
        self._name = name
        self._reader = reader
        self._reopen_reader = reopen
        self._reporter = reporter
        self._timing = timing
        self._stopped = threading.Event()
        self._request_lock = threading.Lock()
        self._responses: queue.SimpleQueue[bytes] | None = None
        # A closed port must not be written to or woken: the system gives its file number to the next file opened.
        self._port_lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=f"scanner-{name}", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        """Write a command. Raises UposError E_NOHARDWARE."""
        try:
            with self._port_lock:
                self._reader.port.write(data, self._timing.response_timeout_s)
        except PortError as problem:
            raise UposError(ErrorCode.E_NOHARDWARE, problem.what, problem.remedy) from problem

    def request(self, data: bytes) -> bytes:
        """Write a query and wait for its response; one at a time. Raises UposError E_NOHARDWARE or E_TIMEOUT."""
        with self._request_lock:
            responses: queue.SimpleQueue[bytes] = queue.SimpleQueue()
            timeout_s = self._timing.response_timeout_s
            self._responses = responses
            try:
                self.write(data)
                return responses.get(timeout=timeout_s)
            except queue.Empty:
                what = f"the scanner did not answer in {timeout_s:g} s"
                raise UposError(
                    ErrorCode.E_TIMEOUT, what, "check that it is in the mode that its profile says"
                ) from None
            finally:
                self._responses = None

    def end(self) -> None:
        """Stop the thread and wait for its end."""
        self._stopped.set()
        with self._port_lock:
            if self.connected:
                self._reader.port.wake()
        self._thread.join(_LONGEST_END_S)

    def _run(self) -> None:
        try:
            while not self._stopped.is_set():
                self._read()
        finally:
            self._close_port()

    def _read(self) -> None:
        try:
            for event in self._reader.read():
                self._take(event)
        except PortLost:
            if not self._stopped.is_set():
                self._reconnect()
        except Exception as fault:  # noqa: BLE001 - a fault of ours must not leave a till without its scanner
            _LOG.error("scanner %s: %s while reading; its port is opened anew", self._name, type(fault).__name__)
            self._reconnect()

    def _take(self, event: Label | Event) -> None:
        responses = self._responses
        if isinstance(event, Reply):
            if responses is not None:
                responses.put(event.data)
        elif not self._reporter.report(event):
            self._stopped.set()

    def _reconnect(self) -> None:
        self._close_port()
        self._reporter.lost()
        pause_s = self._timing.first_reopen_s
        while not self.connected and not self._stopped.wait(pause_s):
            pause_s = min(2 * pause_s, self._timing.last_reopen_s)
            self._try_to_reopen()

    def _try_to_reopen(self) -> None:
        try:
            reader = self._reopen_reader()
        except PortError:
            return
        with self._port_lock:
            self._reader = reader
            self.connected = True
        self._reporter.reconnected()

    def _close_port(self) -> None:
        with self._port_lock:
            self.connected = False
            self._reader.close()


def build_rules(model: ScannerProfile, labels: Labels) -> LabelRules:
    """Return the rules for labels: the scanner's from its profile, the shop's from the site file."""
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
