"""A scanner on a port: what is read goes through its dialect, and comes out as labels and what else it says."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from firmware_protocol.dialect import Event, Scan, Send
from koshelek_driver.errors import PortLost
from koshelek_driver.scanner import aim
from koshelek_driver.scanner.dialects import DialectBinding
from koshelek_driver.scanner.label import Label, LabelRules, label_of
from koshelek_driver.transport import Port

_LONGEST_WAIT_S = 0.5
_WRITE_TIMEOUT_S = 1.0


class ScannerReader:
    """Labels from one port, one after another, none merged and none lost while it is open."""

    def __init__(self, port: Port, tongue: DialectBinding, rules: LabelRules, clock: Callable[[], float]) -> None:
        self.port = port
        self._rules = rules
        self._clock = clock
        self._decoder = tongue.decoder(port.report_descriptor)
        self._tongue = tongue
        try:
            for data in tongue.first:
                port.write(data, _WRITE_TIMEOUT_S)
        except PortLost:
            port.close()
            raise

    def read(self) -> list[Label | Event]:
        """What one read of the port completes, often nothing; blocks half a second at most. Raises PortLost.

        Acknowledgements are sent on the way. A Label stands for each Scan.
        """
        now = self._clock()
        end_of_frame = self._decoder.deadline() or now + _LONGEST_WAIT_S
        data = self.port.read(max(0.0, min(end_of_frame - now, _LONGEST_WAIT_S)))
        heard: list[Label | Event] = []
        for event in self._decoder.feed(data, self._clock()):
            self._take(event, heard)
        return heard

    def close(self) -> None:
        """Tell the scanner, as far as it listens, and close the port."""
        with contextlib.suppress(PortLost):
            for data in self._tongue.last:
                self.port.write(data, _WRITE_TIMEOUT_S)
        self.port.close()

    def _take(self, event: Event, heard: list[Label | Event]) -> None:
        if isinstance(event, Send):
            self.port.write(event.data, _WRITE_TIMEOUT_S)
        elif not isinstance(event, Scan):
            heard.append(event)
        elif aim.is_bar_code(event.aim + event.data):
            heard.append(label_of(event, self._tongue.types, self._rules))
