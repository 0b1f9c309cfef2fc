"""Everything this driver raises.

    DriverError                what came, what was expected, and `remedy`: what to do
    ├── UsageError             a call or a command line that cannot be meant
    ├── SiteError              the till's site file, or a file it names
    │   ├── ProfileError       a device profile
    │   └── SecretError        a login, password or key that cannot be had
    ├── PortError              a serial port or socket
    │   ├── PortNotOpened      nothing was written
    │   └── PortLost           it broke while in use
    ├── UposError              a UnifiedPOS member was refused, with its result code (upos/errors.py)
    ├── ScanTimeout            nobody scanned in time
    ├── CallCanceled           the cashier cancelled before anything was sent
    │   └── ScanCanceled       while the till waited for a scan
    ├── CardError              no card can be read at this till
    ├── TotpModuleError        the module that checks one-time passwords cannot answer
    ├── JournalError           the journal cannot be read or written
    ├── LedgerError            the shop's ledger cannot be asked; nothing was begun
    └── BusyError              another program holds this till

Money is never reported by an exception: a sale ends in an `Outcome`, which may be `unknown`.
"""

from __future__ import annotations

from collections.abc import Iterable


class DriverError(Exception):
    """The root. `str()` gives what happened; `remedy` says what to do, and may be empty."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


class UsageError(DriverError):
    """A call or a command line that cannot be meant."""


class SiteError(DriverError):
    """The till's site file, or a file it names, is wrong."""


class ProfileError(SiteError):
    """A device profile is missing or wrong."""


class SecretError(SiteError):
    """A login, password or key cannot be had from where the site file says."""


class PortError(DriverError):
    """A serial port or socket."""


class PortNotOpened(PortError):  # noqa: N818 - says what happened, as its sibling does
    """The port did not open; nothing was written."""


class PortLost(PortError):  # noqa: N818
    """The port broke while in use; what was written may or may not have arrived."""


class ScanTimeout(DriverError):  # noqa: N818
    """Nobody scanned in time."""


class CallCanceled(DriverError):  # noqa: N818
    """The cashier cancelled before anything was sent."""


class ScanCanceled(CallCanceled):
    """The cashier cancelled while the till waited for a scan."""


class CardError(DriverError):
    """No card can be read at this till. A card that cannot pay is an outcome, not an error."""


class TotpModuleError(DriverError):
    """The module that checks one-time passwords cannot answer."""


class JournalError(DriverError):
    """The journal cannot be read or written."""


class LedgerError(DriverError):
    """The shop's ledger cannot be asked; nothing was begun."""


class BusyError(DriverError):
    """Another program holds this till."""


def nearest(word: str, known: Iterable[str]) -> str:
    """A remedy that names the known word closest to what came, or all of them."""
    import difflib

    words = {name.lower(): name for name in sorted(known)}
    close = difflib.get_close_matches(word.lower(), words, n=1)
    return f"did you mean '{words[close[0]]}'?" if close else f"allowed: {', '.join(words.values())}"
