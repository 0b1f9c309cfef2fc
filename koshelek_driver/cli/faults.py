"""Everything that a command line may end by, as an error with a remedy."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import typer

from koshelek_driver.cli.call import Call, InternalError
from koshelek_driver.cli.output import Output
from koshelek_driver.cli.stop_signals import Interrupted
from koshelek_driver.errors import CallCanceled, DriverError, UsageError

_CLICK_ERROR = next(each for each in typer.BadParameter.__mro__ if each.__qualname__ == "ClickException")
"""The root of click's errors, which typer brings under a name of its own in some versions."""


def as_driver_error(problem: BaseException, call: Call) -> DriverError | None:
    """Return the error to show; None if the help was shown instead. A fault of ours leaves its trace on stderr."""
    if isinstance(problem, DriverError):
        return problem
    if isinstance(problem, Interrupted):
        return CallCanceled(f"stopped by {problem.signal_name}", "nothing was begun with money; run it again")
    if isinstance(problem, typer.Abort):
        return CallCanceled("stopped", "run it again")
    if isinstance(problem, _CLICK_ERROR):
        return _usage_error(problem)
    if isinstance(problem, ModuleNotFoundError):
        return _package_missing(problem)
    return _internal_error(problem, call)


def _usage_error(problem: BaseException) -> UsageError | None:
    if type(problem).__qualname__ == "NoArgsIsHelpError":  # the help is out already
        return None
    context = getattr(problem, "ctx", None)
    command = context.command_path if context else "koshelek-driver"
    message: str = problem.format_message()  # type: ignore[attr-defined]
    return UsageError(" ".join(message.split()), f"see: {command} --help")


def _package_missing(problem: ModuleNotFoundError) -> UsageError:
    extra = "service" if problem.name in ("starlette", "uvicorn") else "sandbox"
    return UsageError(
        f"the package {problem.name} is not installed", f"pip install 'koshelek-driver[{extra}]' brings it"
    )


def _internal_error(problem: BaseException, call: Call) -> InternalError:
    """Return the fault by its kind and place. Its text stays unsaid: it may hold data of a customer."""
    chain = list(_causes(problem))
    for each in reversed(chain):
        frames = traceback.format_tb(each.__traceback__)
        if call.has_events:
            Output(as_json=True).event("fault", kind=type(each).__name__, trace=frames)
        else:
            sys.stderr.write(f"Traceback (most recent call last):\n{''.join(frames)}{type(each).__name__}\n")
    frame = traceback.extract_tb(problem.__traceback__)[-1]
    where = f"{Path(frame.filename).name}:{frame.lineno}"
    remedy = "run it again, and send standard error to support"
    if call.money:
        remedy = "the outcome of money may not be known: status, then recover"
    return InternalError(f"the driver failed: {type(problem).__name__} at {where}", remedy)


def _causes(problem: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while problem is not None and id(problem) not in seen:
        seen.add(id(problem))
        yield problem
        problem = problem.__cause__ or problem.__context__
