"""Read one port through its dialect: bytes in, labels and other events of the scanner out."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from firmware_protocol.dialect import Event, Scan, Send
from koshelek_driver.errors import PortLost
from koshelek_driver.scanner.dialects import DialectBinding
from koshelek_driver.scanner.label import Label, LabelRules, label_from_scan
from koshelek_driver.transport import Port

_LONGEST_WAIT_S = 0.5
_WRITE_TIMEOUT_S = 1.0


class ScannerReader:
    """The labels of one open port, one after another, none merged and none lost.

    Not thread-safe, except that another thread may write to `port`.
    """

    def __init__(self, port: Port, binding: DialectBinding, rules: LabelRules, now_s: Callable[[], float]) -> None:
        self.port = port
        self._rules = rules
        self._now_s = now_s
        self._decoder = binding.decoder(port.report_descriptor)
        self._binding = binding
        try:
            for data in binding.first:
                port.write(data, _WRITE_TIMEOUT_S)
        except PortLost:
            port.close()
            raise

    def read(self) -> list[Label | Event]:
        """Read the port once and return what that completes, often nothing.

        Blocks half a second at most. Acknowledgements that the dialect demands are written on the way. Each Scan of the
        dialect becomes a Label; messages of the scanner itself (`]Z`) are dropped. Raises PortLost.
        """
        now_s = self._now_s()
        end_of_frame_s = self._decoder.deadline() or now_s + _LONGEST_WAIT_S
        data = self.port.read(max(0.0, min(end_of_frame_s - now_s, _LONGEST_WAIT_S)))
        completed: list[Label | Event] = []
        for event in self._decoder.feed(data, self._now_s()):
            self._take(event, completed)
        return completed

    def close(self) -> None:
        """Send the dialect's last commands if the port still works, and close it."""
        with contextlib.suppress(PortLost):
            for data in self._binding.last:
                self.port.write(data, _WRITE_TIMEOUT_S)
        self.port.close()

    def _take(self, event: Event, completed: list[Label | Event]) -> None:
        if isinstance(event, Send):
            self.port.write(event.data, _WRITE_TIMEOUT_S)
        elif not isinstance(event, Scan):
            completed.append(event)
        elif (label := label_from_scan(event, self._binding.types, self._rules)) is not None:
            completed.append(label)
