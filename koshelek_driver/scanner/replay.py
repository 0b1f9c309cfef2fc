"""Replay a recorded transcript through a profile: the labels that it gives."""

from __future__ import annotations

from koshelek_driver.config.profile import ScannerProfile
from koshelek_driver.config.sections import Labels
from koshelek_driver.errors import PortLost
from koshelek_driver.scanner.dialects import build_binding
from koshelek_driver.scanner.label import Label
from koshelek_driver.scanner.reader import ScannerReader
from koshelek_driver.scanner.service import build_rules
from koshelek_driver.transport.transcript import ReplayPort, Transcript


def labels_of(transcript: Transcript, model: ScannerProfile) -> list[tuple[str, str]]:
    """Return type and text of every label; the pauses of the transcript are skipped."""
    port = ReplayPort(transcript)
    reader = ScannerReader(port, build_binding(model), build_rules(model, Labels()), lambda: port.now_s)
    labels: list[tuple[str, str]] = []
    try:
        while True:
            completed = [each for each in reader.read() if isinstance(each, Label)]
            labels += [(label.scan_data_type.name, label.text) for label in completed]
    except PortLost:
        return labels
