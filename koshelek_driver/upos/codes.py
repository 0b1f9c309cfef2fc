"""The numbers of UnifiedPOS. Source: the JavaPOS and OPOS constant files, level 1.15."""

from __future__ import annotations

from enum import IntEnum


class ScanDataType(IntEnum):
    """SCAN_SDT_: the symbology of a label. Two names of one number are aliases."""

    UNKNOWN = 0
    UPCA = 101
    UPCE = 102
    JAN8 = 103
    EAN8 = 103
    JAN13 = 104
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
    EAN128 = 120
    GS1128 = 120
    OCRA = 121
    OCRB = 122
    RSS14 = 131
    GS1DATABAR = 131
    RSS_EXPANDED = 132
    GS1DATABAR_E = 132
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
