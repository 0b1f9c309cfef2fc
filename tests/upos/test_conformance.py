"""Every member of the published contract, of the base and of each category that this driver has: generated from the data.

`upos_contract.json` holds names, types, versions and numbers of UnifiedPOS 1.15; `upos_stages.json` the stage at which
another implementer lets each member through, with our own decisions in DECIDED.
"""

from __future__ import annotations

import json
import re
from enum import IntEnum
from typing import Any

import pytest

from koshelek_driver.upos import codes, constants, events, printer_codes
from koshelek_driver.upos.codes import ErrorCode, ScanDataType, State
from koshelek_driver.upos.errors import UposError
from koshelek_driver.upos.members import version
from tests.support.paths import DATA
from tests.support.upos_devices import HandledCat, HandledPrinter, HandledScanner, SlipPrinter, SmallPrinter

CONTRACT = json.loads((DATA / "upos_contract.json").read_text())
STAGES = json.loads((DATA / "upos_stages.json").read_text())
DEVICES: dict[str, Any] = {
    "Scanner": HandledScanner,
    "POSPrinter": HandledPrinter,
    "POSPrinter of 58 mm": SmallPrinter,
    "POSPrinter with slip": SlipPrinter,
    "CAT": HandledCat,
}
"""A category, or one of its devices with other abilities."""

