"""UnifiedPOS methods of a CAT that the Pay API has no call for. Their capabilities are false; each raises E_ILLEGAL.

They are functions, not a base class: the CAT takes them over one by one, as it does its own.
"""
# ruff: noqa: ARG001 - the parameters are the standard's

from __future__ import annotations

from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.members import V1_9, Guarded, Stage, method


@method("authorizePreSales", needs=Stage.ENABLED, idle=True)
def authorize_pre_sales(device: Guarded, sequence_number: int, amount: int, tax_others: int, timeout: int) -> None:
    """Raise E_ILLEGAL: CapAuthorizePreSales is false."""
    raise _unsupported("authorizePreSales", "CapAuthorizePreSales")


@method("authorizeCompletion", needs=Stage.ENABLED, idle=True)
def authorize_completion(device: Guarded, sequence_number: int, amount: int, tax_others: int, timeout: int) -> None:
    """Raise E_ILLEGAL: CapAuthorizeCompletion is false."""
    raise _unsupported("authorizeCompletion", "CapAuthorizeCompletion")


@method("authorizeVoidPreSales", needs=Stage.ENABLED, idle=True)
def authorize_void_pre_sales(device: Guarded, sequence_number: int, amount: int, tax_others: int, timeout: int) -> None:
    """Raise E_ILLEGAL: CapAuthorizeVoidPreSales is false."""
    raise _unsupported("authorizeVoidPreSales", "CapAuthorizeVoidPreSales")


@method("cashDeposit", needs=Stage.ENABLED, since=V1_9, idle=True)
def cash_deposit(device: Guarded, sequence_number: int, amount: int, timeout: int) -> None:
    """Raise E_ILLEGAL: CapCashDeposit is false."""
    raise _unsupported("cashDeposit", "CapCashDeposit")


@method("lockTerminal", needs=Stage.ENABLED, since=V1_9, idle=True)
def lock_terminal(device: Guarded) -> None:
    """Raise E_ILLEGAL: CapLockTerminal is false."""
    raise _unsupported("lockTerminal", "CapLockTerminal")


@method("unlockTerminal", needs=Stage.ENABLED, since=V1_9, idle=True)
def unlock_terminal(device: Guarded) -> None:
    """Raise E_ILLEGAL: CapUnlockTerminal is false."""
    raise _unsupported("unlockTerminal", "CapUnlockTerminal")


def _unsupported(name: str, capability: str) -> UposError:
    return UposError(ErrorCode.E_ILLEGAL, f"{name}: Koshelek Pay has no such call", f"read {capability}")
