"""Declare the members of a category: the standard's name, the stage it needs, its parameters.

Every read, write and call is checked in the standard's order: closed, service too old, claim, enabled, busy,
parameters. The device's own work comes last; any foreign exception raised by it becomes E_FAILURE.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import Enum, IntEnum
from typing import Any, Concatenate, Generic, Never, ParamSpec, Protocol, Self, TypeVar, cast, overload

from koshelek_driver.errors import DriverError, nearest
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError

STANDARD = "1.15"
"""The level of UnifiedPOS that this driver implements."""
_METHOD = "_upos_method"
_OTHER_SPELLINGS = {
    "ClaimDevice": "claim",
    "ControlObjectDescription": "DeviceControlDescription",
    "ControlObjectVersion": "DeviceControlVersion",
    "DeviceDescription": "PhysicalDeviceDescription",
    "DeviceName": "PhysicalDeviceName",
    "ReleaseDevice": "release",
    "ServiceObjectDescription": "DeviceServiceDescription",
    "ServiceObjectVersion": "DeviceServiceVersion",
}
"""Names of OPOS and POS for .NET that differ from JavaPOS in more than a capital letter."""


def version(major: int, minor: int, build: int = 0) -> int:
    """Return a version number in the standard's form: 1.15 is 1015000."""
    return major * 1_000_000 + minor * 1_000 + build


V1_2, V1_3, V1_5, V1_7, V1_8, V1_9, V1_10, V1_13 = (version(1, minor) for minor in (2, 3, 5, 7, 8, 9, 10, 13))


class Stage(IntEnum):
    """The stage that a device must have reached before a member may be used.

    Each stage includes those before it. ENABLED_ONCE: enabled now, or at least once since open.
    """

    ALWAYS = 0
    OPEN = 1
    CLAIMED = 2
    ENABLED = 3
    ENABLED_ONCE = 4


class Guarded(Protocol):
    """The device that a member belongs to, as the member sees it."""

    def check_access(self, member: str, needs: Stage, since: int, *, idle: bool) -> None:
        """Raise UposError unless the device has that stage and version, and is idle if asked."""
        ...


T = TypeVar("T")
P = ParamSpec("P")
R = TypeVar("R")
D = TypeVar("D", bound=Guarded)


class ReadOnly(Generic[T]):
    """A property that the application can only read.

    Its value is the device's attribute of the same name with `_` before it. `initial` is the value that open sets; a
    property without one is computed by the device.
    """

    writable = False

    def __init__(
        self,
        name: str,
        kind: type[T],
        doc: str,
        *,
        initial: T | None = None,
        read: Stage = Stage.OPEN,
        since: int = V1_2,
    ) -> None:
        self.name = name
        self.kind = kind
        self.initial = initial
        self.since = since
        self.attribute = ""
        self._read = read
        self.__doc__ = doc

    def __set_name__(self, _owner: type, attribute: str) -> None:
        self.attribute = attribute

    @overload
    def __get__(self, device: None, owner: type) -> Self: ...

    @overload
    def __get__(self, device: Guarded, owner: type) -> T: ...

    def __get__(self, device: Guarded | None, owner: type) -> Self | T:
        if device is None:
            return self
        device.check_access(self.name, self._read, self.since, idle=False)
        return self._value(device)

    def _value(self, device: Any) -> T:
        value: T = getattr(device, f"_{self.attribute}")
        return value

    def __set__(self, device: Guarded, value: Never) -> None:
        raise UposError(ErrorCode.E_ILLEGAL, f"{self.name} cannot be written", "read it")

    def reset(self, device: Guarded) -> None:
        """Set the device's value to the initial one, if the property has one."""
        if self.initial is not None:
            setattr(device, f"_{self.attribute}", self.initial)


class Writable(ReadOnly[T]):
    """A property that the application can also write."""

    writable = True

    def __init__(
        self,
        name: str,
        kind: type[T],
        doc: str,
        *,
        initial: T | None = None,
        read: Stage = Stage.OPEN,
        write: Stage = Stage.OPEN,
        since: int = V1_2,
    ) -> None:
        super().__init__(name, kind, doc, initial=initial, read=read, since=since)
        self._write = write
        self._setter: str | None = None

    def on_write(self, setter: Callable[[Any, T], None]) -> Callable[[Any, T], None]:
        """Decorate the method that accepts a new value; without one the value is just stored."""
        self._setter = setter.__name__
        return setter

    def __set__(self, device: Guarded, value: T) -> None:
        device.check_access(self.name, self._write, self.since, idle=False)
        converted = _converted(self.name, self.kind, value)
        with translated(self.name):
            self._keep(device, converted)

    def _keep(self, device: Any, value: T) -> None:
        if self._setter is None:
            setattr(device, f"_{self.attribute}", value)
        else:
            getattr(device, self._setter)(value)


