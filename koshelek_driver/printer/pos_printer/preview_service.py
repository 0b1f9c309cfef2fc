"""The device service `preview`: a POSPrinter without a printer, whose receipts are drawn.

In the site file: `category = "POSPrinter"`, `service = "preview"`, the `profile` of the printer that it stands for, and
under `settings` the `folder` for the receipts, each as PNG and as text. Needs the extra `drawn`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from firmware_protocol.escpos.tokenizer import Tokenizer
from koshelek_driver.config import profile
from koshelek_driver.config.sections import DeviceEntry
from koshelek_driver.printer.condition import PrinterStatus
from koshelek_driver.printer.job_state import JobState
from koshelek_driver.printer.pos_printer.service import PrinterService
from koshelek_driver.printer.preview import Preview, build_emulator
from koshelek_driver.printer.receipt_printer import Printing, PrintResult
from koshelek_driver.upos.codes import HealthLevel


class PreviewPrinter(PrinterService):
    """Draws every job and is never out of paper.

    `receipts` are the pieces that were cut, or torn off by disable.
    """

    device_service_description: ClassVar[str] = "Koshelek Driver preview of a printer"

    def __init__(self, name: str, entry: DeviceEntry) -> None:
        self.profile = profile.printer(entry.profile)
        self.folder = Path(entry.settings.get("folder") or tempfile.mkdtemp(prefix="koshelek-preview-"))
        self.receipts: list[Preview] = []
        self._emulator = build_emulator(self.profile, self._keep)
        self._reader = Tokenizer()
        self.claim_key = f"preview:{name}:{self.folder}"
        self.physical_device_name = f"preview of {entry.profile} in {self.folder}"
        self.physical_device_description = self.profile.description

    def begin(self, units: Sequence[bytes]) -> tuple[PrintResult, Printing | None]:
        """Draw the job at once."""
        for token in self._reader.feed(b"".join(units)):
            self._emulator.execute(token)
        return PrintResult(JobState.ACKNOWLEDGED), None

    def status(self) -> PrinterStatus:
        """Return a status without faults."""
        return PrinterStatus(True, answered=True)

    def form_is_in(self) -> bool | None:
        """Return None: there are no forms."""
        return None

    def check_health(self, level: HealthLevel) -> str:
        """Succeed for CH_INTERNAL; other levels are E_ILLEGAL."""
        return "Successful" if level is HealthLevel.CH_INTERNAL else super().check_health(level)

    def disable(self) -> None:
        """Tear off the paper that was not cut."""
        self._emulator.finish()

    def _keep(self, shown: Preview) -> None:
        self.receipts.append(shown)
        self.folder.mkdir(parents=True, exist_ok=True)
        png = self.folder / f"receipt-{len(self.receipts):04d}.png"
        shown.save(png)
        png.with_suffix(".txt").write_text("\n".join(shown.lines) + "\n", encoding="utf-8")
