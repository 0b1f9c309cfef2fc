"""The numbers of every category. Source: the JavaPOS and OPOS constant files, level 1.15."""

from __future__ import annotations

from enum import IntEnum

FOREVER = -1
"""JPOS_FOREVER: a timeout that never ends."""


class State(IntEnum):
    """JPOS_S_, OPOS_S_: the state of a device."""

    S_CLOSED = 1
    S_IDLE = 2
    S_BUSY = 3
    S_ERROR = 4


class ErrorCode(IntEnum):
    """JPOS_E_, OPOS_E_: the reason of a refused call or of an ErrorEvent."""

    E_CLOSED = 101
    E_CLAIMED = 102
    E_NOTCLAIMED = 103
    E_NOSERVICE = 104
    E_DISABLED = 105
    E_ILLEGAL = 106
    E_NOHARDWARE = 107
    E_OFFLINE = 108
    E_NOEXIST = 109
    E_EXISTS = 110
    E_FAILURE = 111
    E_TIMEOUT = 112
    E_BUSY = 113
    E_EXTENDED = 114
    E_DEPRECATED = 115


class ExtendedCode(IntEnum):
    """The extended codes of every category; a category's own begin at 201."""

    ESTATS_ERROR = 280
    EFIRMWARE_BAD_FILE = 281
    ESTATS_DEPENDENCY = 282
    INPUT_QUEUE_FULL = 10_001
    """This driver's own, with E_FAILURE: an event was not queued, as the application takes none."""
    INPUT_TOO_LONG = 10_002
    """This driver's own, with E_FAILURE: a scan longer than the profile allows was dropped whole."""


class HealthLevel(IntEnum):
    """JPOS_CH_: the kinds of test of checkHealth."""

    CH_INTERNAL = 1
    CH_EXTERNAL = 2
    CH_INTERACTIVE = 3


class PowerReporting(IntEnum):
    """JPOS_PR_: the power states that a device can report."""

    PR_NONE = 0
    PR_STANDARD = 1
    PR_ADVANCED = 2


class PowerNotify(IntEnum):
    """JPOS_PN_: power events, wanted by the application or not."""

    PN_DISABLED = 0
    PN_ENABLED = 1


class PowerState(IntEnum):
    """JPOS_PS_: the power of an enabled device."""

    PS_UNKNOWN = 2000
    PS_ONLINE = 2001
    PS_OFF = 2002
    PS_OFFLINE = 2003
    PS_OFF_OFFLINE = 2004


class CompareFirmware(IntEnum):
    """JPOS_CFV_: the result of compareFirmwareVersion, the file compared with the device."""

    CFV_FIRMWARE_OLDER = 1
    CFV_FIRMWARE_SAME = 2
    CFV_FIRMWARE_NEWER = 3
    CFV_FIRMWARE_DIFFERENT = 4
    CFV_FIRMWARE_UNKNOWN = 5


class ErrorLocus(IntEnum):
    """JPOS_EL_: the place of an error: output, input, or input with data waiting before it."""

    EL_OUTPUT = 1
    EL_INPUT = 2
    EL_INPUT_DATA = 3


class ErrorResponse(IntEnum):
    """JPOS_ER_: the response of an application to an error."""

    ER_RETRY = 11
    ER_CLEAR = 12
    ER_CONTINUEINPUT = 13


class StatusUpdate(IntEnum):
    """JPOS_SUE_: the numbers of StatusUpdateEvents of every category."""

    SUE_POWER_ONLINE = 2001
    SUE_POWER_OFF = 2002
    SUE_POWER_OFFLINE = 2003
    SUE_POWER_OFF_OFFLINE = 2004
    SUE_UF_PROGRESS = 2100
    SUE_UF_COMPLETE = 2200
    SUE_UF_FAILED_DEV_OK = 2201
    SUE_UF_FAILED_DEV_UNRECOVERABLE = 2202
    SUE_UF_FAILED_DEV_NEEDS_FIRMWARE = 2203
    SUE_UF_FAILED_DEV_UNKNOWN = 2204
    SUE_UF_COMPLETE_DEV_NOT_RESTORED = 2205


class ScanDataType(IntEnum):
    """SCAN_SDT_: the symbology of a label. Two names of one number are aliases."""

    UNKNOWN = 0
    UPCA = 101
    UPCE = 102
    EAN8 = 103
    JAN8 = 103
    EAN13 = 104
    JAN13 = 104
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
    EAN128 = 120
    OCRA = 121
    OCRB = 122
    GS1DATABAR = 131
    RSS14 = 131
    GS1DATABAR_E = 132
    RSS_EXPANDED = 132
    ITF_CK = 133
    GS1DATABAR_TYPE2 = 134
    AMES = 135
    TFMAT = 136
    CODE39_CK = 137
    CODE32 = 138
    CODECIP = 139
    TRIOPTIC39 = 140
    ISBT128 = 141
    CODE11 = 142
    MSI = 143
    PLESSEY = 144
    TELEPEN = 145
    DWCODE = 146
    CCA = 151
    CCB = 152
    CCC = 153
    TLC39 = 154
    PDF417 = 201
    MAXICODE = 202
    DATAMATRIX = 203
    QRCODE = 204
    UQRCODE = 205
    AZTEC = 206
    UPDF417 = 207
    GS1DATAMATRIX = 208
    GS1QRCODE = 209
    CODE49 = 210
    CODE16K = 211
    CODABLOCKA = 212
    CODABLOCKF = 213
    CODABLOCK256 = 214
    HANXIN = 215
    AUSPOST = 301
    CANPOST = 302
    CHINAPOST = 303
    DUTCHKIX = 304
    INFOMAIL = 305
    JAPANPOST = 306
    KOREANPOST = 307
    SWEDENPOST = 308
    UKPOST = 309
    USINTELLIGENT = 310
    USPLANET = 311
    POSTNET = 312
    OTHER = 501
