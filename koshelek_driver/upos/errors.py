"""The one exception of the device model."""

from __future__ import annotations

from koshelek_driver.errors import DriverError
from koshelek_driver.upos.codes import ErrorCode


class UposError(DriverError):
    """A refused call, or a failure of the device: JposException, PosControlException, OPOS's ResultCode.

    `error_code` is the standard's result code; `error_code_extended` adds detail to E_EXTENDED, and may carry a
    vendor's number with any other code. The original exception, if there was one, is `__cause__`.
    """

    def __init__(self, error_code: ErrorCode, what: str, remedy: str = "", *, extended: int = 0) -> None:
        super().__init__(what, remedy)
        self.error_code = error_code
        self.error_code_extended = extended

    def __str__(self) -> str:
        return f"{self.error_code.name}: {self.what}"
