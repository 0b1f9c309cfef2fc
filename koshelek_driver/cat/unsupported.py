"""The methods of a CAT for which the API has no call. Their capabilities are false."""
# ruff: noqa: ARG002 - the parameters are the standard's

from __future__ import annotations

from koshelek_driver.cat.members import CatMembers
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.members import V1_9, Stage, method


class UnsupportedMethods(CatMembers):
    """All of them raise E_ILLEGAL."""

    @method("authorizePreSales", needs=Stage.ENABLED, idle=True)
    def authorize_pre_sales(self, sequence_number: int, amount: int, tax_others: int, timeout: int) -> None:
        """Raises E_ILLEGAL: CapAuthorizePreSales is false."""
        raise _lacking("authorizePreSales", "CapAuthorizePreSales")

    @method("authorizeCompletion", needs=Stage.ENABLED, idle=True)
    def authorize_completion(self, sequence_number: int, amount: int, tax_others: int, timeout: int) -> None:
        """Raises E_ILLEGAL: CapAuthorizeCompletion is false."""
        raise _lacking("authorizeCompletion", "CapAuthorizeCompletion")

    @method("authorizeVoidPreSales", needs=Stage.ENABLED, idle=True)
    def authorize_void_pre_sales(self, sequence_number: int, amount: int, tax_others: int, timeout: int) -> None:
        """Raises E_ILLEGAL: CapAuthorizeVoidPreSales is false."""
        raise _lacking("authorizeVoidPreSales", "CapAuthorizeVoidPreSales")

    @method("cashDeposit", needs=Stage.ENABLED, since=V1_9, idle=True)
    def cash_deposit(self, sequence_number: int, amount: int, timeout: int) -> None:
        """Raises E_ILLEGAL: CapCashDeposit is false."""
        raise _lacking("cashDeposit", "CapCashDeposit")

    @method("lockTerminal", needs=Stage.ENABLED, since=V1_9, idle=True)
    def lock_terminal(self) -> None:
        """Raises E_ILLEGAL: CapLockTerminal is false."""
        raise _lacking("lockTerminal", "CapLockTerminal")

    @method("unlockTerminal", needs=Stage.ENABLED, since=V1_9, idle=True)
    def unlock_terminal(self) -> None:
        """Raises E_ILLEGAL: CapUnlockTerminal is false."""
        raise _lacking("unlockTerminal", "CapUnlockTerminal")


def _lacking(what: str, capability: str) -> UposError:
    return UposError(ErrorCode.E_ILLEGAL, f"{what}: Koshelek Pay has no such call", f"read {capability}")