DECIDED = {
    "State": "always",
    "DeviceControlDescription": "always",
    "DeviceControlVersion": "always",
    "open": "always",
    "close": "open",
    "directIO": "open",
    "OutputID": "open",
    "RecCartridgeState": "open+claim+enable",
    "SlpCartridgeState": "open+claim+enable",
    **dict.fromkeys(("printBarCode", "drawRuledLine", "rotatePrint", "transactionPrint"), "open+claim+enable"),
    **dict.fromkeys(
        (
            "CheckHealthText",
            "DeviceServiceDescription",
            "PhysicalDeviceDescription",
            "PhysicalDeviceName",
            "CapCompareFirmwareVersion",
            "CapUpdateFirmware",
        ),
        "open",
    ),
}
INITIAL = {
    "State": State.S_IDLE,
    "Claimed": False,
    "DeviceEnabled": False,
    "FreezeEvents": False,
    "CheckHealthText": "",
    "PowerNotify": 0,
    "PowerState": 2000,
    "AutoDisable": False,
    "DataEventEnabled": False,
    "DataCount": 0,
    "DecodeData": False,
    "ScanData": b"",
    "ScanDataLabel": b"",
    "ScanDataType": 0,
    "AsyncMode": False,
    "OutputID": 0,
    "FlagWhenIdle": False,
    "CartridgeNotify": 0,
    "CoverOpen": False,
    "ErrorLevel": 1,
    "ErrorStation": 0,
    "ErrorString": "",
    "MapCharacterSet": True,
    "MapMode": 1,
    "PageModeHorizontalPosition": 0,
    "PageModePrintArea": "0,0,0,0",
    "PageModePrintDirection": 1,
    "PageModeStation": 0,
    "PageModeVerticalPosition": 0,
    "RotateSpecial": 1,
    "AdditionalSecurityInformation": "",
    "PaymentMedia": 0,
    "TrainingMode": False,
    "SequenceNumber": 0,
    "Balance": 0,
    "SettledAmount": 0,
    "LogStatus": 1,
    "PaymentCondition": 10,
    **dict.fromkeys(
        (
            "AccountNumber",
            "ApprovalCode",
            "CardCompanyID",
            "CenterResultCode",
            "DailyLog",
            "PaymentDetail",
            "SlipNumber",
        ),
        "",
    ),
    **dict.fromkeys(("TransactionNumber", "TransactionType"), ""),
}
DERIVED = re.compile(
    "(Jrn|Rec|Slp)(LineCharsList|LineChars|LineHeight|LineSpacing|LineWidth|LetterQuality|CurrentCartridge|CartridgeState"
    "|Empty|NearEnd|LinesToPaperCut|Sideways.*|MaxLines|LinesNearEndToEnd|PrintSide|B.*RotationList)"
    "|CharacterSet(List)?|FontTypefaceList|PageModeArea|PageModeDescriptor"
)
"""What begins as the printer is."""
TYPES = {"currency": int, "boolean": bool, "int32": int, "string": str, "binary": bytes}
WRITABLE = {
    "AdditionalSecurityInformation": "{}",
    "RotateSpecial": 257,
    "PageModePrintArea": "1,2,30,40",
    "PageModePrintDirection": 2,
    "PageModeStation": 2,
    "MapMode": 4,
    "CharacterSet": 998,
}
"""What may be written where 0 may not."""
ARGUMENTS: dict[str, Any] = {
    "currency": 0,
    "int32": 0,
    "inout int32": 0,
    "string": "s",
    "inout string": "",
    "object": None,
}
LEGAL: dict[str, list[Any]] = {
    "checkHealth": [1],
    "resetStatistics": ["HoursPoweredCount"],
    "updateStatistics": ["HoursPoweredCount=1"],
    "cutPaper": [100],
    "drawRuledLine": [2, "0,100", 1, 1, 1, 1],
    "markFeed": [1],
    "pageModePrint": [1],
    "printBarCode": [2, "4006381333931", 104, 50, 200, -1, -11],
    "printImmediate": [2, "x\n"],
    "printMemoryBitmap": [2, (DATA / "dot.bmp").read_bytes(), 1, -11, -1],
    "printBitmap": [2, str(DATA / "dot.bmp"), -11, -1],
    "printNormal": [2, "x\n"],
    "printTwoNormal": [0x8006, "x\n", ""],
    "rotatePrint": [2, 1],
    "setBitmap": [1, 2, str(DATA / "dot.bmp"), -11, -1],
    "setLogo": [1, "x"],
    "transactionPrint": [2, 11],
    "validateData": [2, "x\n"],
    "beginRemoval": [-1],
    "authorizeSales": [1, 123400, 0, -1],
    "checkCard": [1, -1],
    "accessDailyLog": [1, 1, -1],
}
NOT_HERE = {
    "Scanner": set(),
    "POSPrinter": {"beginInsertion", "endInsertion", "beginRemoval", "endRemoval", "printTwoNormal", "markFeed"},
    "POSPrinter of 58 mm": {
        "beginInsertion",
        "endInsertion",
        "beginRemoval",
        "endRemoval",
        "printTwoNormal",
        "markFeed",
        "cutPaper",
    },
    "POSPrinter with slip": {"markFeed"},
    "CAT": {
        "authorizeCompletion",
        "authorizePreSales",
        "authorizeRefund",
        "authorizeVoid",
        "authorizeVoidPreSales",
        "cashDeposit",
        "lockTerminal",
        "unlockTerminal",
    },
}
"""Methods that are E_ILLEGAL for want of what they need; those of NEVER on every printer, or out of turn."""
ANY_NUMBER = {f"{station}{name}" for station in ("Jrn", "Rec", "Slp") for name in ("LineHeight", "LineSpacing")}
BUSY_FIRST = {"beginInsertion", "endInsertion", "beginRemoval", "endRemoval", *NOT_HERE["CAT"]}
"""Whether the device is idle is asked before what it has."""
NEVER = {"changePrintSide", "pageModePrint", "clearPrintArea"}
BUSY_REFUSED = {
    "authorizeSales",
    "checkCard",
    "accessDailyLog",
    *NOT_HERE["CAT"],
    "checkHealth",
    "compareFirmwareVersion",
    "updateFirmware",
    "beginInsertion",
    "endInsertion",
    "beginRemoval",
    "endRemoval",
    "changePrintSide",
    "printNormal",
    "printBarCode",
    "printBitmap",
    "printMemoryBitmap",
    "drawRuledLine",
    "cutPaper",
    "printTwoNormal",
}


