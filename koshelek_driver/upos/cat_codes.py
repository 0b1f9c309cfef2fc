"""The numbers of the category CAT. Source: the JavaPOS and OPOS constant files, level 1.15."""

from __future__ import annotations

from enum import IntEnum


class TransactionType(IntEnum):
    """CAT_TRANSACTION_: the kind of a transaction."""

    SALES = 10
    VOID = 20
    REFUND = 21
    VOIDPRESALES = 29
    COMPLETION = 30
    PRESALES = 40
    CHECKCARD = 41
    CASHDEPOSIT = 50


class PaymentMedia(IntEnum):
    """CAT_MEDIA_: the kind of money."""

    UNSPECIFIED = 0
    CREDIT = 1
    DEBIT = 2
    ELECTRONIC_MONEY = 3


class PaymentCondition(IntEnum):
    """CAT_PAYMENT_: the way of payment; other numbers are for instalments and bonuses."""

    LUMP = 10
    INSTALLMENT_1 = 61


class DailyLogType(IntEnum):
    """CAT_DL_: the action of accessDailyLog; CapDailyLog may also be none or both."""

    NONE = 0
    REPORTING = 1
    SETTLEMENT = 2
    REPORTING_SETTLEMENT = 3


class LogStatus(IntEnum):
    """CAT_LOGSTATUS_: the room left in the daily log."""

    OK = 1
    NEARFULL = 2
    FULL = 3


class CatExtended(IntEnum):
    """JPOS_ECAT_: the extended codes of a CAT, all with E_EXTENDED."""

    CENTERERROR = 1
    COMMANDERROR = 90
    RESET = 91
    COMMUNICATIONERROR = 92
    DAILYLOGOVERFLOW = 200
    DEFICIENT = 201
    OVERDEPOSIT = 202
    OUTCOME_UNKNOWN = 10_101
    """This driver's own: the money may or may not have moved. The journal keeps the payment; `recover` settles it."""
