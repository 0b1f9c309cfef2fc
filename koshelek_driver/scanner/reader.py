"""A scanner on a port: read, frame, label."""

from __future__ import annotations

from collections.abc import Callable

from firmware_protocol.framing import Overlong, TerminatorFramer
from koshelek_driver.profile import ScannerProfile
from koshelek_driver.scanner import aim
from koshelek_driver.scanner.label import Label, LabelRules, read_label
from koshelek_driver.transport import Port

_LONGEST_WAIT_S = 0.5


class ScannerReader:
    """Labels from one port, one after another, none merged and none lost while it is open."""

    def __init__(self, port: Port, profile: ScannerProfile, rules: LabelRules, clock: Callable[[], float]) -> None:
        framing = profile.framing
        self.port = port
        self._rules = rules
        self._clock = clock
        self._framer = TerminatorFramer(framing.terminator_bytes, framing.idle_s, framing.max_length)

    def read(self) -> list[Label | Overlong]:
        """What one read of the port completes, often nothing; blocks half a second at most. Raises PortLost."""
        now = self._clock()
        end_of_frame = self._framer.deadline() or now + _LONGEST_WAIT_S
        data = self.port.read(max(0.0, min(end_of_frame - now, _LONGEST_WAIT_S)))
        frames = self._framer.feed(data, self._clock())
        return [
            frame if isinstance(frame, Overlong) else read_label(frame.data, self._rules)
            for frame in frames
            if isinstance(frame, Overlong) or aim.is_bar_code(frame.data)
        ]
