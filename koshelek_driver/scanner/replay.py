"""A transcript through a profile: the labels that come of it."""

from __future__ import annotations

from koshelek_driver.config.profile import ScannerProfile
from koshelek_driver.config.sections import Labels
from koshelek_driver.errors import PortLost
from koshelek_driver.scanner.dialects import tongue
from koshelek_driver.scanner.label import Label
from koshelek_driver.scanner.reader import ScannerReader
from koshelek_driver.scanner.service import rules_of
from koshelek_driver.transport.transcript import ReplayPort, Transcript


def labels_of(transcript: Transcript, model: ScannerProfile) -> list[tuple[str, str]]:
    """Type and text of every label; takes no time, whatever the transcript says."""
    port = ReplayPort(transcript)
    reader = ScannerReader(port, tongue(model), rules_of(model, Labels()), lambda: port.now_s)
    labels: list[tuple[str, str]] = []
    try:
        while True:
            heard = [each for each in reader.read() if isinstance(each, Label)]
            labels += [(label.scan_data_type.name, label.text) for label in heard]
    except PortLost:
        return labels