def category_of(device: str) -> str:
    return device.partition(" ")[0]


def of_category(kind: str) -> list[Any]:
    found = []
    for name in DEVICES:
        for member in (*CONTRACT["base"][kind], *CONTRACT["categories"][category_of(name)][kind]):
            if not member.get("service_only"):
                found.append(pytest.param(name, member, id=f"{name}-{member['name']}"))
    return found


PROPERTIES = of_category("properties")
METHODS = of_category("methods")


def stage(category: str, name: str, access: str = "") -> str:
    for table in (STAGES[category_of(category)], STAGES["base"]):
        if name in table["properties"] and name not in DECIDED:
            return str(table["properties"][name][access])
        if name in table["methods"] and name not in DECIDED:
            return str(table["methods"][name])
    return DECIDED[name]


def arguments(method: dict[str, Any]) -> list[Any]:
    """One legal argument for each parameter of the standard, without what only comes back."""
    given = [parameter for parameter in method["params"] if parameter["name"] != "result"]
    if method["name"] in LEGAL:
        return LEGAL[method["name"]]
    return [ARGUMENTS[parameter["type"]] for parameter in given]


def refusal(action: Any) -> ErrorCode:
    with pytest.raises(UposError) as refused:
        action()
    return refused.value.error_code


def at_stage(category: str, reached: str, hand: Any = None) -> Any:
    """A device that was opened, or opened and claimed, or enabled as well."""
    device = DEVICES[category](hand)
    if reached != "closed":
        device.open("s")
    if reached in ("claim", "enable"):
        device.claim(0)
    if reached == "enable":
        device.device_enabled = True
    return device


def snake(name: str) -> str:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return spaced.lower()


def first_missing(needs: str, reached: str) -> ErrorCode | None:
    """What a member that needs a stage is refused with at another."""
    if reached == "closed":
        return None if needs == "always" else ErrorCode.E_CLOSED
    if reached == "open" and ("claim" in needs or "enable" in needs):
        return ErrorCode.E_NOTCLAIMED
    if reached == "claim" and "enable" in needs:
        return ErrorCode.E_DISABLED
    return None


@pytest.mark.parametrize(("category", "member"), PROPERTIES)
def test_a_property_is_there_by_both_names_with_its_type(category: str, member: dict[str, Any]) -> None:
    with at_stage(category, "enable") as device:
        value = device.get_property(member["name"])
        assert value == getattr(device, snake(member["name"]))
        assert isinstance(value, TYPES[member["type"]])
        assert isinstance(value, bool) == (member["type"] == "boolean")
        assert getattr(type(device), snake(member["name"])).__doc__


@pytest.mark.parametrize(("category", "member"), PROPERTIES)
def test_a_property_begins_with_the_standards_value(category: str, member: dict[str, Any]) -> None:
    with at_stage(category, "open") as device:
        if member["name"] in INITIAL and first_missing(stage(category, member["name"], "read"), "open") is None:
            assert device.get_property(member["name"]) == INITIAL[member["name"]]
        device.claim(0)
        if "enable" in stage(category, member["name"], "read"):
            device.device_enabled = True
        if member["name"] in INITIAL and member["name"] != "Claimed":
            assert device.get_property(member["name"]) == INITIAL[member["name"]]
        elif member["name"] != "Claimed":
            known = member["capability"] or member["name"].startswith(("Device", "Physical"))
            assert known or DERIVED.fullmatch(member["name"])


@pytest.mark.parametrize("reached", ["closed", "open", "claim"])
@pytest.mark.parametrize(("category", "member"), PROPERTIES)
def test_reading_too_early_is_refused(category: str, member: dict[str, Any], reached: str) -> None:
    expected = first_missing(stage(category, member["name"], "read"), reached)
    with at_stage(category, reached) as device:
        if expected is None:
            device.get_property(member["name"])
        else:
            assert refusal(lambda: device.get_property(member["name"])) is expected


