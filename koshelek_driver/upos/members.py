"""How a class declares the members of its category: the standard's name, the stage it needs, what it takes.

Every read, write and call is checked in the standard's order: closed, service too old, claim, enabled, busy,
parameters. What the device itself does comes last, and a foreign exception that comes out of it becomes E_FAILURE.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum, IntEnum
from typing import Any, Concatenate, Generic, Never, ParamSpec, Protocol, Self, TypeVar, cast, overload

from koshelek_driver.errors import DriverError
from koshelek_driver.upos.codes import ErrorCode
from koshelek_driver.upos.errors import UposError


def version(major: int, minor: int, build: int = 0) -> int:
    """A version number of the standard: 1.15 is 1015000."""
    return major * 1_000_000 + minor * 1_000 + build


V1_2, V1_3, V1_5, V1_7, V1_8, V1_9, V1_10, V1_13 = (version(1, minor) for minor in (2, 3, 5, 7, 8, 9, 10, 13))


_MARK = "_upos_method"


class Stage(IntEnum):
    """What must have been done before a member may be used; each includes those before it.

    ENABLED_ONCE: enabled now, or once since open.
    """

    ALWAYS = 0
    OPEN = 1
    CLAIMED = 2
    ENABLED = 3
    ENABLED_ONCE = 4


class Guarded(Protocol):
    """What a member asks of the device that it belongs to."""

    def _check(self, member: str, needs: Stage, since: int, *, idle: bool) -> None:
        """Raise UposError unless the device is at that stage, of that version, and idle where asked."""
        ...


T = TypeVar("T")
P = ParamSpec("P")
R = TypeVar("R")
D = TypeVar("D", bound=Guarded)


class ReadOnly(Generic[T]):
    """A property that the application reads. The value is the device's attribute of that name with `_` before it.

    `initial` is what open sets it to; without one the device computes it.
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
        device._check(self.name, self._read, self.since, idle=False)
        return self._value(device)

    def _value(self, device: Any) -> T:
        value: T = getattr(device, f"_{self.attribute}")
        return value

    def __set__(self, device: Guarded, value: Never) -> None:
        raise UposError(ErrorCode.E_ILLEGAL, f"{self.name} cannot be written", "read it")


class Writable(ReadOnly[T]):
    """A property that the application also writes."""

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
        """Decorates the method that takes a new value; without one the value is simply kept."""
        self._setter = setter.__name__
        return setter

    def __set__(self, device: Guarded, value: T) -> None:
        device._check(self.name, self._write, self.since, idle=False)
        taken = _as_kind(self.name, self.kind, value)
        with translated(self.name):
            self._keep(device, taken)

    def _keep(self, device: Any, value: T) -> None:
        if self._setter is None:
            setattr(device, f"_{self.attribute}", value)
        else:
            getattr(device, self._setter)(value)


class Method:
    """What the standard says of a method; stands on the function."""

    def __init__(self, name: str, attribute: str, parameters: dict[str, type], since: int) -> None:
        self.name = name
        self.attribute = attribute
        self.parameters = parameters
        self.since = since


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
            device._check(name, needs, since, idle=idle)
            for parameter, value in list(given.arguments.items())[1:]:
                given.arguments[parameter] = _as_kind(f"{name}: {parameter}", parameters[parameter], value)
            with translated(name):
                return function(*given.args, **given.kwargs)

        setattr(guarded, _MARK, Method(name, function.__name__, parameters, since))
        return cast("Callable[Concatenate[D, P], R]", guarded)

    return declare


@contextmanager
def translated(member: str) -> Iterator[None]:
    """Give E_FAILURE for any exception that is not a UposError, with the original as its cause."""
    try:
        yield
    except UposError:
        raise
    except DriverError as problem:
        raise UposError(ErrorCode.E_FAILURE, f"{member}: {problem.what}", problem.remedy) from problem
    except Exception as problem:
        # A foreign text may quote what was scanned: only its type is told.
        raise UposError(ErrorCode.E_FAILURE, f"{member} failed with {type(problem).__name__}") from problem


def members_of(device: type) -> dict[str, ReadOnly[Any] | Method]:
    """Every member that a device class declares, by the standard's name."""
    found: dict[str, ReadOnly[Any] | Method] = {}
    for owner in reversed(device.__mro__):
        for value in vars(owner).values():
            member = value if isinstance(value, ReadOnly) else getattr(value, _MARK, None)
            if member is not None:
                found[member.name] = member
    return found


def _as_kind(what: str, kind: type[Any], value: object) -> Any:
    """The value if it is of that type (an enum takes its numbers), or E_ILLEGAL."""
    if kind is object:
        return value
    if issubclass(kind, Enum) and type(value) is int:
        return _as_enum(what, kind, value)
    if isinstance(value, kind) and isinstance(value, bool) == (kind is bool):
        return value
    raise UposError(ErrorCode.E_ILLEGAL, f"{what}: expected {kind.__name__}, got {type(value).__name__}")


def _as_enum(what: str, kind: type[Enum], value: int) -> Enum:
    try:
        return kind(value)
    except ValueError:
        allowed = ", ".join(f"{each.value} ({each.name})" for each in kind)
        raise UposError(ErrorCode.E_ILLEGAL, f"{what}: {value} is none of {allowed}") from None
