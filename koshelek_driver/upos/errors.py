"""The one exception of the device model."""

from __future__ import annotations

from koshelek_driver.errors import DriverError
from koshelek_driver.upos.codes import ErrorCode


class UposError(DriverError):
    """A call was refused, or the device failed: JposException, PosControlException, OPOS's ResultCode.

    `error_code` is the standard's result code; `error_code_extended` says more with E_EXTENDED, and may carry a
    vendor's number with any other code. The original, if there was one, is `__cause__`.
    """

    def __init__(self, error_code: ErrorCode, what: str, remedy: str = "", *, extended: int = 0) -> None:
        super().__init__(what, remedy)
        self.error_code = error_code
        self.error_code_extended = extended

    def __str__(self) -> str:
        return f"{self.error_code.name}: {self.what}"