@pytest.mark.parametrize("reached", ["closed", "open", "claim"])
@pytest.mark.parametrize(("category", "member"), PROPERTIES)
def test_writing_too_early_or_what_is_read_only_is_refused(category: str, member: dict[str, Any], reached: str) -> None:
    with at_stage(category, reached) as device:
        value: Any = False if member["type"] == "boolean" else WRITABLE.get(member["name"], 0)
        if member["access"] == "read":
            expected: ErrorCode | None = ErrorCode.E_ILLEGAL
        else:
            expected = first_missing(stage(category, member["name"], "write"), reached)
        if expected is None:
            device.set_property(member["name"], value)
            assert device.get_property(member["name"]) == value
        else:
            assert refusal(lambda: device.set_property(member["name"], value)) is expected


@pytest.mark.parametrize(("category", "member"), PROPERTIES)
def test_a_value_of_another_type_is_illegal(category: str, member: dict[str, Any]) -> None:
    with at_stage(category, "claim") as device:
        if "enable" in stage(category, member["name"], "write" if member["access"] != "read" else "read"):
            device.device_enabled = True
        for wrong in (2.5, None, b"1", "yes", 77 if member["type"] != "boolean" else 1):
            if wrong == "yes" and member["name"] == "AdditionalSecurityInformation":
                continue
            if (
                member["access"] != "read"
                and member["type"] == "int32"
                and wrong == 77
                and member["name"] in ANY_NUMBER
            ):
                continue
            assert refusal(lambda value=wrong: device.set_property(member["name"], value)) is ErrorCode.E_ILLEGAL


@pytest.mark.parametrize(("category", "member"), PROPERTIES)
def test_a_boolean_that_is_writable_takes_both_values(category: str, member: dict[str, Any]) -> None:
    with at_stage(category, "claim") as device:
        writable = (
            member["access"] != "read" and first_missing(stage(category, member["name"], "write"), "claim") is None
        )
        if writable and member["type"] == "boolean":
            for value in (True, False, True):
                device.set_property(member["name"], value)
                assert device.get_property(member["name"]) is value


@pytest.mark.parametrize(("category", "member"), PROPERTIES)
def test_what_needs_the_claim_names_another_holder(category: str, member: dict[str, Any]) -> None:
    with (
        at_stage(category, "claim", DEVICES[category].fresh_hand("same")),
        at_stage(category, "open", DEVICES[category].fresh_hand("same")) as second,
    ):
        if "claim" in stage(category, member["name"], "read"):
            assert refusal(lambda: second.get_property(member["name"])) is ErrorCode.E_CLAIMED
        elif member["access"] != "read" and "claim" in stage(category, member["name"], "write"):
            assert refusal(lambda: second.set_property(member["name"], True)) is ErrorCode.E_CLAIMED


@pytest.mark.parametrize("reached", ["closed", "open", "claim", "enable"])
@pytest.mark.parametrize(("category", "member"), METHODS)
def test_a_method_is_refused_until_its_stage(category: str, member: dict[str, Any], reached: str) -> None:
    expected = first_missing(stage(category, member["name"]), reached)
    with at_stage(category, reached) as device:
        if member["name"] == "open" and reached != "closed":
            expected = ErrorCode.E_ILLEGAL  # open already
        if member["name"] == "release" and reached == "open":
            expected = ErrorCode.E_ILLEGAL  # decided: not claimed
        if expected is None and reached == "enable" and member["name"] in NOT_HERE[category] | NEVER:
            expected = ErrorCode.E_ILLEGAL
        if expected is not None:
            assert refusal(lambda: device.call(member["name"], *arguments(member))) is expected
            return
        if member["name"] in {"beginRemoval", "endRemoval"}:
            device.hand.has_form = False
        device.call(member["name"], *arguments(member))
        device.hand.update_may_end.set()
        assert callable(getattr(device, snake(member["name"])))


