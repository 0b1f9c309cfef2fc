"""The category CAT of UnifiedPOS: authorize, void, refund, check a card."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

from koshelek_driver.card.totp import Verification
from koshelek_driver.cat.currency import to_kopecks
from koshelek_driver.cat.daily_log import daily_log
from koshelek_driver.cat.information import Asked, as_json, asked, told
from koshelek_driver.cat.request import CatRequest, Work
from koshelek_driver.cat.results import identifiers, translated
from koshelek_driver.cat.service import Wallet, WalletService
from koshelek_driver.cat.unsupported import UnsupportedMethods
from koshelek_driver.errors import DriverError
from koshelek_driver.payment.observer import SaleObserver
from koshelek_driver.payment.outcome import Outcome, Payment, Refund, Verdict
from koshelek_driver.payment.refunds import RefundWanted
from koshelek_driver.upos.cat_codes import CatExtended, DailyLogType, LogStatus, TransactionType
from koshelek_driver.upos.codes import FOREVER, ErrorCode
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.members import Stage, method
from koshelek_driver.upos.output import Output

_DONE = (Outcome.PAID, Outcome.REFUNDED)
_TAKEN_BACK = (Outcome.REFUNDED, Outcome.CANCELED)
_SCAN_S = 60.0
"""How long a scan is waited for when the call has no deadline of its own."""


class CAT(UnsupportedMethods):
    """The wallet as a card terminal: open, claim, enable, authorize_sales.

    A synchronous call returns when the money has moved, and raises when it has not: E_EXTENDED with CENTERERROR
    (CenterResultCode says why), DEFICIENT, COMMUNICATIONERROR, RESET (cancelled), or E_TIMEOUT; then no money moved.
    OUTCOME_UNKNOWN alone means that it may have. Amounts have four implied decimals.
    """

    category: ClassVar[str] = "CAT"
    output_limit: ClassVar[int] = 1
    _told = ""

    # --- money

    @method("authorizeSales", needs=Stage.ENABLED, idle=True)
    def authorize_sales(self, sequence_number: int, amount: int, tax_others: int, timeout: int) -> None:
        """Charge the customer whose card was shown, or is shown now. `timeout` in ms: then it is cancelled.

        0 and FOREVER: the times of the site file. Raises as the class says, E_ILLEGAL for parameters, E_BUSY.
        """
        given, kopecks = self._given(amount, tax_others)
        order_id = given.order_id or _own_order_id(sequence_number)
        work = _trained(order_id, kopecks) if self._training_mode else self._sale(given, order_id, kopecks, timeout)
        self._submit(TransactionType.SALES, sequence_number, work, timeout)

    @method("authorizeVoid", needs=Stage.ENABLED, idle=True)
    def authorize_void(self, sequence_number: int, amount: int, tax_others: int, timeout: int) -> None:
        """Take back a whole payment: one that is not decided is cancelled, one that is paid is given back.

        AdditionalSecurityInformation names it; `amount` must be what was paid. Raises E_ILLEGAL without a name, for an
        unknown one, and for a payment that took no money.
        """
        given, kopecks = self._given(amount, tax_others)
        training = self._training_mode
        work = _trained(_named(given), kopecks) if training else self._voiding(given, kopecks)
        self._submit(TransactionType.VOID, sequence_number, work, timeout, _DONE if training else _TAKEN_BACK)

    @method("authorizeRefund", needs=Stage.ENABLED, idle=True)
    def authorize_refund(self, sequence_number: int, amount: int, tax_others: int, timeout: int) -> None:
        """Give back a payment or a part of it; AdditionalSecurityInformation names it, and may name the lines.

        Raises E_ILLEGAL without a name, and for more than what is left.
        """
        given, kopecks = self._given(amount, tax_others)
        name = _named(given)
        if self._training_mode:
            self._submit(TransactionType.REFUND, sequence_number, _trained(name, kopecks), timeout)
            return
        wanted = RefundWanted(
            order_id="" if given.original_transaction_id else given.original_order_id,
            transaction_id=given.original_transaction_id,
            amount=kopecks,
            items_json=as_json(given.items),
        )
        self._submit(
            TransactionType.REFUND,
            sequence_number,
            lambda watcher: self._wallet.refund(wanted, watcher=watcher),
            timeout,
        )

    @method("checkCard", needs=Stage.ENABLED, idle=True)
    def check_card(self, sequence_number: int, timeout: int) -> None:
        """Whether the card that was shown, or is shown now, can pay. It may pay afterwards.

        Raises E_EXTENDED with CENTERERROR for one that cannot; CenterResultCode says why.
        """
        given = self._asked()
        wait_s = _scan_s(_deadline(timeout))
        if self._training_mode:
            self._output(Output(lambda: self._checked(sequence_number, "TRAINING")))
            return
        self._output(Output(lambda: self._look_at_card(given, sequence_number, wait_s), self._wallet.request_cancel))

    @method("accessDailyLog", needs=Stage.ENABLED, idle=True)
    def access_daily_log(self, sequence_number: int, type: int, timeout: int) -> None:  # noqa: A002
        """REPORTING: DailyLog is the business day so far. SETTLEMENT: the same, and the day is closed.

        Raises E_ILLEGAL for another type, E_FAILURE when the journal fails.
        """
        _deadline(timeout)
        if type not in (DailyLogType.REPORTING, DailyLogType.SETTLEMENT):
            raise UposError(ErrorCode.E_ILLEGAL, f"accessDailyLog type {type}", "1 REPORTING or 2 SETTLEMENT")
        self._output(Output(lambda: self._read_log(sequence_number, settles=type == DailyLogType.SETTLEMENT)))

    # --- how it is done

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
        """What the program gave since the last call: what that call left there asks for nothing."""
        text = self._additional_security_information
        return Asked() if text == self._told else asked(text)

    def _sale(self, given: Asked, order_id: str, kopecks: int, timeout: int) -> Work:
        try:
            order = self._wallet.new_order(order_id, kopecks, as_json(given.invoice))
        except DriverError as problem:
            raise translated(problem) from problem
        label, wait_s = given.label or None, _scan_s(_deadline(timeout))
        return lambda watcher: self._wallet.pay(order, label=label, typed=given.typed, wait_s=wait_s, watcher=watcher)

    def _voiding(self, given: Asked, kopecks: int) -> Work:
        original = self._original(given)
        if original.amount != kopecks:
            what = f"order {original.order_id} was of {original.amount} kopecks, not {kopecks}"
            raise UposError(ErrorCode.E_ILLEGAL, what, "void the whole payment, or refund a part")
        return lambda watcher: self._void(original, watcher)

    def _original(self, given: Asked) -> Payment:
        """The payment that is named; never the last one. Raises UposError E_ILLEGAL."""
        name = _named(given)
        by_transaction = bool(given.original_transaction_id)
        found = self._wallet.find_transaction(name) if by_transaction else self._wallet.find(name)
        if found is None:
            raise UposError(ErrorCode.E_ILLEGAL, f"this till knows no payment {name}", "refund it by its transaction")
        if found.outcome not in (Outcome.PAID, Outcome.UNKNOWN):
            what = f"order {found.order_id} is {found.outcome.value}: no money was taken"
            raise UposError(ErrorCode.E_ILLEGAL, what, "there is nothing to take back")
        return found

    def _void(self, original: Payment, watcher: SaleObserver) -> Payment | Refund:
        if original.outcome is Outcome.UNKNOWN:
            ended = self._wallet.cancel(original.order_id, watcher=watcher)
            if ended.outcome is not Outcome.PAID:
                return ended
        whole = RefundWanted(order_id=original.order_id)
        done = self._wallet.refund(whole, watcher=watcher)
        while done.outcome is Outcome.REFUNDED and not done.repeated and done.amount < original.amount:
            done = self._wallet.refund(whole, watcher=watcher)  # it may have gone on with a part that was open
        return done

    def _submit(
        self,
        kind: TransactionType,
        sequence_number: int,
        work: Work,
        timeout: int,
        good: tuple[Outcome, ...] = _DONE,
    ) -> None:
        def ended(of: Payment | Refund, tip: str, card: Verification | None) -> None:
            self._keep(of, tip)
            if of.outcome in good:
                self._succeeded(kind, sequence_number, of, card)

        request = CatRequest(self._service, work, ended, timeout_s=_deadline(timeout), good=good)
        self._output(Output(request.run, request.abort))

    def _look_at_card(self, given: Asked, sequence_number: int, wait_s: float) -> None:
        try:
            checked = self._wallet.check_card(label=given.label or None, typed=given.typed, wait_s=wait_s)
        except DriverError as problem:
            raise translated(problem) from problem
        self._center_result_code = str(checked.result_code)
        self._account_number = _masked(checked)
        if not checked.can_pay:
            code, tip = str(checked.result_code), self._wallet.tip_for(str(checked.result_code), checked.details)
            raise UposError(
                ErrorCode.E_EXTENDED, f"this card cannot pay ({code})", tip, extended=CatExtended.CENTERERROR
            )
        self._checked(sequence_number, str(checked.result_code))

    def _checked(self, sequence_number: int, code: str) -> None:
        self._center_result_code = code
        self._sequence_number, self._transaction_type = sequence_number, str(TransactionType.CHECKCARD.value)

    def _read_log(self, sequence_number: int, *, settles: bool) -> None:
        try:
            made = self._wallet.close_day() if settles else self._wallet.report()
        except DriverError as problem:
            raise translated(problem) from problem
        self._daily_log, self._sequence_number = daily_log(made), sequence_number

    def _keep(self, of: Payment | Refund, tip: str) -> None:
        """What is told of every end, also of one that is an error."""
        self._center_result_code = "" if of.outcome in _DONE else of.verdict.error_code or of.outcome.name
        slip = self._wallet.slip_text(of) if of.outcome in (Outcome.PAID, Outcome.REFUNDED) else []
        self._additional_security_information = self._told = told(of, tip, slip)

    def _succeeded(
        self, kind: TransactionType, sequence_number: int, of: Payment | Refund, card: Verification | None
    ) -> None:
        """What is kept of a success, and stays after a later failure."""
        found = identifiers(of)
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


def _deadline(timeout: int) -> float | None:
    """Seconds; None: the times of the site file. Raises UposError E_ILLEGAL."""
    if timeout < FOREVER:
        raise UposError(ErrorCode.E_ILLEGAL, f"timeout {timeout}", "use FOREVER (-1), 0, or milliseconds")
    return timeout / 1000 if timeout > 0 else None


def _scan_s(deadline_s: float | None) -> float:
    return _SCAN_S if deadline_s is None else deadline_s


def _own_order_id(sequence_number: int) -> str:
    """For a program that names none: its number of the call, and the moment."""
    return f"CAT-{sequence_number}-{datetime.now(UTC):%Y%m%d%H%M%S%f}"


def _named(given: Asked) -> str:
    """Which payment is meant. Raises UposError E_ILLEGAL when none is named."""
    name = given.original_transaction_id or given.original_order_id
    if not name:
        what = "AdditionalSecurityInformation does not say which payment"
        remedy = 'set it to {"originalTransactionId": "…"} or {"originalOrderId": "…"}: the last one is never guessed'
        raise UposError(ErrorCode.E_ILLEGAL, what, remedy)
    return name


def _trained(name: str, kopecks: int) -> Work:
    """A success for practice, which nobody else hears of."""
    return lambda _watcher: Payment(name, "", kopecks, 0.0, Verdict(Outcome.PAID, "TRAINING"))
