"""A scanner on a pseudo-terminal: paced, split, back to back, unplugged."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from koshelek_driver import profile
from koshelek_driver.errors import PortLost, ScanCanceled, ScanTimeout
from koshelek_driver.sandbox.scanner import VirtualScanner
from koshelek_driver.sandbox.symbols import SYMBOLOGIES, draw
from koshelek_driver.scanner.reader import ScannerReader
from koshelek_driver.transport import open_port
from koshelek_driver.upos.codes import ScanDataType

LABEL = "CM4601234567893A1B2C3782"
MODEL = profile.scanner("generic-serial")
TYPES = {
    "qr": ScanDataType.QRCODE,
    "code128": ScanDataType.CODE128,
    "pdf417": ScanDataType.PDF417,
    "datamatrix": ScanDataType.DATAMATRIX,
}


@pytest.fixture(
    params=[(115_200, 64), (9600, 1), (115_200, 1), (9600, 16)], ids=lambda way: f"{way[0]}-baud-by-{way[1]}"
)
def scanner(request: pytest.FixtureRequest) -> Iterator[VirtualScanner]:
    baud_rate, chunk = request.param
    virtual = VirtualScanner(baud_rate=baud_rate, chunk=chunk)
    yield virtual
    virtual.close()


@pytest.fixture
def reader(scanner: VirtualScanner) -> Iterator[ScannerReader]:
    opened = ScannerReader(open_port(scanner.port, MODEL.serial, 1.0), MODEL, time.monotonic)
    yield opened
    opened.close()


@pytest.mark.parametrize("symbology", SYMBOLOGIES)
def test_a_drawn_symbol_arrives_as_the_label_that_it_holds(
    symbology: str, scanner: VirtualScanner, reader: ScannerReader
) -> None:
    sent = threading.Thread(target=scanner.show, args=(draw(LABEL, symbology),))
    sent.start()
    label = reader.wait(5.0)
    sent.join()
    assert (label.text, label.scan_data_type) == (LABEL, TYPES[symbology])


def test_labels_back_to_back_are_neither_merged_nor_lost(scanner: VirtualScanner, reader: ScannerReader) -> None:
    wanted = [f"CM{number:013d}" for number in range(20)]
    scanner.send(b"".join(f"]C0{label}\r\n".encode() for label in wanted))
    assert [reader.wait(5.0).text for _ in wanted] == wanted


def test_a_label_without_a_terminator_ends_with_silence(scanner: VirtualScanner, reader: ScannerReader) -> None:
    scanner.send(b"]Q1" + LABEL.encode())
    assert reader.wait(2.0).text == LABEL


def test_an_overlong_run_is_counted_and_the_next_label_works(scanner: VirtualScanner, reader: ScannerReader) -> None:
    scanner._byte_s = 0.0
    sent = threading.Thread(target=scanner.send, args=(b"x" * 5000 + b"\rgood\r",))
    sent.start()
    assert reader.wait(10.0).text == "good"
    sent.join()
    assert reader.overlong_count == 1


def test_nobody_scanning_is_a_timeout(reader: ScannerReader) -> None:
    with pytest.raises(ScanTimeout, match=r"0\.05 s"):
        reader.wait(0.05)


def test_a_cancel_ends_the_wait(reader: ScannerReader) -> None:
    asked = iter([False, True])
    with pytest.raises(ScanCanceled, match="cashier cancelled"):
        reader.wait(60.0, lambda: next(asked))


def test_silence_is_noticed_as_soon_as_it_may_end_a_label() -> None:
    class FakePort:
        """Sends half a label, then nothing; notes how long it was waited for."""

        def __init__(self) -> None:
            self.now_s, self.waits = 100.0, list[float]()

        def read(self, timeout_s: float) -> bytes:
            self.waits.append(timeout_s)
            if len(self.waits) == 1:
                return b"46012345"
            self.now_s += timeout_s
            return b""

        def write(self, data: bytes, timeout_s: float) -> None: ...

        def close(self) -> None: ...

    port = FakePort()
    assert ScannerReader(port, MODEL, lambda: port.now_s).wait(10.0).text == "46012345"
    assert port.waits[1] == pytest.approx(MODEL.framing.idle_s)
    assert len(port.waits) == 2


def test_an_unplugged_scanner_is_a_lost_port(scanner: VirtualScanner, reader: ScannerReader) -> None:
    scanner.close()
    with pytest.raises(PortLost, match="was lost"):
        reader.wait(1.0)