@pytest.mark.parametrize(("category", "member"), METHODS)
def test_a_method_names_another_holder(category: str, member: dict[str, Any]) -> None:
    with (
        at_stage(category, "claim", DEVICES[category].fresh_hand("same")),
        at_stage(category, "open", DEVICES[category].fresh_hand("same")) as second,
    ):
        if "claim" in stage(category, member["name"]):
            assert refusal(lambda: second.call(member["name"], *arguments(member))) is ErrorCode.E_CLAIMED


@pytest.mark.parametrize(("category", "member"), METHODS)
def test_wrong_arguments_are_illegal(category: str, member: dict[str, Any]) -> None:
    with at_stage(category, "closed" if member["name"] == "open" else "enable") as device:
        right = arguments(member)
        assert refusal(lambda: device.call(member["name"], *right, 1)) is ErrorCode.E_ILLEGAL
        for place, parameter in enumerate(member["params"][: len(right)]):
            if parameter["type"] != "object":
                wrong = [*right[:place], 2.5, *right[place + 1 :]]
                assert refusal(lambda given=wrong: device.call(member["name"], *given)) is ErrorCode.E_ILLEGAL


@pytest.mark.parametrize(("category", "member"), METHODS)
def test_while_busy_only_what_needs_an_idle_device_is_refused(category: str, member: dict[str, Any]) -> None:
    with at_stage(category, "enable") as device:
        device.update_firmware("new.bin")
        assert device.state is State.S_BUSY
        if member["name"] in {*BUSY_REFUSED, "release"} - (NOT_HERE[category] - BUSY_FIRST):
            assert refusal(lambda: device.call(member["name"], *arguments(member))) is ErrorCode.E_BUSY
        elif member["name"] not in {"open", "close"} | NOT_HERE[category] | NEVER:
            device.call(member["name"], *arguments(member))
        device.hand.update_may_end.set()


@pytest.mark.parametrize(("category", "member"), [*PROPERTIES, *METHODS])
def test_a_member_newer_than_the_service_is_no_service(category: str, member: dict[str, Any]) -> None:
    first = CONTRACT["categories"][category_of(category)]["first_version"]
    major, minor = max(tuple(map(int, level.split("."))) for level in (member["since"], first))

    def service(level: int) -> Any:
        hand = DEVICES[category].fresh_hand()
        hand.device_service_version = level
        return hand

    with at_stage(category, "open", service(version(major, minor))) as fresh:
        assert outcome(fresh, member) is not ErrorCode.E_NOSERVICE
    if (major, minor) == tuple(map(int, first.split("."))):
        assert refusal(lambda: at_stage(category, "open", service(version(major, minor - 1)))) is ErrorCode.E_NOSERVICE
        return
    with at_stage(category, "open", service(version(major, minor - 1))) as old:
        assert outcome(old, member) is ErrorCode.E_NOSERVICE


def outcome(device: Any, member: dict[str, Any]) -> ErrorCode | None:
    try:
        if "access" in member:
            device.get_property(member["name"])
        else:
            device.call(member["name"], *arguments(member))
    except UposError as problem:
        return problem.error_code
    return None


@pytest.mark.parametrize("category", DEVICES)
def test_there_is_nothing_that_the_standard_does_not_have(category: str) -> None:
    wanted = {
        member["name"]
        for part in (CONTRACT["base"], CONTRACT["categories"][category_of(category)])
        for member in (*part["properties"], *part["methods"])
        if not member.get("service_only")
    }
    assert set(DEVICES[category]._members) == wanted
    assert {*CONTRACT["in_every_category"]["properties"], *CONTRACT["in_every_category"]["methods"]} <= wanted


