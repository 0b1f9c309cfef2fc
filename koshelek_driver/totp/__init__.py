"""The public interface for authors of TOTP modules.

A module is a class with the methods of `TotpModule`, offered by its package as an entry point of the group
`TOTP_MODULE_GROUP`: a callable without arguments that makes it. `koshelek_driver/card/README.md` has an example.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from koshelek_driver.card.presentation import CardPresentation
    from koshelek_driver.card.rate_limit import Guesses
    from koshelek_driver.card.totp import (
        MODULE_CODES,
        Answer,
        CardMemory,
        Parameters,
        ResultCode,
        TotpModule,
        Verification,
    )
    from koshelek_driver.config.checks import TOTP_MODULE_GROUP
    from koshelek_driver.errors import TotpModuleError
    from koshelek_driver.secrets import Secret
    from koshelek_driver.upos.codes import ScanDataType

__all__ = [
    "MODULE_CODES",
    "TOTP_MODULE_GROUP",
    "Answer",
    "CardMemory",
    "CardPresentation",
    "Guesses",
    "Parameters",
    "ResultCode",
    "ScanDataType",
    "Secret",
    "TotpModule",
    "TotpModuleError",
    "Verification",
]

_HOMES = {
    "MODULE_CODES": "koshelek_driver.card.totp",
    "TOTP_MODULE_GROUP": "koshelek_driver.config.checks",
    "Answer": "koshelek_driver.card.totp",
    "CardMemory": "koshelek_driver.card.totp",
    "CardPresentation": "koshelek_driver.card.presentation",
    "Guesses": "koshelek_driver.card.rate_limit",
    "Parameters": "koshelek_driver.card.totp",
    "ResultCode": "koshelek_driver.card.totp",
    "ScanDataType": "koshelek_driver.upos.codes",
    "Secret": "koshelek_driver.secrets",
    "TotpModule": "koshelek_driver.card.totp",
    "TotpModuleError": "koshelek_driver.errors",
    "Verification": "koshelek_driver.card.totp",
}


def __getattr__(name: str) -> Any:
    """Import a public name at its first use, so that unused ones cost nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
