"""The numbers of the category POSPrinter. Source: the JavaPOS and OPOS constant files, level 1.15."""

from __future__ import annotations

from enum import IntEnum


class Station(IntEnum):
    """PTR_S_: the papers of a printer."""

    JOURNAL = 1
    RECEIPT = 2
    SLIP = 4


class PrinterExtended(IntEnum):
    """JPOS_EPTR_: the extended codes of a POSPrinter."""

    COVER_OPEN = 201
    JRN_EMPTY = 202
    REC_EMPTY = 203
    SLP_EMPTY = 204
    SLP_FORM = 205
    TOOBIG = 206
    BADFORMAT = 207


class ErrorLevel(IntEnum):
    """PTR_EL_: the severity of a printer's error."""

    NONE = 1
    RECOVERABLE = 2
    FATAL = 3


class MapMode(IntEnum):
    """PTR_MM_: the unit of distances: dots, 1/1440 inch, 1/1000 inch, 1/100 mm."""

    DOTS = 1
    TWIPS = 2
    ENGLISH = 3
    METRIC = 4


class Rotation(IntEnum):
    """PTR_RP_: the rotation of print."""

    NORMAL = 1
    RIGHT90 = 257
    LEFT90 = 258
    ROTATE180 = 259


class PageModeControl(IntEnum):
    """PTR_PM_: the steps of pageModePrint."""

    PAGE_MODE = 1
    PRINT_SAVE = 2
    NORMAL = 3
    CANCEL = 4


class PrintDirection(IntEnum):
    """PTR_PD_: the direction of text in page mode."""

    LEFT_TO_RIGHT = 1
    BOTTOM_TO_TOP = 2
    RIGHT_TO_LEFT = 3
    TOP_TO_BOTTOM = 4


class TransactionControl(IntEnum):
    """PTR_TP_: the steps of transactionPrint."""

    TRANSACTION = 11
    NORMAL = 12


class BarCodeSymbology(IntEnum):
    """PTR_BCS_: the bar codes of printBarCode; those of SCAN_SDT_ up to 122."""

    UPCA = 101
    UPCE = 102
    EAN8 = 103
    EAN13 = 104
    TF = 105
    ITF = 106
    CODABAR = 107
    CODE39 = 108
    CODE93 = 109
    CODE128 = 110
    UPCA_S = 111
    UPCE_S = 112
    UPCD1 = 113
    UPCD2 = 114
    UPCD3 = 115
    UPCD4 = 116
    UPCD5 = 117
    EAN8_S = 118
    EAN13_S = 119
    GS1128 = 120
    OCRA = 121
    OCRB = 122
    CODE128_PARSED = 123
    DOTCODE = 124
    HANXIN = 125
    GS1DATABAR = 131
    GS1DATABAR_E = 132
    GS1DATABAR_S = 133
    GS1DATABAR_E_S = 134
    PDF417 = 201
    MAXICODE = 202
    DATAMATRIX = 203
    QRCODE = 204
    UQRCODE = 205
    AZTEC = 206
    UPDF417 = 207
    GS1DATAMATRIX = 208
    OTHER = 501


class PrinterStatusUpdate(IntEnum):
    """PTR_SUE_: the numbers of a POSPrinter's StatusUpdateEvents; IDLE is sent by FlagWhenIdle."""

    COVER_OPEN = 11
    COVER_OK = 12
    JRN_EMPTY = 21
    JRN_NEAREMPTY = 22
    JRN_PAPEROK = 23
    REC_EMPTY = 24
    REC_NEAREMPTY = 25
    REC_PAPEROK = 26
    SLP_EMPTY = 27
    SLP_NEAREMPTY = 28
    SLP_PAPEROK = 29
    REC_COVER_OPEN = 62
    REC_COVER_OK = 63