class Method:
    """The standard's declaration of a method, attached to the function that implements it."""

    def __init__(self, name: str, attribute: str, parameters: dict[str, type], since: int) -> None:
        self.name = name
        self.attribute = attribute
        self.parameters = parameters
        self.since = since

    def check_count(self, arguments: tuple[object, ...]) -> None:
        """Raise UposError E_ILLEGAL unless there is one argument for each parameter."""
        if len(arguments) != len(self.parameters):
            expected = ", ".join(f"{each}: {kind.__name__}" for each, kind in self.parameters.items())
            what = f"{self.name} takes ({expected}), got {len(arguments)} arguments"
            raise UposError(ErrorCode.E_ILLEGAL, what)


Member = ReadOnly[Any] | Method


def method(
    name: str, *, needs: Stage, since: int = V1_2, idle: bool = False
) -> Callable[[Callable[Concatenate[D, P], R]], Callable[Concatenate[D, P], R]]:
    """Declare a method by the standard's name. `idle`: E_BUSY while output is outstanding."""

    def declare(function: Callable[Concatenate[D, P], R]) -> Callable[Concatenate[D, P], R]:
        signature = inspect.signature(function, eval_str=True)
        parameters = {each.name: each.annotation for each in list(signature.parameters.values())[1:]}

        @functools.wraps(function)
        def guarded(device: D, *args: P.args, **kwargs: P.kwargs) -> R:
            given = signature.bind(device, *args, **kwargs)
            device.check_access(name, needs, since, idle=idle)
            for parameter, value in list(given.arguments.items())[1:]:
                given.arguments[parameter] = _converted(f"{name}: {parameter}", parameters[parameter], value)
            with translated(name):
                return function(*given.args, **given.kwargs)

        setattr(guarded, _METHOD, Method(name, function.__name__, parameters, since))
        return cast("Callable[Concatenate[D, P], R]", guarded)

    return declare


@contextmanager
def translated(member: str) -> Iterator[None]:
    """Turn any exception that is not a UposError into E_FAILURE, with the original as its cause."""
    try:
        yield
    except UposError:
        raise
    except DriverError as problem:
        raise UposError(ErrorCode.E_FAILURE, f"{member}: {problem.what}", problem.remedy) from problem
    except Exception as problem:
        # A foreign error text may quote the scanned label: only the type is passed on.
        raise UposError(ErrorCode.E_FAILURE, f"{member} failed with {type(problem).__name__}") from problem


class MemberTable(Mapping[str, Member]):
    """The members that a device class declares, by the standard's name."""

    def __init__(self, device: type) -> None:
        self._category: str = getattr(device, "category", device.__name__)
        self._by_name: dict[str, Member] = {}
        for owner in reversed(device.__mro__):
            for value in vars(owner).values():
                member = value if isinstance(value, ReadOnly) else getattr(value, _METHOD, None)
                if member is not None:
                    self._by_name[member.name] = member

    def __getitem__(self, name: str) -> Member:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def find(self, name: str) -> Member:
        """Return a member by JavaPOS's, OPOS's or POS for .NET's name. Raises UposError E_ILLEGAL if unknown."""
        spelled = _OTHER_SPELLINGS.get(name, name)
        found = self._by_name.get(spelled) or self._by_name.get(spelled[:1].lower() + spelled[1:])
        if found is None:
            raise UposError(ErrorCode.E_ILLEGAL, f"{self._category} has no '{name}'", nearest(name, self._by_name))
        return found

    def find_property(self, name: str) -> ReadOnly[Any]:
        """Return a property as `find` does. Raises UposError E_ILLEGAL for the name of a method."""
        found = self.find(name)
        if isinstance(found, Method):
            raise UposError(ErrorCode.E_ILLEGAL, f"{name} is a method", "use call")
        return found

    def find_method(self, name: str) -> Method:
        """Return a method as `find` does. Raises UposError E_ILLEGAL for the name of a property."""
        found = self.find(name)
        if not isinstance(found, Method):
            raise UposError(ErrorCode.E_ILLEGAL, f"{name} is a property", "use get_property or set_property")
        return found

    def reset(self, device: Guarded) -> None:
        """Set every property that has an initial value to it."""
        for member in self._by_name.values():
            if isinstance(member, ReadOnly):
                member.reset(device)


def _converted(what: str, kind: type[Any], value: object) -> Any:
    """Return the value if it has that type; an enum also accepts its numbers. Raises E_ILLEGAL."""
    if kind is object:
        return value
    if issubclass(kind, Enum) and type(value) is int:
        return _enum_member(what, kind, value)
    if isinstance(value, kind) and isinstance(value, bool) == (kind is bool):
        return value
    raise UposError(ErrorCode.E_ILLEGAL, f"{what}: expected {kind.__name__}, got {type(value).__name__}")


def _enum_member(what: str, kind: type[Enum], value: int) -> Enum:
    try:
        return kind(value)
    except ValueError:
        allowed = ", ".join(f"{each.value} ({each.name})" for each in kind)
        raise UposError(ErrorCode.E_ILLEGAL, f"{what}: {value} is none of {allowed}") from None
