"""The category CAT of UnifiedPOS: authorize, void, refund, check a card, daily log."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from koshelek_driver.card.totp import Verification
from koshelek_driver.cat import unsupported, wallet_calls
from koshelek_driver.cat.currency import to_kopecks
from koshelek_driver.cat.daily_log import daily_log
from koshelek_driver.cat.information import Asked, build_information, parse_information
from koshelek_driver.cat.request import CatRequest, Work
from koshelek_driver.cat.results import read_identifiers, translated
from koshelek_driver.cat.service import Wallet, WalletService
from koshelek_driver.config import site as site_files
from koshelek_driver.errors import DriverError
from koshelek_driver.payment.cancel import CancelToken
from koshelek_driver.payment.outcome import Outcome, Payment, Refund
from koshelek_driver.upos.cat_codes import CatExtended, DailyLogType, LogStatus, PaymentMedia, TransactionType
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.members import V1_5, V1_9, V1_13, ReadOnly, Stage, Writable, method, version
from koshelek_driver.upos.output import Output, OutputDevice
from koshelek_driver.upos.registry import DeviceEntry, DeviceSource, Factory

_DONE = (Outcome.PAID, Outcome.REFUNDED)
_TAKEN_BACK = (Outcome.REFUNDED, Outcome.CANCELED)


class CAT(OutputDevice):
    """The wallet as a card terminal: open, claim, enable, authorize_sales.

    A synchronous call returns when it has succeeded: a sale, void or refund when the money has moved (in TrainingMode
    none does). Otherwise it raises UposError: E_EXTENDED with CENTERERROR (CenterResultCode has the reason), DEFICIENT,
    COMMUNICATIONERROR or RESET (cancelled), or E_TIMEOUT. Only E_EXTENDED with OUTCOME_UNKNOWN means that money may
    have moved. Amounts have four implied decimals.

    Only a success sets identifiers, and they stay after a later failure. Every end sets CenterResultCode.
    """

    category: ClassVar[str] = "CAT"
    first_version = version(1, 4)
    output_limit: ClassVar[int] = 1

    account_number = ReadOnly("AccountNumber", str, "The card that paid: its last four digits.", initial="")
    additional_security_information = Writable(
        "AdditionalSecurityInformation",
        str,
        "JSON: input of a call, then its result. See the README of this folder.",
        initial="",
    )
    approval_code = ReadOnly("ApprovalCode", str, "The provider's control value, else the transaction.", initial="")
    balance = ReadOnly("Balance", int, "0: a wallet does not report its balance.", initial=0, since=V1_9)
    cap_additional_security_information = ReadOnly("CapAdditionalSecurityInformation", bool, "True.", initial=True)
    cap_authorize_completion = ReadOnly("CapAuthorizeCompletion", bool, "False.", initial=False)
    cap_authorize_pre_sales = ReadOnly("CapAuthorizePreSales", bool, "False.", initial=False)
    cap_authorize_refund = ReadOnly("CapAuthorizeRefund", bool, "True.", initial=True)
    cap_authorize_void = ReadOnly("CapAuthorizeVoid", bool, "True.", initial=True)
    cap_authorize_void_pre_sales = ReadOnly("CapAuthorizeVoidPreSales", bool, "False.", initial=False)
    cap_cash_deposit = ReadOnly("CapCashDeposit", bool, "False.", initial=False, since=V1_9)
    cap_center_result_code = ReadOnly("CapCenterResultCode", bool, "True.", initial=True)
    cap_check_card = ReadOnly("CapCheckCard", bool, "True.", initial=True)
    cap_daily_log = ReadOnly(
        "CapDailyLog", DailyLogType, "REPORTING_SETTLEMENT.", initial=DailyLogType.REPORTING_SETTLEMENT
    )
    cap_installments = ReadOnly("CapInstallments", bool, "False.", initial=False)
    cap_lock_terminal = ReadOnly("CapLockTerminal", bool, "False.", initial=False, since=V1_9)
    cap_log_status = ReadOnly("CapLogStatus", bool, "True.", initial=True, since=V1_9)
    cap_payment_detail = ReadOnly("CapPaymentDetail", bool, "False.", initial=False)
    cap_tax_others = ReadOnly("CapTaxOthers", bool, "False: tax is in the invoice.", initial=False)
    cap_training_mode = ReadOnly("CapTrainingMode", bool, "True.", initial=True)
    cap_transaction_number = ReadOnly("CapTransactionNumber", bool, "True.", initial=True)
    cap_unlock_terminal = ReadOnly("CapUnlockTerminal", bool, "False.", initial=False, since=V1_9)
    card_company_id = ReadOnly("CardCompanyID", str, "The provider: SBP, DOLYAME.", initial="")
    center_result_code = ReadOnly("CenterResultCode", str, "The error code of the last call; empty: none.", initial="")
    daily_log = ReadOnly("DailyLog", str, "One payment, refund or cancel per line; see the README.", initial="")
    log_status = ReadOnly(
        "LogStatus", LogStatus, "FULL: the journal's disk is full, and nothing can be paid.", since=V1_9
    )
    output_id = ReadOnly("OutputID", int, "The number of the last asynchronous request.", initial=0, since=V1_13)
    payment_condition = ReadOnly("PaymentCondition", int, "LUMP, or INSTALLMENT_1 for Dolyame.", initial=10)
    payment_detail = ReadOnly("PaymentDetail", str, "Empty.", initial="")
    payment_media = Writable(
        "PaymentMedia",
        PaymentMedia,
        "Stored without effect: the customer chooses the means of payment in the app.",
        initial=PaymentMedia.UNSPECIFIED,
        since=V1_5,
    )
    sequence_number = ReadOnly("SequenceNumber", int, "The application's number of the last success.", initial=0)
    settled_amount = ReadOnly("SettledAmount", int, "The amount that was paid or refunded last.", initial=0, since=V1_9)
    slip_number = ReadOnly("SlipNumber", str, "The id of the provider's slip.", initial="")
    training_mode = Writable(
        "TrainingMode",
        bool,
        "True: calls succeed without a request to the host or a row in the journal.",
        initial=False,
    )
    transaction_number = ReadOnly("TransactionNumber", str, "The host's id of the payment or the refund.", initial="")
    transaction_type = ReadOnly("TransactionType", str, "CAT_TRANSACTION_ as digits.", initial="")

    _account_number: str
    _additional_security_information: str
    _approval_code: str
    _card_company_id: str
    _center_result_code: str
    _daily_log: str
    _payment_condition: int
    _sequence_number: int
    _settled_amount: int
    _slip_number: str
    _transaction_number: str
    _transaction_type: str
    _training_mode: bool

    authorize_completion = unsupported.authorize_completion
    authorize_pre_sales = unsupported.authorize_pre_sales
    authorize_void_pre_sales = unsupported.authorize_void_pre_sales
    cash_deposit = unsupported.cash_deposit
    lock_terminal = unsupported.lock_terminal
    unlock_terminal = unsupported.unlock_terminal

    def __init__(
        self, site: DeviceSource | None = None, *, wallet: Wallet | None = None, claims: Path | None = None
    ) -> None:
        """Take a loaded site (`load_site(path)`) or its devices; without it, `open` loads the default site file.

        `wallet` is an open till, which its owner closes. Without it the device opens a till itself and closes it; for
        that it needs the whole site and not the devices alone.
        """
        super().__init__(site, claims=claims)
        self._lent = wallet
        self._last_result = ""

    def _till_devices(self) -> DeviceSource:
        return site_files.load()

    def _configure(self, source: DeviceSource, entry: DeviceEntry) -> None:
        super()._configure(source, entry)
        self._opened_from = source

    # --- money

    @method("authorizeSales", needs=Stage.ENABLED, idle=True)
    def authorize_sales(self, sequence_number: int, amount: int, tax_others: int, timeout: int) -> None:
        """Charge the customer whose card was shown, else the next card that is scanned.

        After `timeout` ms the sale is cancelled; 0 and FOREVER mean the times of the site file. Blocks until the
        outcome, unless AsyncMode is true.

        Raises:
            UposError: see CAT; E_ILLEGAL for a wrong parameter, E_BUSY while another call runs.
        """
        given, kopecks = self._given(amount, tax_others)
        order_id = given.order_id or wallet_calls.own_order_id(sequence_number)
        work = (
            wallet_calls.training(order_id, kopecks)
            if self._training_mode
            else wallet_calls.sale(self._wallet, given, order_id, kopecks, timeout)
        )
        self._submit(TransactionType.SALES, sequence_number, work, timeout)

    @method("authorizeVoid", needs=Stage.ENABLED, idle=True)
    def authorize_void(self, sequence_number: int, amount: int, tax_others: int, timeout: int) -> None:
        """Void a whole payment: cancel it if undecided, refund it if paid.

        AdditionalSecurityInformation names the payment; `amount` must be the amount that was paid.

        Raises:
            UposError: see CAT; E_ILLEGAL if no payment is named, if it is unknown here, or if it took no money.
        """
        given, kopecks = self._given(amount, tax_others)
        training = self._training_mode
        work = (
            wallet_calls.training(wallet_calls.named_payment(given), kopecks)
            if training
            else wallet_calls.void(self._wallet, given, kopecks)
        )
        self._submit(TransactionType.VOID, sequence_number, work, timeout, _DONE if training else _TAKEN_BACK)

    @method("authorizeRefund", needs=Stage.ENABLED, idle=True)
    def authorize_refund(self, sequence_number: int, amount: int, tax_others: int, timeout: int) -> None:
        """Refund a payment or a part of it. AdditionalSecurityInformation names it, and may name the lines.

        Raises:
            UposError: see CAT; E_ILLEGAL if no payment is named, or for more than what is left of it.
        """
        given, kopecks = self._given(amount, tax_others)
        name, training = wallet_calls.named_payment(given), self._training_mode
        work = wallet_calls.training(name, kopecks) if training else wallet_calls.refund(self._wallet, given, kopecks)
        self._submit(TransactionType.REFUND, sequence_number, work, timeout)

    @method("checkCard", needs=Stage.ENABLED, idle=True)
    def check_card(self, sequence_number: int, timeout: int) -> None:
        """Verify that the card that was shown, or the next one, can pay. It may pay afterwards.

        Raises:
            UposError: E_EXTENDED with CENTERERROR if it cannot; CenterResultCode has the reason.
        """
        given = self._asked()
        wait_s = wallet_calls.scan_s(timeout)
        if self._training_mode:
            self._output(Output(lambda: self._show_checked(sequence_number, "TRAINING")))
            return
        cancel = CancelToken()
        self._output(Output(lambda: self._verify_card(given, sequence_number, wait_s, cancel), cancel.cancel))

    @method("accessDailyLog", needs=Stage.ENABLED, idle=True)
    def access_daily_log(self, sequence_number: int, type: int, timeout: int) -> None:  # noqa: A002
        """Set DailyLog to the report of the open business day.

        With type REPORTING the day stays open, with SETTLEMENT it is closed.

        Raises:
            UposError: E_ILLEGAL for another type, E_FAILURE if the journal fails.
        """
        wallet_calls.deadline_s(timeout)
        if type not in (DailyLogType.REPORTING, DailyLogType.SETTLEMENT):
            raise UposError(ErrorCode.E_ILLEGAL, f"accessDailyLog type {type}", "1 REPORTING or 2 SETTLEMENT")
        self._output(Output(lambda: self._read_log(sequence_number, settles=type == DailyLogType.SETTLEMENT)))

    # --- private

    def _open_wallet(self) -> Wallet:
        """Open a till for a device without a wallet. `till.cat` overrides it: this room may not import tills."""
        raise UposError(ErrorCode.E_NOSERVICE, f"{self} was given no wallet", "use koshelek_driver.CAT")

    def _own_service(self) -> Factory:
        lent = self._lent
        if lent is not None:
            return lambda name, _entry: WalletService(name, lambda: lent, is_lent=True)
        return lambda name, _entry: WalletService(name, self._open_wallet)

    @property
    def _service(self) -> WalletService:
        service = self._session_now().service
        if not isinstance(service, WalletService):
            raise UposError(ErrorCode.E_NOSERVICE, f"the service of {self} is no WalletService", "ask its maker")
        return service

    @property
    def _log_status(self) -> LogStatus:
        return self._service.log_status

    @property
    def _wallet(self) -> Wallet:
        return self._service.wallet

    def _given(self, amount: int, tax_others: int) -> tuple[Asked, int]:
        if tax_others:
            raise UposError(ErrorCode.E_ILLEGAL, f"taxOthers {tax_others}: CapTaxOthers is false", "give 0")
        kopecks = to_kopecks(amount)
        return self._asked(), kopecks

    def _asked(self) -> Asked:
        """Return the input that was written since the last call. The result that a call left there is no input."""
        text = self._additional_security_information
        return Asked() if text == self._last_result else parse_information(text)

    def _submit(
        self,
        kind: TransactionType,
        sequence_number: int,
        work: Work,
        timeout: int,
        good: tuple[Outcome, ...] = _DONE,
    ) -> None:
        def ended(of: Payment | Refund, tip: str, card: Verification | None) -> None:
            self._show_end(of, tip)
            if of.outcome in good:
                self._show_success(kind, sequence_number, of, card)

        limit_s = wallet_calls.deadline_s(timeout)
        request = CatRequest(self._service, work, ended, timeout_s=limit_s, good=good)
        self._output(Output(request.run, request.abort))

    def _verify_card(self, given: Asked, sequence_number: int, wait_s: float, cancel: CancelToken) -> None:
        label = given.label or None
        try:
            checked = self._wallet.check_card(label=label, typed=given.typed, wait_s=wait_s, cancel=cancel)
        except DriverError as problem:
            raise translated(problem) from problem
        code = str(checked.result_code)
        self._center_result_code = code
        self._account_number = _masked(checked)
        if not checked.can_pay:
            tip = self._wallet.tip_for(code, checked.details)
            what = f"this card cannot pay ({code})"
            raise UposError(ErrorCode.E_EXTENDED, what, tip, extended=CatExtended.CENTERERROR)
        self._show_checked(sequence_number, code)

    def _show_checked(self, sequence_number: int, code: str) -> None:
        self._center_result_code = code
        self._sequence_number, self._transaction_type = sequence_number, str(TransactionType.CHECKCARD.value)

    def _read_log(self, sequence_number: int, *, settles: bool) -> None:
        try:
            made = self._wallet.close_day() if settles else self._wallet.report()
        except DriverError as problem:
            raise translated(problem) from problem
        self._daily_log, self._sequence_number = daily_log(made), sequence_number

    def _show_end(self, of: Payment | Refund, tip: str) -> None:
        """Set the properties that report every end, also an error."""
        self._center_result_code = "" if of.outcome in _DONE else of.verdict.error_code or of.outcome.name
        slip = self._wallet.slip_text(of) if of.outcome in (Outcome.PAID, Outcome.REFUNDED) else []
        self._additional_security_information = self._last_result = build_information(of, tip, slip)

    def _show_success(
        self, kind: TransactionType, sequence_number: int, of: Payment | Refund, card: Verification | None
    ) -> None:
        """Set the properties of a success, which stay after a later failure."""
        found = read_identifiers(of)
        self._sequence_number = sequence_number
        self._transaction_type = str(kind.value)
        self._approval_code = found.approval_code
        self._slip_number = found.slip_number
        self._transaction_number = found.transaction_number
        self._card_company_id = found.card_company_id
        self._payment_condition = found.payment_condition
        self._settled_amount = found.settled_amount
        self._account_number = _masked(card) if card else ""


def _masked(card: Verification) -> str:
    return card.presentation.card_number.masked() if card.presentation else ""