@pytest.mark.parametrize("category", DEVICES)
def test_every_event_has_listeners_and_its_fields(category: str) -> None:
    published = {event["name"]: event for event in CONTRACT["events"]}
    device = DEVICES[category]()
    for event in CONTRACT["categories"][category_of(category)]["events"]:
        kind = getattr(events, event["name"])
        ours = {name.lstrip("_") for name in kind.__dataclass_fields__} | set(dir(kind))
        for listed in (*published[event["name"]]["fields"], {"name": "sequenceNumber"}, {"name": "source"}):
            assert snake(listed["name"]) in ours
        stem = snake(event["name"].removesuffix("Event"))

        def listener(_event: object) -> None: ...

        getattr(device, f"add_{stem}_listener")(listener)
        getattr(device, f"remove_{stem}_listener")(listener)
    extra = {name for name in dir(device) if name.startswith("add_")}
    assert len(extra) == len(CONTRACT["categories"][category_of(category)]["events"])


def test_every_constant_is_there_under_every_published_name() -> None:
    published: dict[str, int] = {**CONTRACT["base"]["constants"], **CONTRACT["opos_common_constants"]}
    for code in CONTRACT["result_codes"]:
        published |= {code["jpos"]: code["value"], code["opos"]: code["value"]}
    for category in CONTRACT["categories"].values():
        published |= category["constants"]
    for odd in CONTRACT["constant_discrepancies"]:
        published[odd["constant"]] = odd["javapos"] if odd["javapos"] is not None else odd["opos"]
    assert {name: getattr(constants, name) for name in published} == published
    invented = set(dir(constants)) - set(published)
    assert all(constants.BY_NAME[f"J{name[1:]}"] == constants.BY_NAME[name] for name in invented)


def test_the_types_have_the_published_numbers() -> None:
    base = CONTRACT["base"]["constants"]
    ours = {
        name: member.value
        for kind in vars(codes).values()
        if isinstance(kind, type) and issubclass(kind, IntEnum) and kind not in (IntEnum, ScanDataType)
        for name, member in kind.__members__.items()
        if not name.startswith("INPUT_")
    }
    assert ours == {name.removeprefix("JPOS_"): value for name, value in base.items() if _typed(name)}
    assert base["JPOS_FOREVER"] == codes.FOREVER
    scanner = CONTRACT["categories"]["Scanner"]["constants"]
    assert {name: member.value for name, member in ScanDataType.__members__.items()} == {
        name.removeprefix("SCAN_SDT_").upper(): value for name, value in scanner.items()
    }
    assert ScanDataType(104).name == "EAN13"


PRINTER_PREFIXES = {
    "Station": "PTR_S_",
    "PrinterExtended": "JPOS_EPTR_",
    "ErrorLevel": "PTR_EL_",
    "MapMode": "PTR_MM_",
    "Rotation": "PTR_RP_",
    "PageModeControl": "PTR_PM_",
    "PrintDirection": "PTR_PD_",
    "TransactionControl": "PTR_TP_",
    "BarCodeSymbology": "PTR_BCS_",
    "PrinterStatusUpdate": "PTR_SUE_",
}


def test_the_printers_types_have_the_published_numbers() -> None:
    published = {name.upper(): value for name, value in CONTRACT["categories"]["POSPrinter"]["constants"].items()}
    for kind, prefix in PRINTER_PREFIXES.items():
        for name, member in getattr(printer_codes, kind).__members__.items():
            assert published[f"{prefix}{name}"] == member.value
    assert {
        name for name, kind in vars(printer_codes).items() if isinstance(kind, type) and issubclass(kind, IntEnum)
    } == {
        *PRINTER_PREFIXES,
        "IntEnum",
    }


def _typed(name: str) -> bool:
    plain = {"JPOSERR", "JPOSERREXT", "JPOS_SUCCESS", "JPOS_FOREVER", "JPOS_TRUE", "JPOS_FALSE"}
    return name not in plain and not name.startswith("JPOS_BC_")


def test_an_unknown_constant_names_the_nearest() -> None:
    with pytest.raises(AttributeError, match="JPOS_E_TIMEOUT"):
        _ = constants.JPOS_E_TIMEOT
