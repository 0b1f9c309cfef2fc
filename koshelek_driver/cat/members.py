"""The properties of a CAT."""

from __future__ import annotations

from koshelek_driver.upos.cat_codes import DailyLogType, LogStatus, PaymentMedia
from koshelek_driver.upos.members import V1_5, V1_9, V1_13, ReadOnly, Writable, version
from koshelek_driver.upos.output import OutputDevice


class CatMembers(OutputDevice):
    """Identifiers are set by a success alone, and stay after a failure; CenterResultCode by every end."""

    first_version = version(1, 4)

    account_number = ReadOnly("AccountNumber", str, "The card that paid: its last four digits.", initial="")
    additional_security_information = Writable(
        "AdditionalSecurityInformation",
        str,
        "JSON into a call and out of it; see the README of this folder. After a call it holds what came of it.",
        initial="",
    )
    approval_code = ReadOnly("ApprovalCode", str, "The provider's control value, else the transaction.", initial="")
    balance = ReadOnly("Balance", int, "0: a wallet does not tell it.", initial=0, since=V1_9)
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
    daily_log = ReadOnly("DailyLog", str, "One payment, refund or cancel a line, CR LF; see the README.", initial="")
    log_status = ReadOnly(
        "LogStatus", LogStatus, "FULL: the journal's disk is full, and nothing can be paid.", since=V1_9
    )
    output_id = ReadOnly("OutputID", int, "The number of the last asynchronous request.", initial=0, since=V1_13)
    payment_condition = ReadOnly("PaymentCondition", int, "LUMP, or INSTALLMENT_1 for Dolyame.", initial=10)
    payment_detail = ReadOnly("PaymentDetail", str, "Empty.", initial="")
    payment_media = Writable(
        "PaymentMedia",
        PaymentMedia,
        "Kept; the customer chooses in the app what is paid with.",
        initial=PaymentMedia.UNSPECIFIED,
        since=V1_5,
    )
    sequence_number = ReadOnly("SequenceNumber", int, "The application's number of the last success.", initial=0)
    settled_amount = ReadOnly("SettledAmount", int, "What was paid or given back last.", initial=0, since=V1_9)
    slip_number = ReadOnly("SlipNumber", str, "The id of the provider's slip.", initial="")
    training_mode = Writable(
        "TrainingMode", bool, "True: calls succeed, and neither host nor journal hears of it.", initial=False
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
